import { assert, describe, it } from "@effect/vitest"
import { Effect, Stream } from "effect"
import { Tokens } from "effect-sagemaker-runtime"
import { bytesOf } from "./support/chunkBoundaries.ts"
import { hasCorpora, needsCorpora } from "./support/corpora.ts"
import {
  at,
  type Members,
  readAnthropicStreams,
  readTranscripts,
  toEvents,
  toGenerateStream,
  toLines,
  type Transcript,
  type TranscriptKind
} from "./support/tokenTranscripts.ts"

const transcripts = readTranscripts()

const ofKind = (...kinds: ReadonlyArray<TranscriptKind>): ReadonlyArray<Transcript> =>
  transcripts.filter(({ kind }) => kinds.includes(kind))

const nameOf = ({ name, release }: Transcript): string => `${release}/${name}`

const frame = (text: string, dialect: Tokens.Dialect = Tokens.detected) => dialect.frame(Stream.make(bytesOf(text)))

const collectAll = (text: string, dialect?: Tokens.Dialect) => Tokens.collectAll(frame(text, dialect))

/** Runs a check of every transcript, and reports the transcript in which it fails. */
const checkEach = <E>(
  list: ReadonlyArray<Transcript>,
  check: (transcript: Transcript) => Effect.Effect<void, E>
): Effect.Effect<void> => {
  assert.isNotEmpty(list)
  return Effect.forEach(list, (transcript) =>
    Effect.orDieWith(
      Effect.catchAllDefect(check(transcript), (defect) => Effect.fail(defect)),
      (cause) => new Error(nameOf(transcript), { cause })
    ), { discard: true })
}

/** The values of all events, once each. */
const eventsOf = (text: string, dialect: Tokens.Dialect) =>
  Effect.map(
    Stream.runCollect(Tokens.withEvents(dialect).frame(Stream.make(bytesOf(text)))),
    (tokens) => [...new Set(Array.from(tokens, ({ event }) => event))]
  )

const textOf = (value: unknown): string => typeof value === "string" ? value : ""

const numberOf = (value: unknown): number | undefined => typeof value === "number" ? value : undefined

const present = <A extends object>(members: A): Partial<A> =>
  Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as Partial<A>

const usageOf = (usage: unknown) =>
  usage === undefined || usage === null ? undefined : present({
    inputTokens: numberOf(at(usage, "prompt_tokens")),
    outputTokens: numberOf(at(usage, "completion_tokens")),
    totalTokens: numberOf(at(usage, "total_tokens"))
  })

const callsOf = (message: unknown) =>
  [at(message, "tool_calls") ?? []].flat().map((call) => ({
    id: String(at(call, "id")),
    name: at(call, "function", "name"),
    arguments: at(call, "function", "arguments")
  }))

/** The arguments of calls as values, because servers send them as text or as an object. */
const withArguments = (calls: ReadonlyArray<{ readonly arguments: unknown }>) =>
  calls.map((call) => ({
    ...call,
    arguments: typeof call.arguments === "string" ? JSON.parse(call.arguments) as unknown : call.arguments
  }))

const checkGeneration = (generation: Members, collected: Tokens.CollectedCompletion | undefined): void => {
  assert.strictEqual(collected?.text, generation["generated_text"])
  assert.strictEqual(collected?.rawFinishReason, at(generation, "details", "finish_reason"))
  assert.strictEqual(collected?.usage?.outputTokens, at(generation, "details", "generated_tokens"))
  assert.strictEqual(collected?.usage?.inputTokens, [at(generation, "details", "prefill")].flat().length)
  assert.deepStrictEqual(
    collected?.logprobs?.map(({ logprob, token }) => [token, logprob]),
    [at(generation, "details", "tokens")].flat()
      .map((token) => [at(token, "text"), at(token, "logprob") ?? undefined])
  )
}

const checkCompletion = (completion: Members, collected: ReadonlyArray<Tokens.CollectedCompletion>): void => {
  const choices = [completion["choices"]].flat()
  assert.strictEqual(collected.length, choices.length)
  for (const choice of choices) {
    const whole = collected[Number(at(choice, "index"))]!
    assert.strictEqual(whole.text, at(choice, "message", "content") ?? at(choice, "text") ?? "")
    assert.strictEqual(whole.rawFinishReason, at(choice, "finish_reason"))
    assert.deepStrictEqual(withArguments(whole.toolCalls), withArguments(callsOf(at(choice, "message"))))
    assert.deepStrictEqual(whole.usage, usageOf(completion["usage"]))
  }
}

describe.skipIf(!hasCorpora)(needsCorpora("A recorded body of TGI"), () => {
  it("has one of the known kinds", () => {
    const count = (kind: TranscriptKind): number => ofKind(kind).length
    assert.deepStrictEqual(
      {
        generation: count("generation"),
        generations: count("generations"),
        completion: count("completion"),
        completions: count("completions"),
        chunk: count("chunk"),
        chunks: count("chunks"),
        nothing: count("nothing")
      },
      { generation: 542, generations: 269, completion: 99, completions: 15, chunk: 27, chunks: 30, nothing: 4 }
    )
  })

  it("contains no chunk only if its name belongs to a stream that the recorder did not write", () => {
    assert.deepStrictEqual(ofKind("nothing").map(nameOf), [
      "head/test_tools_llama/test_flash_llama_grammar_tools_sea_creatures_stream_function_object.json",
      "head/test_tools_llama/test_flash_llama_grammar_tools_sea_creatures_stream_required.json",
      "v3.2.0/test_tools_llama/test_flash_llama_grammar_tools_sea_creatures_stream_function_object.json",
      "v3.2.0/test_tools_llama/test_flash_llama_grammar_tools_sea_creatures_stream_required.json"
    ])
  })

  it.effect("is read as a generation, in one line", () =>
    checkEach(
      ofKind("generation"),
      ({ values }) =>
        Effect.map(collectAll(toLines(values), Tokens.tgi), ([collected]) => checkGeneration(values[0]!, collected))
    ))

  it.effect("is read as a generation, over several lines", () =>
    checkEach(
      ofKind("generation"),
      ({ text, values }) => Effect.map(collectAll(text), ([collected]) => checkGeneration(values[0]!, collected))
    ))

  it.effect("is read as a list of generations", () =>
    checkEach(ofKind("generations"), ({ text, values }) =>
      Effect.map(collectAll(text), (collected) => {
        assert.strictEqual(collected.length, values.length)
        values.forEach((generation, index) => checkGeneration(generation, collected[index]))
      })))

  it.effect("has the text of its tokens, in the form of generate_stream", () =>
    checkEach(ofKind("generation"), ({ values }) =>
      Effect.gen(function*() {
        const [generation] = values
        const collected = yield* Tokens.collect(frame(toEvents(toGenerateStream(generation!))))
        const expected = [at(generation, "details", "tokens")].flat()
          .map((token) => at(token, "special") === true ? "" : textOf(at(token, "text"))).join("")
        assert.strictEqual(collected.text, expected)
        assert.strictEqual(collected.rawFinishReason, at(generation, "details", "finish_reason"))
      })))

  it.effect("is read as a completion, over several lines, in one line or in an event", () =>
    checkEach(ofKind("completion"), ({ text, values }) =>
      Effect.gen(function*() {
        checkCompletion(values[0]!, yield* collectAll(text))
        checkCompletion(values[0]!, yield* collectAll(toLines(values), Tokens.openAi))
        checkCompletion(values[0]!, yield* collectAll(toEvents(values), Tokens.openAi))
      })))

  it.effect("is read as a list of completions, each with its own index", () =>
    checkEach(
      ofKind("completions"),
      ({ text, values }) =>
        Effect.map(collectAll(text), (collected) =>
          assert.deepStrictEqual(
            collected.map((each) => each.text),
            values.map((value) => at(value, "choices", 0, "message", "content"))
          ))
    ))

  it.effect("is read as a stream of chunks, in events or lines", () =>
    checkEach(ofKind("chunks", "chunk"), ({ values }) =>
      Effect.gen(function*() {
        const choices = values.flatMap((chunk) => [chunk["choices"]].flat())
        const membersOf = (index: number, ...path: ReadonlyArray<string>): ReadonlyArray<string> =>
          choices.filter((choice) => at(choice, "index") === index).map((choice) => textOf(at(choice, ...path)))
        const bodies = [
          [`${toEvents(values)}data: [DONE]\n\n`, Tokens.openAi],
          [`${toLines(values)}[DONE]\n`, Tokens.detected]
        ] as const
        for (const [body, dialect] of bodies) {
          const collected = yield* collectAll(body, dialect)
          for (const [index, each] of collected.entries()) {
            const texts = [...membersOf(index, "delta", "content"), ...membersOf(index, "text")]
            assert.strictEqual(each.text, texts.join(""))
            const reasons = membersOf(index, "finish_reason").filter((reason) => reason !== "")
            assert.strictEqual(each.rawFinishReason, reasons.at(-1))
          }
        }
      })))

  it.effect("loses no member: the events are the recorded JSON", () =>
    checkEach(transcripts.filter(({ kind }) => kind !== "nothing"), ({ kind, text, values }) =>
      Effect.gen(function*() {
        const body = kind === "chunks" ? toEvents(values) : text
        assert.deepStrictEqual(yield* eventsOf(body, Tokens.detected), [...values])
      })))

  it.effect("has whole tool calls in a stream, as in the whole completion", () =>
    checkEach(
      ofKind("chunks").filter(({ text }) => text.includes("\"arguments\"")),
      ({ release, values }) =>
        Effect.gen(function*() {
          const { toolCalls } = yield* Tokens.collect(frame(`${toEvents(values)}data: [DONE]\n\n`))
          const whole = transcripts.find((other) =>
            other.release === release && other.name.endsWith("grammar_tools_choice_nostream.json")
          )
          assert.deepStrictEqual(
            withArguments(toolCalls),
            withArguments(callsOf(at(whole?.values[0], "choices", 0, "message")))
          )
        })
    ))
})

describe.skipIf(!hasCorpora)(needsCorpora("A recorded stream of Anthropic's Messages API"), () => {
  const streams = readAnthropicStreams()

  const dataOf = (text: string): ReadonlyArray<Members> =>
    text.split("\n").filter((line) => line.startsWith("data:")).map((line) => JSON.parse(line.slice(5)) as Members)

  const joined = (events: ReadonlyArray<Members>, name: string): string =>
    events.map((event) => textOf(at(event, "delta", name))).join("")

  it.effect.each(streams)("is read whole: %s", ([, text]) =>
    Effect.gen(function*() {
      const events = dataOf(text)
      const last = events.findLast(({ type }) => type === "message_delta")
      for (const dialect of [Tokens.anthropic, Tokens.detected]) {
        const collected = yield* Tokens.collect(frame(text, dialect))
        assert.strictEqual(collected.text, joined(events, "text"))
        assert.strictEqual(collected.reasoning, joined(events, "thinking"))
        assert.strictEqual(collected.rawFinishReason, at(last, "delta", "stop_reason"))
        assert.deepStrictEqual(
          collected.usage,
          present({
            inputTokens: numberOf(at(last, "usage", "input_tokens")),
            outputTokens: numberOf(at(last, "usage", "output_tokens")),
            cachedInputTokens: numberOf(at(last, "usage", "cache_read_input_tokens")),
            reasoningTokens: numberOf(at(last, "usage", "output_tokens_details", "thinking_tokens"))
          })
        )
        assert.deepStrictEqual(yield* eventsOf(text, dialect), [...events])
      }
    }))
})
