/** The calls of a language model with OpenAI's chat completions API. */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import type { ChatCompletion, ChatRequest } from "../../Chat.ts"
import type { Framing } from "../../Framing.ts"
import type {
  ChatEndpoint,
  ModelEndpointError,
  ModelEndpointOptions,
  ModelEndpointResult,
  ModelEndpointStreamError,
  ModelEndpointStreamOptions
} from "../../ModelEndpoint.ts"
import type { CodecError } from "../../SageMakerError.ts"
import type { SageMakerRuntime } from "../../SageMakerRuntime.ts"
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

/** A model that accepts chat requests. Its calls need `R` in addition to the client. */
type Model<R> =
  & Pick<ChatEndpoint<R>, "name" | "defaults" | "request" | "response" | "invokeAsync">
  & {
    /** Sends a request as `invokeWithResponse` does, and continues with the response. */
    readonly invokeThen: <C, E, R2>(
      value: ChatRequest,
      options: ModelEndpointOptions | undefined,
      then: (result: ModelEndpointResult<ChatCompletion>) => Effect.Effect<C, E, R2>
    ) => Effect.Effect<C, ModelEndpointError | E, SageMakerRuntime | R | R2>
    readonly stream: <C, E, R2>(
      value: ChatRequest,
      framing: Framing<C, E, R2>,
      options?: ModelEndpointStreamOptions
    ) => Stream.Stream<C, ModelEndpointStreamError | E, SageMakerRuntime | R | R2>
  }

/** The request of a whole completion. */
const whole = (request: ChatRequest): ChatRequest => ({ ...request, stream: undefined, stream_options: undefined })

const invokeWithResponse = <R>(model: Model<R>): ChatEndpoint<R>["invokeWithResponse"] => (request, options) =>
  Effect.flatMap(readRequest(request), (members) => model.invokeThen(whole(members), options, Effect.succeed))

const streamWith = <R1>(model: Model<R1>): ChatEndpoint<R1>["stream"] =>
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

const objectWithResponse = <R1>(model: Model<R1>): ChatEndpoint<R1>["objectWithResponse"] =>
  Effect.fnUntraced(
    function*<A, I, R>(schema: Schema.Schema<A, I, R>, request: ChatRequest, options?: ModelEndpointOptions) {
      const members = yield* readRequest(request)
      return yield* model.invokeThen(
        whole(yield* requestObject(schema, members)),
        options,
        ({ response, value: completion }) =>
          Effect.map(decodeObject(schema, completion), (value) => ({ value, completion, response }))
      )
    }
  )

/** The chat endpoint of a model that accepts chat requests. */
export const fromModel = <R>(model: Model<R>): ChatEndpoint<R> => {
  const invoke = invokeWithResponse(model)
  const object = objectWithResponse(model)
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
