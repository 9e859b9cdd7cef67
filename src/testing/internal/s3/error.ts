/** The errors of Amazon S3, as XML. */
import * as Data from "effect/Data"
import type { HttpResponseMessage } from "../emulator/httpMessage.ts"
import { element, xmlDocument, type XmlNode } from "./xml.ts"

/** The status and the message of each error code. */
const errors = {
  AccessDenied: [403, "Access Denied"],
  AuthorizationHeaderMalformed: [400, "The authorization header that you provided is not valid."],
  AuthorizationQueryParametersError: [400, "The authorization query parameters that you provided are not valid."],
  BadDigest: [400, "The Content-MD5 or checksum value that you specified did not match what the server received."],
  BucketNotEmpty: [409, "The bucket that you tried to delete is not empty."],
  EntityTooLarge: [400, "Your proposed upload exceeds the maximum allowed object size."],
  EntityTooSmall: [400, "Your proposed upload is smaller than the minimum allowed object size."],
  IncompleteBody: [400, "The request body terminated unexpectedly."],
  InternalError: [500, "An internal error occurred. Try again."],
  InvalidAccessKeyId: [403, "The AWS access key ID that you provided does not exist in our records."],
  InvalidArgument: [400, "Invalid Argument"],
  InvalidBucketName: [400, "The specified bucket is not valid."],
  InvalidChunkSizeError: [403, "Only the last chunk is allowed to have a size less than 8192 bytes."],
  InvalidDigest: [400, "The Content-MD5 or checksum value that you specified is not valid."],
  InvalidPart: [
    400,
    "One or more of the specified parts could not be found. The part might not have been uploaded, or the specified " +
    "entity tag might not have matched the part's entity tag."
  ],
  InvalidPartOrder: [
    400,
    "The list of parts was not in ascending order. The parts list must be specified in order by part number."
  ],
  InvalidRange: [416, "The requested range is not satisfiable."],
  InvalidRequest: [400, "Invalid Request"],
  InvalidToken: [400, "The provided token is malformed or otherwise not valid."],
  InvalidURI: [400, "The specified URI couldn't be parsed."],
  KeyTooLongError: [400, "Your key is too long."],
  MalformedTrailerError: [
    400,
    "The request contained trailing data that was not well-formed or did not conform to our published schema."
  ],
  MalformedXML: [
    400,
    "The XML that you provided was not well formed or did not validate against our published schema."
  ],
  MaxMessageLengthExceeded: [400, "Your request was too large."],
  MetadataTooLarge: [400, "Your metadata headers exceed the maximum allowed metadata size."],
  MethodNotAllowed: [405, "The specified method is not allowed against this resource."],
  MissingContentLength: [411, "You must provide the Content-Length HTTP header."],
  NoSuchBucket: [404, "The specified bucket does not exist."],
  NoSuchKey: [404, "The specified key does not exist."],
  NoSuchUpload: [
    404,
    "The specified multipart upload does not exist. The upload ID might not be valid, or the multipart upload might " +
    "have been aborted or completed."
  ],
  NotImplemented: [501, "A header or query parameter that you provided implies functionality that is not implemented."],
  PreconditionFailed: [412, "At least one of the preconditions that you specified did not hold."],
  RequestTimeTooSkewed: [403, "The difference between the request time and the server's time is too large."],
  SignatureDoesNotMatch: [
    403,
    "The request signature that we calculated does not match the signature that you provided. Check your AWS secret " +
    "access key and signing method."
  ],
  SlowDown: [503, "Please reduce your request rate."],
  XAmzContentSHA256Mismatch: [
    400,
    "The provided 'x-amz-content-sha256' header does not match what was computed."
  ]
} as const

/** The code of an error. */
export type S3ErrorCode = keyof typeof errors

/** An error of Amazon S3. */
export class S3Error extends Data.TaggedError("S3Error")<{
  readonly code: S3ErrorCode
  readonly text?: string | undefined
  /** Additional elements of the XML. */
  readonly details?: { readonly [name: string]: string } | undefined
  /** Additional response headers. */
  readonly headers?: { readonly [name: string]: string } | undefined
}> {
  get status(): number {
    return errors[this.code][0]
  }
  override get message(): string {
    return this.text ?? errors[this.code][1]
  }
}

/** An error with the message of its code, or with another text. */
export const s3Error = (
  code: S3ErrorCode,
  text?: string,
  additional: Pick<S3Error, "details" | "headers"> = {}
): S3Error => new S3Error({ code, text, ...additional })

/** The elements that describe an error, also within a list of errors. */
export const errorElements = (error: S3Error): ReadonlyArray<XmlNode> => [
  element("Code", error.code),
  element("Message", error.message)
]

/** The response of an error. A response to `HEAD` has no body. */
export const errorResponse = (
  error: S3Error,
  { method, requestId, resource }: { readonly method: string; readonly requestId: string; readonly resource: string }
): HttpResponseMessage => ({
  status: error.status,
  headers: { "content-type": "application/xml", ...error.headers },
  body: method === "HEAD"
    ? new Uint8Array()
    : xmlDocument("Error", [
      ...errorElements(error),
      ...Object.entries(error.details ?? {}).map(([name, value]) => element(name, value)),
      element("Resource", resource),
      element("RequestId", requestId)
    ])
})
