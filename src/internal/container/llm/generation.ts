/** The calls of a text generation API: a whole response, or a stream of tokens. */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Stream from "effect/Stream"
import type { GenerationEndpoint } from "../../../Container.ts"
import type { Framing } from "../../../Framing.ts"
import type { ModelEndpoint, ModelEndpointStreamOptions } from "../../../ModelEndpoint.ts"
import type { CodecError } from "../../../SageMakerError.ts"
import type { Dialect } from "../../../Tokens.ts"
import { unreadableValue } from "../../codec/codecError.ts"
import { readMembers } from "../../operation/readMembers.ts"

/** The members of a request, each read once. */
const readRequest = <A>(request: A): Effect.Effect<A, CodecError> =>
  Either.mapBoth(readMembers(Object(request), "request"), {
    onLeft: () => unreadableValue("application/json"),
    onRight: (members) => members as A
  })

const invokeWithResponse =
  <A, B>(model: ModelEndpoint<A, B>): GenerationEndpoint<A, B>["invokeWithResponse"] => (request, options) =>
    Effect.flatMap(
      readRequest(request),
      (members) => model.invokeWithResponse({ ...members, stream: undefined, stream_options: undefined }, options)
    )

const streamWith =
  <A, B>(model: ModelEndpoint<A, B>, dialect: Dialect, defaults: object): GenerationEndpoint<A, B>["stream"] =>
  <C, E, R>(request: A, framing: Framing<C, E, R> | Dialect = dialect, options?: ModelEndpointStreamOptions) =>
    Stream.unwrap(
      Effect.map(
        readRequest(request),
        (members) => model.stream({ ...defaults, ...members, stream: true }, framing as Framing<C, E, R>, options)
      )
    )

/** `defaults` are members of every request for a stream, unless the request has them. */
export const generationEndpoint = <A, B>(
  model: ModelEndpoint<A, B>,
  dialect: Dialect,
  defaults: object = {}
): GenerationEndpoint<A, B> => {
  const invoke = invokeWithResponse(model)
  return {
    name: model.name,
    defaults: model.defaults,
    request: model.request,
    response: model.response,
    invoke: (request, options) => Effect.map(invoke(request, options), ({ value }) => value),
    invokeWithResponse: invoke,
    invokeAsync: (request, options) =>
      Effect.flatMap(readRequest(request), (members) => model.invokeAsync(members, options)),
    stream: streamWith(model, dialect, defaults)
  }
}
