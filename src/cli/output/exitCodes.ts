/** Exit codes of the command line, by kind of error. `docs/guides/command-line.md` has the same table. */

/** Errors that are listed nowhere else, and defects. */
export const unexpected = 1

/** Invalid arguments, settings or files. */
export const usage = 2

/** Some rows of a batch failed. Their errors are in its output. */
export const rowsFailed = 12

/** The reader of standard output closed it: 128 and the number of SIGPIPE. */
export const outputClosed = 141

/** 128 and the number of the signal. */
export const signalCodes = { SIGINT: 130, SIGTERM: 143 } as const

const codes: Readonly<Record<string, number>> = {
  ConfigurationError: usage,
  InvalidInputError: usage,
  CredentialsError: 3,
  SigningError: 3,
  AccessDeniedError: 4,
  ValidationError: 5,
  InputValidationError: 5,
  PayloadTooLargeError: 5,
  SessionExpiredError: 5,
  ModelError: 6,
  ModelStreamError: 6,
  CodecError: 6,
  AsyncInferenceFailedError: 6,
  ThrottlingError: 7,
  ModelNotReadyException: 7,
  OverloadedError: 7,
  CircuitOpenError: 7,
  InternalFailure: 8,
  InternalServerError: 8,
  ServiceUnavailable: 8,
  ServiceUnavailableError: 8,
  InternalDependencyException: 8,
  InternalStreamFailure: 8,
  UnknownServiceError: 8,
  ProtocolError: 8,
  TransportError: 9,
  TimeoutError: 10,
  AsyncInferenceTimeoutError: 10,
  ObjectStoreError: 11
}

/** The exit code of an error with this tag. */
export const codeOf = (tag: string): number => Object.hasOwn(codes, tag) ? codes[tag] ?? unexpected : unexpected
