/** A token stream as the parts of a streamed response. */
import type * as AiError from "@effect/ai/AiError"
import { IdGenerator } from "@effect/ai/IdGenerator"
import type * as Response from "@effect/ai/Response"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import * as Stream from "effect/Stream"
import { undecodable } from "../../../internal/codec/codecError.ts"
import { incompleteStream } from "../../../internal/tokens/collect.ts"
import { recordStreamEndOf, type StreamEnd } from "../../../internal/tokens/streamEnd.ts"
import type { TokenLogprob, TokenUsage, TokenWithEvent } from "../../../Tokens.ts"
import { malformedOutput } from "../provider/aiError.ts"
import { audioPart } from "./audio.ts"
import { sourceParts } from "./citations.ts"
import type { Expected } from "./completionParts.ts"
import { defined, finishReasonOf, metadataPart, noUsage } from "./finish.ts"
import { StreamedCalls } from "./streamedCalls.ts"

type Part = Response.StreamPartEncoded

type Parts = ReadonlyArray<Part>

type Block = { readonly type: "text" | "reasoning"; readonly id: string }

/** The member of an object at a path. */
const at = (value: unknown, ...path: ReadonlyArray<string>): unknown =>
  path.reduce<unknown>((each, name) => (Predicate.isRecord(each) ? each[name] : undefined), value)

/** The message of the first choice in an event: a part of it or a whole one. */
const messageOf = (event: unknown): unknown => {
  const choices = at(event, "choices")
  const choice = Array.isArray(choices)
    ? choices.find((each: unknown) => (at(each, "index") ?? 0) === 0) as unknown
    : undefined
  return at(choice, "delta") ?? at(choice, "message")
}

/** Makes the parts of one stream. Emits the tool calls at the end, when all of them are known to be complete. */
class Reader {
  private readonly calls: StreamedCalls
  private readonly audio: Array<string> = []
  private readonly logprobs: Array<TokenLogprob> = []
  private readonly expected: Expected
  private readonly end: StreamEnd
  private block: Block | undefined
  private blocks = 0
  private event: unknown
  private metadata: Response.ResponseMetadataPartEncoded | undefined
  private systemFingerprint: unknown
  private usage: TokenUsage | undefined
  private reasons: Pick<TokenWithEvent, "finishReason" | "rawFinishReason"> = {}
  private out: Array<Part> = []

  constructor(expected: Expected, end: StreamEnd, generatedId: string) {
    this.expected = expected
    this.end = end
    this.calls = new StreamedCalls(expected.names, generatedId)
  }

  /** The parts of some tokens. */
  read(tokens: Iterable<TokenWithEvent>): Parts {
    this.out = []
    for (const token of tokens) {
      if (token.event !== this.event) {
        this.event = token.event
        this.readEvent(token.event)
      }
      this.readToken(token)
    }
    return this.out
  }

  /** The last parts in two chunks, or the last parts and the error of a stream that is incomplete or invalid. */
  finish(): Effect.Effect<readonly [Parts, Parts], readonly [Parts, AiError.AiError]> {
    this.out = []
    this.endBlock()
    const file = this.audio.length === 0 ? undefined : audioPart(this.audio, this.expected.request)
    if (file !== undefined) {
      this.out.push(file)
    }
    const parts = this.out
    const fail = (error: AiError.AiError) => Effect.fail([parts, error] as const)
    if (this.reasons.finishReason === undefined && !this.end.isComplete) {
      const cause = incompleteStream()
      return fail(malformedOutput(cause.message, cause))
    }
    if (this.audio.length > 0 && file === undefined) {
      const body = new TextEncoder().encode(this.audio.join("\n"))
      const problem = "the audio of the stream is not Base64"
      return fail(malformedOutput(problem, undecodable("text/plain", body, problem)))
    }
    return this.toolCallParts().pipe(
      Effect.catchAll(fail),
      Effect.map((calls) => [parts, [...calls, this.finishPart(calls.length > 0)]] as const)
    )
  }

  private readEvent(event: unknown): void {
    if (this.metadata === undefined) {
      const metadata = metadataPart(event) ?? metadataPart(at(event, "message"))
      if (metadata !== undefined) {
        this.metadata = metadata
        this.out.push(metadata)
      }
    }
    this.systemFingerprint ??= at(event, "system_fingerprint")
    const message = messageOf(event)
    const data = at(message, "audio", "data")
    if (typeof data === "string" && data !== "") {
      this.audio.push(data)
    }
    const transcript = at(message, "audio", "transcript")
    if (typeof transcript === "string" && !at(message, "content")) {
      this.addDelta("text", transcript)
    }
    this.emit(sourceParts(at(message, "annotations")))
  }

  private readToken(token: TokenWithEvent): void {
    if (token.usage !== undefined) {
      const reasoningTokens = at(token.event, "usage", "reasoning_tokens")
      this.usage = typeof reasoningTokens === "number" ? { reasoningTokens, ...token.usage } : token.usage
    }
    if (token.index !== 0) {
      return
    }
    this.addDelta("reasoning", token.reasoning ?? "")
    this.addDelta("text", token.text)
    if (token.refusal !== undefined) {
      this.addDelta("text", "", { sagemaker: { refusal: token.refusal } })
    }
    for (const part of token.toolCalls ?? []) {
      this.addToolCallParts(this.calls.add(part))
    }
    for (const logprob of token.logprobs ?? []) {
      this.logprobs.push(logprob)
    }
    if (token.finishReason !== undefined) {
      this.reasons = token
    }
  }

  private addDelta(type: Block["type"], delta: string, metadata?: Response.ProviderMetadata): void {
    if (delta === "" && metadata === undefined) {
      return
    }
    if (this.block?.type !== type) {
      this.endBlock()
      this.block = { type, id: String(this.blocks) }
      this.blocks += 1
      this.out.push({ type: `${type}-start`, id: this.block.id })
    }
    const { id } = this.block
    this.out.push({ type: `${type}-delta`, id, delta, ...(metadata === undefined ? {} : { metadata }) })
  }

  private endBlock(): void {
    if (this.block !== undefined) {
      this.out.push({ type: `${this.block.type}-end`, id: this.block.id })
      this.block = undefined
    }
  }

  private addToolCallParts(parts: Parts): void {
    if (parts[0]?.type === "tool-params-start") {
      this.endBlock()
    }
    this.emit(parts)
  }

  private emit(parts: Parts): void {
    for (const part of parts) {
      this.out.push(part)
    }
  }

  private toolCallParts(): Effect.Effect<Parts, AiError.AiError> {
    this.emit(this.calls.end())
    return Effect.mapError(this.calls.complete(), ({ error, problem }) => {
      const cut = this.reasons.finishReason === "length" ? " (finish_reason: length)" : ""
      return malformedOutput(problem + cut, error)
    })
  }

  private finishPart(hasToolCalls: boolean): Response.FinishPartEncoded {
    const { finishReason, rawFinishReason } = this.reasons
    return {
      type: "finish",
      reason: finishReasonOf(finishReason, rawFinishReason, hasToolCalls),
      usage: { ...noUsage, ...this.usage },
      metadata: {
        sagemaker: defined({
          rawFinishReason,
          systemFingerprint: typeof this.systemFingerprint === "string" ? this.systemFingerprint : undefined,
          logprobs: this.logprobs.length === 0 ? undefined : this.logprobs
        })
      }
    }
  }
}

type PartStream = Stream.Stream<Part, AiError.AiError>

const chunkOf = (parts: Parts): PartStream => Stream.fromChunk(Chunk.unsafeFromArray(parts))

/** The parts that follow the last token. A failure comes after them. */
const lastParts = (reader: Reader): PartStream =>
  Stream.unwrap(
    Effect.match(Effect.suspend(() => reader.finish()), {
      onFailure: ([parts, error]): PartStream => Stream.concat(chunkOf(parts), Stream.fail(error)),
      onSuccess: ([parts, calls]): PartStream => Stream.concat(chunkOf(parts), chunkOf(calls))
    })
  )

/**
 * The parts of the first choice.
 *
 * All tool calls are in the last chunk, after the response is complete: `@effect/ai` runs the calls of a chunk
 * concurrently, and does not read the response meanwhile. No tool runs if the response is cut off. It also rejects a chunk
 * with a call whose arguments do not match the schema of the tool, so that the chunk has no other parts.
 */
export const streamParts = <E, R>(
  tokens: Stream.Stream<TokenWithEvent, E, R>,
  expected: Expected
): Stream.Stream<Part, E | AiError.AiError, R | IdGenerator> =>
  Stream.unwrap(
    Effect.map(Effect.flatMap(IdGenerator, (ids) => ids.generateId()), (generatedId) =>
      recordStreamEndOf((end) => {
        const reader = new Reader(expected, end, generatedId)
        return Stream.mapChunks(tokens, (chunk) => Chunk.unsafeFromArray(reader.read(chunk))).pipe(
          Stream.concat(Stream.suspend(() => lastParts(reader)))
        )
      }))
  )
