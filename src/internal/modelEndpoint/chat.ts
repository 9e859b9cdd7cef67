/** The calls of a language model with OpenAI's chat completions API. */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import type { ChatCompletion, ChatRequest } from "../../Chat.ts"
import type { Framing } from "../../Framing.ts"
import type {
  ChatEndpoint,
  ModelEndpoint,
  ModelEndpointOptions,
  ModelEndpointStreamOptions
} from "../../ModelEndpoint.ts"
import type { CodecError } from "../../SageMakerError.ts"
import * as Tokens from "../../Tokens.ts"
import { unreadableValue } from "../codec/codecError.ts"
import { readMembers } from "../operation/readMembers.ts"
import { decodeObject, requestObject } from "./chatObject.ts"

/** The members of a chat request, each read once. */
const readRequest = (request: ChatRequest): Effect.Effect<ChatRequest, CodecError> =>
  Either.mapBoth(readMembers(Object(request), "request"), {
    onLeft: () => unreadableValue("application/json"),
    onRight: (members) => members as unknown as ChatRequest
  })

type Model = ModelEndpoint<ChatRequest, ChatCompletion>

const invokeWithResponse = (model: Model): ChatEndpoint["invokeWithResponse"] => (request, options) =>
  Effect.flatMap(
    readRequest(request),
    (members) => model.invokeWithResponse({ ...members, stream: undefined, stream_options: undefined }, options)
  )

const streamWith = (model: Model): ChatEndpoint["stream"] =>
<C, E, R>(
  request: ChatRequest,
  framing?: Framing<C, E, R>,
  options?: ModelEndpointStreamOptions
) =>
  Stream.unwrap(
    Effect.map(readRequest(request), (members) =>
      model.stream(
        { stream_options: { include_usage: true }, ...members, stream: true },
        framing ?? Tokens.detected as unknown as Framing<C, E, R>,
        options
      ))
  )

const objectWithResponse = (invoke: ChatEndpoint["invokeWithResponse"]): ChatEndpoint["objectWithResponse"] =>
  Effect.fnUntraced(
    function*<A, I, R>(schema: Schema.Schema<A, I, R>, request: ChatRequest, options?: ModelEndpointOptions) {
      const members = yield* readRequest(request)
      const { response, value: completion } = yield* invoke(yield* requestObject(schema, members), options)
      return { value: yield* decodeObject(schema, completion), completion, response }
    }
  )

/** The chat endpoint of a model that accepts chat requests. */
export const fromModel = (model: Model): ChatEndpoint => {
  const invoke = invokeWithResponse(model)
  const object = objectWithResponse(invoke)
  return {
    name: model.name,
    defaults: model.defaults,
    request: model.request,
    response: model.response,
    invoke: (request, options) => Effect.map(invoke(request, options), ({ value }) => value),
    invokeWithResponse: invoke,
    invokeAsync: (request, options) =>
      Effect.flatMap(readRequest(request), (members) => model.invokeAsync(members, options)),
    stream: streamWith(model),
    object: (schema, request, options) => Effect.map(object(schema, request, options), ({ value }) => value),
    objectWithResponse: object
  }
}
