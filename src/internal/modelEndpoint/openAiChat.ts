/** The chat endpoint of the OpenAI-compatible route. */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type { BearerToken } from "../../BearerToken.ts"
import type { ChatCompletion, ChatRequest } from "../../Chat.ts"
import type * as Codec from "../../Codec.ts"
import type { InvokeEndpointInput } from "../../InvokeEndpoint.ts"
import type { ChatEndpoint } from "../../ModelEndpoint.ts"
import { chatCompletion, chatCompletionStream, executeWithToken, inputMembers } from "../openAiRoute/operations.ts"
import { checkComponent } from "../openAiRoute/path.ts"
import { readOptions } from "../operation/readMembers.ts"
import * as calls from "./calls.ts"
import { fromModel } from "./chat.ts"
import { type ProbeRequest, setProbeRequest } from "./probeRequest.ts"

interface Codecs {
  readonly request: Codec.Codec<ChatRequest>
  readonly response: Codec.Codec<ChatCompletion>
}

const configOf = (
  name: string,
  options: unknown,
  codecs: Codecs
): calls.Configured<ChatRequest, never, ChatCompletion, never> =>
  Either.gen(function*() {
    const { inferenceComponent, ...defaults } = yield* readOptions(options, "options")
    const isGiven = inferenceComponent !== undefined && inferenceComponent !== null
    const target = isGiven ? { InferenceComponentName: yield* checkComponent(inferenceComponent) } : {}
    return yield* calls.configOf(name, { ...defaults, ...target }, codecs)
  })

const table = { operation: chatCompletion, requestHeaders: { table: inputMembers } }

const invokeEndpoint = ({ Body, EndpointName, ...members }: InvokeEndpointInput) =>
  Effect.zipRight(
    calls.rejectUnknownMembers(table, members),
    executeWithToken(chatCompletion, { ...members, EndpointName, Body })
  )

/** An empty list of messages costs no tokens. Any response of the container means that the model is ready. */
const probeRequest: ProbeRequest = {
  route: "openai",
  members: { ContentType: "application/json", Body: JSON.stringify({ model: "", messages: [] }) },
  send: (input) => invokeEndpoint(input) as ReturnType<ProbeRequest["send"]>
}

/** vLLM rejects the name of the endpoint as the name of the model. */
const withModel = (request: ChatRequest): ChatRequest => ({ ...request, model: request.model ?? "" })

export const fromRoute = (name: string, options: unknown, codecs: Codecs): ChatEndpoint<BearerToken> => {
  const config = configOf(name, options, codecs)
  const { defaults, request, response } = Either.getOrElse(
    config,
    (): Pick<calls.Config<ChatRequest, never, ChatCompletion, never>, "defaults" | "request" | "response"> => ({
      defaults: {},
      request: calls.failingCodec(),
      response: calls.failingCodec()
    })
  )
  const invokeThen = calls.invokeThen(config, invokeEndpoint)
  const stream = calls.stream(config, {
    ...table,
    invoke: (input) => executeWithToken(chatCompletionStream, input)
  })
  const endpoint = fromModel<BearerToken>({
    name,
    defaults,
    request,
    response,
    invokeThen: (value, callOptions, then) => invokeThen(withModel(value), callOptions, then),
    invokeAsync: calls.invokeAsync(config),
    stream: (value, framing, callOptions) => stream(withModel(value), framing, callOptions)
  })
  return setProbeRequest(endpoint, probeRequest)
}
