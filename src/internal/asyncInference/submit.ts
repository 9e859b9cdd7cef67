/** Sends asynchronous inference requests: inline, or with an input in the object store. */
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type * as Stream from "effect/Stream"
import type { AsyncModel, SubmitOptions, UploadOptions } from "../../AsyncInference.ts"
import * as InvokeEndpointAsync from "../../InvokeEndpointAsync.ts"
import { ObjectStore } from "../../ObjectStore.ts"
import { type CodecError, InvalidInputError, type ObjectStoreError, ProtocolError } from "../../SageMakerError.ts"
import type { SageMakerRuntime } from "../../SageMakerRuntime.ts"
import { withInvocationId } from "../client/call.ts"
import { withOrigin } from "../codec/codecError.ts"
import { encodeValue } from "../codec/encodedValue.ts"
import { asyncMembers, definedMembers, isFailingCodec } from "../modelEndpoint/calls.ts"
import { kindOf, modelCallOf } from "../modelEndpoint/modelKind.ts"
import { formatLocation, parsePrefix } from "../objectStore/location.ts"
import { readOptions } from "../operation/readMembers.ts"
import { endModelCall, inModelCall, type ModelCall } from "../telemetry/modelCall.ts"
import { withUploadSpan } from "./tracing/spans.ts"
import { withTraceContext } from "./tracing/traceContext.ts"

/** The fields of a job. */
export interface JobFields {
  readonly endpoint: string
  readonly inferenceId: string
  readonly outputLocation: string
  readonly failureLocation?: string
  readonly submittedAt: DateTime.Utc
  readonly expiresAt: DateTime.Utc
  readonly traceparent?: string
}

type Members = InvokeEndpointAsync.InvokeEndpointAsyncOptions

type SubmitError = InvokeEndpointAsync.InvokeEndpointAsyncError | CodecError

const defaultTtlSeconds = 21_600
const defaultInvocationTimeoutSeconds = 900

/** A client that does not validate can send any number. */
const maxLifetimeSeconds = 1_000_000_000

/** How long after its acceptance a request can have a result. */
const lifetimeSeconds = ({ InvocationTimeoutSeconds, RequestTTLSeconds }: Members): number => {
  const seconds = (RequestTTLSeconds ?? defaultTtlSeconds) +
    (InvocationTimeoutSeconds ?? defaultInvocationTimeoutSeconds)
  return seconds >= 0 ? Math.min(seconds, maxLifetimeSeconds) : 0
}

const incompleteResponse = (
  { $metadata: { attempts, requestId, totalRetryDelay } }: InvokeEndpointAsync.InvokeEndpointAsyncOutput,
  missing: string
): ProtocolError =>
  new ProtocolError({ message: `The response has no ${missing}`, requestId, attempts, totalRetryDelay })

/** Sends the request and describes the accepted job. */
const send = (
  input: InvokeEndpointAsync.InvokeEndpointAsyncInput,
  call: ModelCall | undefined
): Effect.Effect<JobFields, InvokeEndpointAsync.InvokeEndpointAsyncError, SageMakerRuntime> =>
  Effect.gen(function*() {
    const sent = endModelCall(call, inModelCall(call, InvokeEndpointAsync.invokeEndpointAsync(input)))
    const [output, traceparent] = yield* withTraceContext(sent)
    const submittedAt = yield* DateTime.now
    const inferenceId = output.InferenceId ?? input.InferenceId
    if (inferenceId === undefined) {
      return yield* incompleteResponse(output, "InferenceId")
    }
    if (output.OutputLocation === undefined) {
      return yield* incompleteResponse(output, "OutputLocation")
    }
    return {
      endpoint: input.EndpointName,
      inferenceId,
      outputLocation: output.OutputLocation,
      ...(output.FailureLocation === undefined ? {} : { failureLocation: output.FailureLocation }),
      submittedAt,
      expiresAt: DateTime.add(submittedAt, { seconds: lifetimeSeconds(input) }),
      ...(traceparent === undefined ? {} : { traceparent })
    }
  })

/** The limit of `InputLocation`. */
const maxLocationLength = 1_024

const uuidLength = 36

const invalidPrefix = (constraint: string) => new InvalidInputError({ field: "inputPrefix", constraint })

/** The prefix of the locations of inputs, which ends at a `/`. */
const prefixOf = (inputPrefix: unknown): Either.Either<string | undefined, InvalidInputError> =>
  inputPrefix === undefined
    ? Either.right(undefined)
    : parsePrefix(inputPrefix).pipe(
      Either.mapBoth({
        onLeft: () => invalidPrefix("a URL such as s3://bucket/inputs"),
        onRight: ({ bucket, key }) => formatLocation(bucket, key === "" || key.endsWith("/") ? key : `${key}/`)
      }),
      Either.filterOrLeft(
        (prefix) => prefix.length + uuidLength <= maxLocationLength,
        () => invalidPrefix(`at most ${maxLocationLength - uuidLength} characters long`)
      )
    )

const readSubmitOptions = (options: SubmitOptions | undefined) =>
  Either.gen(function*() {
    const { inputPrefix, ...members } = definedMembers(yield* readOptions(options, "options"))
    return { inputPrefix: yield* prefixOf(inputPrefix), members }
  })

/** The constraints apply before the upload, whatever the validation of the client. */
const constraints = { maxBodyBytes: false, validation: { min: true, max: true, pattern: true } } as const

/** Errors after which the service has certainly not accepted the request, so that nothing reads its input. */
const rejections = new Set([
  "ValidationError",
  "AccessDeniedError",
  "InvalidInputError",
  "CredentialsError",
  "SigningError",
  "OverloadedError"
])

/** The caller has set the prefix, not the location. */
const aboutPrefix = <E extends { readonly _tag: string; readonly field?: unknown }>(error: E): E | InvalidInputError =>
  error.field === "InputLocation"
    ? new InvalidInputError({ field: "inputPrefix", constraint: "at most 987 characters long" })
    : error

/** Stores the input and sends its location. The input of a rejected request is removed. */
const sendStored = <E = never, R = never>(
  endpoint: string,
  members: Members,
  prefix: string,
  body: Uint8Array | Stream.Stream<Uint8Array, E, R>,
  call: ModelCall | undefined
): Effect.Effect<
  JobFields,
  InvokeEndpointAsync.InvokeEndpointAsyncError | ObjectStoreError | E,
  SageMakerRuntime | ObjectStore | R
> =>
  Effect.randomWith((random) =>
    withInvocationId(random, (id) =>
      Effect.gen(function*() {
        const InputLocation = `${prefix}${id}`
        const input = { ...members, EndpointName: endpoint, InputLocation }
        yield* Effect.mapError(InvokeEndpointAsync.operation.encode(input, constraints), aboutPrefix)
        const store = yield* ObjectStore
        yield* withUploadSpan(endpoint, store.put(InputLocation, body, { contentType: members.ContentType }))
        return yield* Effect.tapError(
          send(input, call),
          ({ _tag }) => rejections.has(_tag) ? Effect.ignore(store.remove(InputLocation)) : Effect.void
        )
      }))
  )

const tooLargeInline = () =>
  new InvalidInputError({
    field: "inputPrefix",
    constraint: `set for an input of more than ${InvokeEndpointAsync.maxInlineBytes} bytes`
  })

/** Encodes a value. A model with invalid options fails with what is invalid. */
const encode = <A, B, R>(model: AsyncModel<A, B, R>, value: A) => {
  const encoded = Effect.mapError(encodeValue(model.request, value), withOrigin(model.name))
  return isFailingCodec(model.request) ? Effect.zipRight(model.invokeAsync(value), encoded) : encoded
}

/** The language-model call of a request whose members are not known. */
const unknownRequest = <A, B, R>({ name, response }: AsyncModel<A, B, R>) =>
  modelCallOf(kindOf(response), undefined, name)

export const submit = <A, B, R>(
  model: AsyncModel<A, B, R>,
  value: A,
  options?: SubmitOptions
): Effect.Effect<JobFields, SubmitError | ObjectStoreError, SageMakerRuntime | ObjectStore | R> =>
  Effect.gen(function*() {
    const { inputPrefix, members } = yield* readSubmitOptions(options)
    const withPayload = yield* asyncMembers(model, members)
    const { Body, ...payload } = yield* encode(model, value)
    const call = modelCallOf(kindOf(model.response), value, model.name)
    if (Body.byteLength <= InvokeEndpointAsync.maxInlineBytes) {
      return yield* send({ ...withPayload(payload), EndpointName: model.name, Body }, call)
    }
    if (inputPrefix === undefined) {
      return yield* tooLargeInline()
    }
    return yield* sendStored(model.name, withPayload(payload), inputPrefix, Body, call)
  })

export const submitStream = <A, B, R, E, R2>(
  model: AsyncModel<A, B, R>,
  body: Stream.Stream<Uint8Array, E, R2>,
  options: UploadOptions
): Effect.Effect<
  JobFields,
  InvokeEndpointAsync.InvokeEndpointAsyncError | ObjectStoreError | E,
  SageMakerRuntime | ObjectStore | R2
> =>
  Effect.gen(function*() {
    const { inputPrefix, members } = yield* readSubmitOptions(options)
    const withPayload = yield* asyncMembers(model, members)
    if (inputPrefix === undefined) {
      return yield* new InvalidInputError({ field: "inputPrefix", constraint: "set" })
    }
    return yield* sendStored(model.name, withPayload({}), inputPrefix, body, unknownRequest(model))
  })

export const submitLocation = <A, B, R>(
  model: AsyncModel<A, B, R>,
  location: string,
  options?: Members
): Effect.Effect<JobFields, InvokeEndpointAsync.InvokeEndpointAsyncError, SageMakerRuntime> =>
  Effect.gen(function*() {
    const { inputPrefix: _, members } = yield* readSubmitOptions(options)
    const withPayload = yield* asyncMembers(model, members)
    return yield* send({ ...withPayload({}), EndpointName: model.name, InputLocation: location }, unknownRequest(model))
  })
