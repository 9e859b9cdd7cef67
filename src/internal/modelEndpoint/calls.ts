/** The calls of a typed model: encode the value, invoke the endpoint, decode the response. */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as Codec from "../../Codec.ts"
import type { Framing } from "../../Framing.ts"
import * as InvokeEndpoint from "../../InvokeEndpoint.ts"
import * as InvokeEndpointAsync from "../../InvokeEndpointAsync.ts"
import * as InvokeEndpointWithResponseStream from "../../InvokeEndpointWithResponseStream.ts"
import type {
  ModelEndpointAsyncOptions,
  ModelEndpointOptions,
  ModelEndpointStreamOptions
} from "../../ModelEndpoint.ts"
import { InvalidInputError } from "../../SageMakerError.ts"
import { requireMediaType } from "../codec/mediaTypes.ts"

/** What the calls of a typed model share. */
export interface Config<A, R1, B, R2> {
  readonly name: string
  readonly defaults: ModelEndpointOptions
  readonly request: Codec.Codec<A, R1>
  readonly response: Codec.Codec<B, R2>
}

/** Drops `undefined` members, so that they do not override defaults. */
export const definedMembers = <O extends object>(options: O | undefined): Partial<O> =>
  Object.fromEntries(Object.entries(options ?? {}).filter(([, value]) => value !== undefined)) as Partial<O>

/**
 * Fails for a member that the operation does not have. Dropping a routing member such as `TargetModel` silently would
 * invoke another model.
 */
const rejectUnknownMembers = (
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

export const invoke = <A, R1, B, R2>({ defaults, name, request, response }: Config<A, R1, B, R2>) =>
  Effect.fnUntraced(function*(value: A, options?: ModelEndpointOptions) {
    const Body = yield* request.encode(value)
    const output = yield* InvokeEndpoint.invokeEndpoint({
      ContentType: request.mediaType,
      Accept: response.mediaType,
      ...definedMembers(defaults),
      ...definedMembers(options),
      EndpointName: name,
      Body
    })
    return yield* Codec.decode(output, response)
  })

export const stream = <A, R1, B, R2>({ defaults, name, request }: Config<A, R1, B, R2>) => {
  const { Accept: _, ...routing } = defaults
  return <C, E, R3>(value: A, framing: Framing<C, E, R3>, options?: ModelEndpointStreamOptions) =>
    Stream.unwrapScoped(Effect.gen(function*() {
      const members = {
        ContentType: request.mediaType,
        ...definedMembers({ Accept: framing.mediaType }),
        ...definedMembers(routing),
        ...definedMembers(options)
      }
      yield* rejectUnknownMembers(InvokeEndpointWithResponseStream, members)
      const output = yield* InvokeEndpointWithResponseStream.invokeEndpointWithResponseStream({
        ...members,
        EndpointName: name,
        Body: yield* request.encode(value)
      })
      yield* requireMediaType(framing.reads ?? ["*/*"], output.ContentType)
      return framing.frame(output.Body)
    }))
}

export const invokeAsync = <A, R1, B, R2>({ defaults, name, request, response }: Config<A, R1, B, R2>) =>
  Effect.fnUntraced(function*(value: A, options?: ModelEndpointAsyncOptions) {
    const members = {
      ContentType: request.mediaType,
      Accept: response.mediaType,
      ...definedMembers(defaults),
      ...definedMembers(options)
    }
    yield* rejectUnknownMembers(InvokeEndpointAsync, members)
    const Body = yield* request.encode(value)
    return yield* InvokeEndpointAsync.invokeEndpointAsync({ ...members, EndpointName: name, Body })
  })
