/** The calls of a typed model: encode the value, invoke the endpoint, decode the response. */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as Predicate from "effect/Predicate"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as Codec from "../../Codec.ts"
import type { Framing } from "../../Framing.ts"
import * as InvokeEndpoint from "../../InvokeEndpoint.ts"
import * as InvokeEndpointAsync from "../../InvokeEndpointAsync.ts"
import * as InvokeEndpointWithResponseStream from "../../InvokeEndpointWithResponseStream.ts"
import type {
  ModelEndpointAsyncOptions,
  ModelEndpointError,
  ModelEndpointOptions,
  ModelEndpointResult,
  ModelEndpointStreamOptions
} from "../../ModelEndpoint.ts"
import { InvalidInputError } from "../../SageMakerError.ts"
import type { SageMakerRuntime } from "../../SageMakerRuntime.ts"
import { unencodable, withOrigin } from "../codec/codecError.ts"
import { encodeValue } from "../codec/encodedValue.ts"
import { requireMediaType } from "../codec/mediaTypes.ts"
import { globalState } from "../global/globalState.ts"
import { guardReads, readOptions } from "../operation/readMembers.ts"
import { endModelCall, inModelCall, type ModelCall } from "../telemetry/modelCall.ts"
import { observeTokens } from "../tokens/observedTokens.ts"
import { withoutSentErrorCode } from "../tokens/reportedError.ts"
import { kindOf, modelCallOf, type ModelKind, reportResponse } from "./modelKind.ts"

/** What the calls of a typed model share. */
export interface Config<A, R1, B, R2> {
  readonly name: string
  readonly defaults: ModelEndpointOptions
  readonly request: Codec.Codec<A, R1>
  readonly response: Codec.Codec<B, R2>
  /** The kind of language model; `undefined` for other models. */
  readonly kind: ModelKind<B> | undefined
}

type Codecs<A, R1, B, R2> = Pick<Config<A, R1, B, R2>, "request" | "response">

const isCodec = (value: unknown): boolean =>
  Predicate.hasProperty(value, "encode") && typeof value.encode === "function" &&
  Predicate.hasProperty(value, "decode") && typeof value.decode === "function"

/** Reads the options of a typed model once. Every call of a model with invalid options fails with the error. */
export const configOf = <A, R1, B, R2>(
  name: string,
  options: ModelEndpointOptions & Partial<Codecs<A, R1, B, R2>>,
  codecs?: Codecs<A, R1, B, R2>
): Either.Either<Config<A, R1, B, R2>, InvalidInputError> =>
  Either.gen(function*() {
    const { request, response, ...defaults } = { ...(yield* readOptions(options, "options")), ...codecs }
    for (const [field, codec] of Object.entries({ request, response })) {
      if (!(yield* guardReads(field, () => isCodec(codec)))) {
        return yield* Either.left(new InvalidInputError({ field, constraint: "a codec" }))
      }
    }
    return { name, defaults, request, response, kind: kindOf(response as Codec.Codec<B, R2>) } as Config<A, R1, B, R2>
  })

/** Drops `undefined` members, so that they do not override defaults. */
export const definedMembers = <O extends object>(options: O | undefined): Partial<O> =>
  Object.fromEntries(Object.entries(options ?? {}).filter(([, value]) => value !== undefined)) as Partial<O>

/** The defined members of the options of a call, each read once. */
const callMembers = <O extends object>(options: O | undefined): Either.Either<Partial<O>, InvalidInputError> =>
  Either.map(readOptions(options, "options"), (members) => definedMembers(members as O))

/**
 * Fails for a member that the operation does not have. Dropping a routing member such as `TargetModel` silently would
 * invoke another model.
 */
export const rejectUnknownMembers = (
  { operation, requestHeaders }: {
    readonly operation: { readonly name: string }
    readonly requestHeaders: { readonly table: object }
  },
  members: object
): Effect.Effect<void, InvalidInputError> => {
  const field = Object.keys(members).find((member) => !Object.hasOwn(requestHeaders.table, member))
  return field === undefined
    ? Effect.void
    : Effect.fail(new InvalidInputError({ field, constraint: `omitted: ${operation.name} has no such member` }))
}

/** The configuration of a typed model, or the error of its options. */
export type Configured<A, R1, B, R2> = Either.Either<Config<A, R1, B, R2>, InvalidInputError>

const failWithInvalidOptions = globalState(
  "failWithInvalidOptions",
  () => () => Effect.fail(unencodable("application/octet-stream", "the options of the model are invalid"))
)

/** The codec of a model with invalid options. Its calls fail before they use it. */
export const failingCodec = <A>(): Codec.Codec<A> => ({
  mediaType: "application/octet-stream",
  encode: failWithInvalidOptions,
  decode: failWithInvalidOptions
})

/** Whether a codec is the one of a model with invalid options. */
export const isFailingCodec = ({ encode }: { readonly encode: unknown }): boolean => encode === failWithInvalidOptions

/** Runs the operation that returns a whole response. */
type Invoke<R> = (
  input: InvokeEndpoint.InvokeEndpointInput
) => Effect.Effect<InvokeEndpoint.InvokeEndpointOutput, InvokeEndpoint.InvokeEndpointError, SageMakerRuntime | R>

const send = <A, R1, B, R2, R3>(
  { defaults, kind, name, request, response }: Config<A, R1, B, R2>,
  invokeEndpoint: Invoke<R3>,
  value: A,
  options: ModelEndpointOptions | undefined,
  call: ModelCall | undefined
) =>
  Effect.gen(function*() {
    const members = yield* callMembers(options)
    const payload = yield* Effect.mapError(encodeValue(request, value), withOrigin(name))
    const output = yield* inModelCall(
      call,
      invokeEndpoint({
        ContentType: request.mediaType,
        Accept: response.mediaType,
        ...definedMembers(defaults),
        ...payload,
        ...members,
        EndpointName: name,
        Body: payload.Body
      })
    )
    const { Body: _, ...rest } = output
    const decoded = yield* Effect.mapError(
      Codec.decode(output, response),
      withOrigin(name, output.$metadata.requestId)
    )
    reportResponse(kind, call, decoded)
    return { value: decoded, response: rest }
  })

/** Sends a value, decodes the response, and continues with it. The language-model call ends after that. */
export const invokeThen = <A, R1, B, R2, R3 = never>(
  config: Configured<A, R1, B, R2>,
  invokeEndpoint: Invoke<R3> = InvokeEndpoint.invokeEndpoint
) =>
<C, E, R4>(
  value: A,
  options: ModelEndpointOptions | undefined,
  then: (result: ModelEndpointResult<B>) => Effect.Effect<C, E, R4>
): Effect.Effect<C, ModelEndpointError | E, SageMakerRuntime | R1 | R2 | R3 | R4> =>
  Effect.flatMap(config, (model) => {
    const call = modelCallOf(model.kind, value, model.name)
    return endModelCall(call, Effect.flatMap(send(model, invokeEndpoint, value, options, call), then))
  })

/** Sends a value and decodes the response. */
export const invokeWithResponse = <A, R1, B, R2, R3 = never>(
  config: Configured<A, R1, B, R2>,
  invokeEndpoint?: Invoke<R3>
) => {
  const call = invokeThen(config, invokeEndpoint)
  return (value: A, options?: ModelEndpointOptions) => call(value, options, Effect.succeed)
}

export const invoke = <A, R1, B, R2>(config: Configured<A, R1, B, R2>) => {
  const call = invokeWithResponse(config)
  return (input: A, options?: ModelEndpointOptions) => Effect.map(call(input, options), ({ value }) => value)
}

/** The operation that returns a response stream. */
export interface StreamOperation<out R> {
  readonly operation: { readonly name: string }
  readonly requestHeaders: { readonly table: object }
  readonly invoke: (
    input: InvokeEndpointWithResponseStream.InvokeEndpointWithResponseStreamInput
  ) => Effect.Effect<
    InvokeEndpointWithResponseStream.InvokeEndpointWithResponseStreamOutput,
    InvokeEndpointWithResponseStream.InvokeEndpointWithResponseStreamError,
    SageMakerRuntime | Scope.Scope | R
  >
}

const responseStream: StreamOperation<never> = {
  operation: InvokeEndpointWithResponseStream.operation,
  requestHeaders: InvokeEndpointWithResponseStream.requestHeaders,
  invoke: InvokeEndpointWithResponseStream.invokeEndpointWithResponseStream
}

/** How a response stream has ended. The scope can close with a failure of the program that reads the stream. */
interface StreamOutcome {
  isOpen: boolean
  failure: Cause.Cause<unknown> | undefined
}

/** Ends a language-model call with the scope of its response stream. */
const endWithScope = (call: ModelCall, outcome: StreamOutcome): Effect.Effect<void, never, Scope.Scope> =>
  Effect.addFinalizer((exit) => {
    if (outcome.failure !== undefined) {
      return call.end(Exit.failCause(outcome.failure))
    }
    return call.end(outcome.isOpen && !Exit.isInterrupted(exit) ? Exit.void : exit)
  })

/** Sends a value. Returns the response stream and the origin of its errors. */
const open = <A, R1, B, R2, R4>(
  { defaults, name, request }: Config<A, R1, B, R2>,
  operation: StreamOperation<R4>,
  value: A,
  framing: Pick<Framing<unknown, unknown, unknown>, "mediaType" | "reads">,
  options: ModelEndpointStreamOptions | undefined,
  call: ModelCall | undefined
) =>
  Effect.gen(function*() {
    const given = yield* callMembers(options)
    const { Accept: _, ...routing } = defaults
    const members = {
      ContentType: request.mediaType,
      ...definedMembers({ Accept: framing.mediaType }),
      ...definedMembers(routing)
    }
    yield* rejectUnknownMembers(operation, { ...members, ...given })
    const payload = yield* Effect.mapError(encodeValue(request, value), withOrigin(name))
    const output = yield* inModelCall(
      call,
      operation.invoke({ ...members, ...payload, ...given, EndpointName: name, Body: payload.Body })
    )
    const addOrigin = withOrigin(name, output.$metadata.requestId)
    yield* Effect.mapError(requireMediaType(framing.reads ?? ["*/*"], output.ContentType), addOrigin)
    return { Body: output.Body, addOrigin, payload }
  })

export const stream = <A, R1, B, R2, R4 = never>(
  config: Configured<A, R1, B, R2>,
  operation: StreamOperation<R4> = responseStream
) =>
<C, E, R3>(value: A, framing: Framing<C, E, R3>, options?: ModelEndpointStreamOptions) =>
  Stream.unwrapScoped(Effect.gen(function*() {
    const model = yield* config
    const call = modelCallOf(model.kind, value, model.name)
    const outcome: StreamOutcome = { isOpen: false, failure: undefined }
    if (call !== undefined) {
      yield* endWithScope(call, outcome)
    }
    const { addOrigin, Body, payload } = yield* open(model, operation, value, framing, options, call)
    outcome.isOpen = true
    return Stream.mapErrorCause(framing.frame(observeTokens(Body, call)), (cause) => {
      const mapped = Cause.map(cause, (error) => addOrigin(withoutSentErrorCode(payload.Body)(error)))
      outcome.failure = mapped
      return mapped
    })
  }))

/** The input members of an asynchronous call: of the model, of the encoded value, and of the call. */
export const asyncMembers = <A, R1, B, R2>(
  { defaults, request, response }: Pick<Config<A, R1, B, R2>, "defaults" | "request" | "response">,
  given: ModelEndpointAsyncOptions
) => {
  const members = { ContentType: request.mediaType, Accept: response.mediaType, ...definedMembers(defaults) }
  return Effect.as(
    rejectUnknownMembers(InvokeEndpointAsync, { ...members, ...given }),
    (payload: object): InvokeEndpointAsync.InvokeEndpointAsyncOptions => ({ ...members, ...payload, ...given })
  )
}

export const invokeAsync = <A, R1, B, R2>(config: Configured<A, R1, B, R2>) =>
  Effect.fnUntraced(function*(value: A, options?: ModelEndpointAsyncOptions) {
    const model = yield* config
    const withPayload = yield* asyncMembers(model, yield* callMembers(options))
    const { Body, ...payload } = yield* Effect.mapError(encodeValue(model.request, value), withOrigin(model.name))
    const call = modelCallOf(model.kind, value, model.name)
    const input = { ...withPayload(payload), EndpointName: model.name, Body }
    return yield* endModelCall(call, inModelCall(call, InvokeEndpointAsync.invokeEndpointAsync(input)))
  })
