/** A chat completion as the parts of a response. */
import type * as AiError from "@effect/ai/AiError"
import { IdGenerator } from "@effect/ai/IdGenerator"
import type * as Response from "@effect/ai/Response"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import type { ChatCompletion, ChatRequest } from "../../../Chat.ts"
import * as Codec from "../../../Codec.ts"
import { ignoresCallsWithContent, isNumberedId } from "../../../internal/chat/toMessage.ts"
import { undecodable } from "../../../internal/codec/codecError.ts"
import { readObjectText } from "../../../internal/modelEndpoint/chatObject.ts"
import { finishReasonsOf } from "../../../internal/tokens/token.ts"
import type { ModelEndpointResult } from "../../../ModelEndpoint.ts"
import type { CodecError } from "../../../SageMakerError.ts"
import { malformedOutput } from "../provider/aiError.ts"
import type { ToolNames } from "../request/tools.ts"
import { audioPart } from "./audio.ts"
import { sourceParts } from "./citations.ts"
import { defined, finishReasonOf, metadataPart } from "./finish.ts"
import { makeCallIds, toolCallPart } from "./toolCalls.ts"

type Choice = ChatCompletion["choices"][number]
type Message = Choice["message"]

/** What the request determines about the parts of its response. */
export interface Expected {
  readonly request: ChatRequest
  readonly names: ToolNames
  /** Whether the text should be JSON. */
  readonly isObject: boolean
}

const encoder = new TextEncoder()
const json = Codec.json(Schema.Unknown)

/** The whole completion as the body of an error, so that a program can read what the model generated. */
const unusable = (completion: ChatCompletion, problem: string, issues?: ReadonlyArray<string>): AiError.AiError =>
  malformedOutput(problem, undecodable(json.mediaType, encoder.encode(JSON.stringify(completion)), problem, issues))

const reasoningOf = ({ reasoning, reasoning_content }: Message): string => reasoning || reasoning_content || ""

const reasoningParts = (text: string): ReadonlyArray<Response.ReasoningPartEncoded> =>
  text === "" ? [] : [{ type: "reasoning", text }]

const textParts = (text: string): ReadonlyArray<Response.TextPartEncoded> => text === "" ? [] : [{ type: "text", text }]

/** A refusal is metadata of an empty text: it is not the text that the program requested. */
const refusalParts = ({ refusal }: Message): ReadonlyArray<Response.TextPartEncoded> =>
  refusal ? [{ type: "text", text: "", metadata: { sagemaker: { refusal } } }] : []

const callsOf = ({ function_call, tool_calls }: Message) => [
  ...tool_calls ?? [],
  ...(function_call ? [{ id: null, function: function_call }] : [])
]

/**
 * A prompt contains no release of TGI. The ID of a call decides whether the message with the call has a content, so that
 * only the releases that need it keep their numbers.
 */
const sentId = (id: string | number | null | undefined, { system_fingerprint }: ChatCompletion): string => {
  const text = id === null || id === undefined ? "" : String(id)
  return isNumberedId(text) && !ignoresCallsWithContent(system_fingerprint) ? "" : text
}

const toolCallParts = (
  completion: ChatCompletion,
  { finish_reason, message }: Choice,
  { names }: Expected
): Effect.Effect<ReadonlyArray<Response.ToolCallPartEncoded>, AiError.AiError, IdGenerator> =>
  Effect.gen(function*() {
    const calls = callsOf(message)
    const idOf = makeCallIds(calls.length === 0 ? "" : yield* (yield* IdGenerator).generateId())
    return yield* Effect.forEach(calls, ({ function: called, id }) =>
      toolCallPart({ id: idOf(sentId(id, completion)), name: called?.name ?? "", arguments: called?.arguments }, names))
      .pipe(
        Effect.mapError(({ error, problem }) => {
          const cut = finish_reason === "length" ? " (finish_reason: length)" : ""
          return unusable(completion, problem + cut, error.issues)
        })
      )
  })

const audioParts = (
  completion: ChatCompletion,
  { audio }: Message,
  { request }: Expected
): Either.Either<ReadonlyArray<Response.FilePartEncoded>, AiError.AiError> => {
  if (!audio?.data) {
    return Either.right([])
  }
  const part = audioPart([audio.data], request)
  return part === undefined
    ? Either.left(unusable(completion, "the audio of the completion is not Base64"))
    : Either.right([{ ...part, metadata: { sagemaker: defined({ id: audio.id, expiresAt: audio.expires_at }) } }])
}

const problemOf = ({ finish_reason, message }: Choice, text: string): string => {
  if (message.refusal) {
    return "the model refused the request"
  }
  if (finish_reason === "length") {
    return "the completion ended at its token limit (finish_reason: length)"
  }
  return text === "" ? "the message of the completion has no content" : "the content of the message is not valid JSON"
}

/** The JSON of a message, without reasoning in tags and without a code fence. */
const objectParts = (
  completion: ChatCompletion,
  choice: Choice
): Effect.Effect<ReadonlyArray<Response.ReasoningPartEncoded | Response.TextPartEncoded>, AiError.AiError> => {
  const { reasoning, text } = readObjectText(choice.message.content ?? "")
  return Effect.mapBoth(json.decode(encoder.encode(text)), {
    onFailure: ({ issues }: CodecError) => unusable(completion, problemOf(choice, text), issues),
    onSuccess: () => [...reasoningParts(reasoning), ...textParts(text)]
  })
}

const contentParts = (completion: ChatCompletion, choice: Choice, { isObject }: Expected) => {
  const { message } = choice
  return isObject && callsOf(message).length === 0
    ? objectParts(completion, choice)
    : Effect.succeed([...textParts(message.content || message.audio?.transcript || ""), ...refusalParts(message)])
}

const usageOf = ({ usage }: ChatCompletion): typeof Response.Usage.Encoded => ({
  inputTokens: usage?.prompt_tokens ?? undefined,
  outputTokens: usage?.completion_tokens ?? undefined,
  totalTokens: usage?.total_tokens ?? undefined,
  ...defined({
    reasoningTokens: usage?.completion_tokens_details?.reasoning_tokens ?? usage?.reasoning_tokens,
    cachedInputTokens: usage?.prompt_tokens_details?.cached_tokens
  })
})

const finishPart = (
  completion: ChatCompletion,
  choice: Choice,
  hasToolCalls: boolean
): Response.FinishPartEncoded => {
  const { finishReason, rawFinishReason } = finishReasonsOf(choice.finish_reason)
  return {
    type: "finish",
    reason: finishReasonOf(finishReason, rawFinishReason, hasToolCalls),
    usage: usageOf(completion),
    metadata: {
      sagemaker: defined({
        rawFinishReason,
        stopReason: choice.stop_reason ?? choice.matched_stop,
        systemFingerprint: completion.system_fingerprint,
        serviceTier: completion.service_tier,
        logprobs: choice.logprobs
      })
    }
  }
}

const responseMetadata = (
  { response: { $metadata, InvokedProductionVariant }, value }: ModelEndpointResult<ChatCompletion>
): Response.ResponseMetadataPartEncoded => ({
  ...metadataPart(value) ?? { type: "response-metadata" },
  metadata: { sagemaker: defined({ requestId: $metadata.requestId, InvokedProductionVariant }) }
})

/** The parts of the first choice. Fails with the whole completion if a part cannot be read. */
export const completionParts = Effect.fnUntraced(function*(
  result: ModelEndpointResult<ChatCompletion>,
  expected: Expected
): Effect.fn.Return<Array<Response.PartEncoded>, AiError.AiError, IdGenerator> {
  const completion = result.value
  const choice = completion.choices.find(({ index }) => index === 0) ?? completion.choices[0]
  if (choice === undefined) {
    return yield* Effect.fail(unusable(completion, "the completion has no choice"))
  }
  const content = yield* contentParts(completion, choice, expected)
  const calls = yield* toolCallParts(completion, choice, expected)
  return [
    responseMetadata(result),
    ...reasoningParts(reasoningOf(choice.message)),
    ...content,
    ...yield* audioParts(completion, choice.message, expected),
    ...sourceParts(choice.message.annotations),
    ...calls,
    finishPart(completion, choice, calls.length > 0)
  ]
})
