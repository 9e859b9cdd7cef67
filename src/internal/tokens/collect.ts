/** Combines the tokens of a stream into completions. */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Predicate from "effect/Predicate"
import * as Stream from "effect/Stream"
import { ModelStreamError } from "../../SageMakerError.ts"
import type {
  CollectedCompletion,
  CollectOptions,
  FinishReason,
  Token,
  TokenLogprob,
  TokenUsage,
  ToolCall
} from "../../Tokens.ts"
import { guardReads } from "../operation/readMembers.ts"
import { makeToolCallIndexes, type ToolCallIndexes } from "./readers/toolCalls.ts"
import { recordStreamEnd, type StreamEnd } from "./streamEnd.ts"

/** The tokens of a choice so far. Texts are joined once, at the end. */
interface Choice {
  readonly index: number
  text: string
  reasoning: string
  refusal: string
  readonly logprobs: Array<TokenLogprob>
  readonly toolCalls: Map<number, { id: string | undefined; name: string; arguments: string }>
  readonly reasons: { finishReason?: FinishReason; rawFinishReason?: string }
  /** The usage of this choice, if the server reports it with the tokens of the choice. */
  usage: TokenUsage | undefined
}

interface Collected {
  readonly choices: Map<number, Choice>
  readonly indexes: ToolCallIndexes
  usage: TokenUsage | undefined
}

const makeChoice = (index: number): Choice => ({
  index,
  text: "",
  reasoning: "",
  refusal: "",
  logprobs: [],
  toolCalls: new Map(),
  reasons: {},
  usage: undefined
})

const addToolCalls = ({ indexes }: Collected, choice: Choice, { finishReason, toolCalls = [] }: Token): void => {
  const received = toolCalls.map((part, position) => ({
    ...part,
    position,
    id: part.id ?? "",
    name: part.name ?? ""
  }))
  for (const { arguments: more, id, index, name = "" } of indexes(choice.index, received, finishReason) ?? []) {
    const call = choice.toolCalls.get(index) ?? { id: undefined, name: "", arguments: "" }
    choice.toolCalls.set(index, { id: call.id ?? id, name: call.name + name, arguments: call.arguments + more })
  }
}

/** Whether a token belongs to a choice. Other tokens report the usage of all choices, or have an event only. */
const belongsToChoice = ({ finishReason, logprobs, reasoning, refusal, text, toolCalls }: Token): boolean =>
  text !== "" || [finishReason, logprobs, reasoning, refusal, toolCalls].some((member) => member !== undefined)

const addUsageOfAll = (collected: Collected, usage: TokenUsage): void => {
  collected.usage = usage
  collected.choices.forEach((choice) => (choice.usage = undefined))
}

const addToken = (collected: Collected, token: Token): void => {
  if (!belongsToChoice(token)) {
    return token.usage === undefined ? undefined : addUsageOfAll(collected, token.usage)
  }
  const choice = collected.choices.get(token.index) ?? makeChoice(token.index)
  collected.choices.set(token.index, choice)
  choice.text += token.text
  choice.reasoning += token.reasoning ?? ""
  choice.refusal += token.refusal ?? ""
  for (const logprob of token.logprobs ?? []) {
    choice.logprobs.push(logprob)
  }
  choice.usage = token.usage ?? choice.usage
  addToolCalls(collected, choice, token)
  if (token.finishReason !== undefined) {
    choice.reasons.finishReason = token.finishReason
    if (token.rawFinishReason !== undefined) {
      choice.reasons.rawFinishReason = token.rawFinishReason
    }
  }
}

/** TGI before 3.2 streams the arguments of a call inside of an object with the name. */
const withoutWrapper = (name: string, text: string): Pick<ToolCall, "name" | "arguments"> => {
  if (name === "" && text.includes("\"function\"")) {
    try {
      const { function: called }: { readonly function?: unknown } = JSON.parse(text)
      if (Predicate.isRecord(called)) {
        const { _name, name: plain, ...values } = called
        const found = _name ?? plain
        return typeof found === "string"
          ? { name: found, arguments: JSON.stringify(values) }
          : { name, arguments: text }
      }
    } catch {
      return { name, arguments: text }
    }
  }
  return { name, arguments: text }
}

/** Some servers send an empty object before the first part of the arguments. */
const withoutPlaceholder = (text: string): string => text.replace(/^\{\}(?=\s*\{)/, "")

/** The name and the arguments of a call from the names and arguments that its parts contain. */
export const completeCall = (name: string, text: string): Pick<ToolCall, "name" | "arguments"> =>
  withoutWrapper(name, withoutPlaceholder(text))

const toCompletion = (
  { logprobs, reasoning, reasons, refusal, text, toolCalls }: Choice,
  usage: TokenUsage | undefined
): CollectedCompletion => ({
  text,
  reasoning,
  ...(refusal === "" ? {} : { refusal }),
  toolCalls: Array.from(toolCalls.values(), (call) => ({
    ...(call.id === undefined ? {} : { id: call.id }),
    ...completeCall(call.name, call.arguments)
  })),
  ...(logprobs.length === 0 ? {} : { logprobs }),
  ...reasons,
  ...(usage === undefined ? {} : { usage })
})

export const incompleteStream = (): ModelStreamError =>
  new ModelStreamError({
    message: "The response stream ended without a finish reason, [DONE] or a final record",
    ErrorCode: "IncompleteStream"
  })

const isComplete = ({ reasons }: Choice, { isComplete: ended }: StreamEnd): boolean =>
  ended || reasons.finishReason !== undefined

/** Adds the tokens by a loop. `Stream.runFold` exhausts the stack for a chunk of very many elements. */
const runAll = <E, R>(tokens: Stream.Stream<Token, E, R>): Effect.Effect<Collected, E, R> =>
  Effect.suspend(() => {
    const collected: Collected = { choices: new Map(), indexes: makeToolCallIndexes(), usage: undefined }
    return Effect.as(
      Stream.runForEachChunk(tokens, (chunk) =>
        Effect.sync(() => {
          for (const token of chunk) {
            addToken(collected, token)
          }
        })),
      collected
    )
  })

/** Runs the stream, and selects completions from its choices. Fails if one of them is incomplete. */
const collectWith = <A, E, R>(
  tokens: Stream.Stream<Token, E, R>,
  allowIncomplete: boolean,
  select: (choices: ReadonlyMap<number, Choice>) => ReadonlyArray<Choice>,
  result: (completions: ReadonlyArray<CollectedCompletion>) => A
): Effect.Effect<A, E | ModelStreamError, R> =>
  recordStreamEnd((end) =>
    Effect.flatMap(runAll(tokens), ({ choices, usage }) => {
      const selected = select(choices)
      const hasEnded = selected.length === 0 ? end.isComplete : selected.every((choice) => isComplete(choice, end))
      return allowIncomplete || hasEnded
        ? Effect.succeed(result(selected.map((choice) => toCompletion(choice, choice.usage ?? usage))))
        : Effect.fail(incompleteStream())
    })
  )

interface Settings {
  readonly choice: number
  readonly allowIncomplete: boolean
}

/** Options that cannot be read are the defaults. */
const settingsOf = (options: number | CollectOptions): Settings =>
  Either.getOrElse(
    guardReads("options", (): Settings =>
      typeof options === "number"
        ? { choice: options, allowIncomplete: false }
        : { choice: options.choice ?? 0, allowIncomplete: options.allowIncomplete === true }),
    () => ({ choice: 0, allowIncomplete: false })
  )

export const collect = <E, R>(
  tokens: Stream.Stream<Token, E, R>,
  options: number | CollectOptions
): Effect.Effect<CollectedCompletion, E | ModelStreamError, R> => {
  const { allowIncomplete, choice } = settingsOf(options)
  return collectWith(
    tokens,
    allowIncomplete,
    (choices) => [choices.get(choice) ?? makeChoice(choice)],
    ([completion]) => completion!
  )
}

export const collectAll = <E, R>(
  tokens: Stream.Stream<Token, E, R>,
  options: Pick<CollectOptions, "allowIncomplete">
): Effect.Effect<ReadonlyArray<CollectedCompletion>, E | ModelStreamError, R> =>
  collectWith(
    tokens,
    settingsOf(options).allowIncomplete,
    (choices) => Array.from(choices.values()).toSorted((a, b) => a.index - b.index),
    (completions) => completions
  )
