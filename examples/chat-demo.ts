import { Console, Effect, Stream } from "effect"
import { createInterface } from "node:readline/promises"
import { guideContainer } from "./chat-container.ts"
import { ask } from "./chat.ts"
import { emulated } from "./emulated.ts"
import { paint, row, writer } from "./terminal.ts"

const suggestions = [
  "When is a request retried?",
  "How do I set a deadline?",
  "What happens when I cancel a stream?",
  "Can I test my code without AWS?"
]

const answer = (question: string) =>
  Effect.gen(function*() {
    const write = yield* writer("response")
    const { inputTokens = 0, outputTokens = 0 } = yield* ask(question, write)
    yield* Console.log("")
    yield* row("usage", paint("dim", `${inputTokens} input tokens, ${outputTokens} output tokens`))
  })

const answerAll = (questions: ReadonlyArray<string>) =>
  Effect.forEach(questions, (question) =>
    Effect.gen(function*() {
      yield* Console.log("")
      yield* row("question", paint("bold", question))
      yield* answer(question)
    }))

const openTerminal = Effect.acquireRelease(
  Effect.sync(() => createInterface({ input: process.stdin, output: process.stdout, prompt: "\nquestion> " })),
  (terminal) => Effect.sync(() => terminal.close())
)

const conversation = Effect.gen(function*() {
  yield* Console.log("\nAsk a question about this client. An empty line ends the chat. For example:")
  yield* Effect.forEach(suggestions, (question) => Console.log(`  ${question}`))
  const terminal = yield* openTerminal
  terminal.prompt()
  yield* Stream.fromAsyncIterable(terminal, (cause) => cause).pipe(
    Stream.orDie,
    Stream.map((line) => line.trim()),
    Stream.takeWhile((line) => line !== ""),
    Stream.runForEach((line) => Effect.tap(answer(line), Effect.sync(() => terminal.prompt())))
  )
}).pipe(Effect.scoped)

const question = process.argv.slice(2).join(" ")

const program = question === "" && process.stdin.isTTY && process.stdout.isTTY
  ? conversation
  : answerAll(question === "" ? suggestions : [question])

await program.pipe(Effect.provide(emulated(guideContainer)), Effect.runPromise)
