import { Console, Effect, Either, Stream } from "effect"
import { Codec } from "effect-sagemaker-runtime"
import { Emulator } from "effect-sagemaker-runtime/testing"
import { Insight } from "./insight.ts"
import { playFrom } from "./scene.ts"
import * as scenes from "./scenes.ts"
import { paint, row, writer } from "./terminal.ts"

const play = playFrom("examples/scenes.ts", scenes)

const typedCall = (text: string) =>
  play("A typed call", "typedCall", (run) =>
    Effect.gen(function*() {
      const { entities, sentiment } = yield* run(text)
      yield* row("sentiment", sentiment.toFixed(2))
      yield* Effect.forEach(entities, ({ type, value }) => row(type, value))
    }))

const throttledCall = (text: string) =>
  play("A throttled call, retried", "throttledCall", (run) =>
    Effect.gen(function*() {
      const { $metadata } = yield* run(text)
      yield* row("httpStatusCode", $metadata.httpStatusCode)
      yield* row("attempts", $metadata.attempts)
      yield* row("totalRetryDelay", `${$metadata.totalRetryDelay} ms`)
    }))

const callWithDeadline = (text: string) =>
  play("A call with a deadline", "callWithDeadline", (run) =>
    run(text).pipe(
      Effect.zipRight(Effect.dieMessage("The slow model responded before the deadline")),
      Effect.catchTag(
        "TimeoutError",
        ({ _tag, duration, phase }) =>
          Effect.all([row("error", paint("yellow", _tag)), row("phase", phase), row("deadline", `${duration} ms`)])
      )
    ))

const failedCall = play("A failing container", "failedCall", (run) =>
  run().pipe(
    Effect.zipRight(Effect.dieMessage("The model accepted an empty text")),
    Effect.catchTag("ModelError", ({ _tag, OriginalMessage = "", OriginalStatusCode = 0 }) =>
      Effect.all([
        row("error", paint("yellow", _tag)),
        row("OriginalStatusCode", OriginalStatusCode),
        row("OriginalMessage", OriginalMessage)
      ]))
  ))

const cancelledStream = (linesWhenStopped: Effect.Effect<number>) =>
  play("A response stream, cancelled after three lines", "cancelledStream", (run) =>
    Effect.gen(function*() {
      yield* Stream.runForEach(run(), (line) => row("line", line))
      const lines = yield* Effect.timeout(linesWhenStopped, "2 seconds")
      yield* row("container", `connection closed, stopped after ${lines} lines`)
    }))

const tokenStream = (question: string) =>
  play("Tokens, printed as they arrive", "tokenStream", (run) =>
    Effect.gen(function*() {
      yield* row("question", question)
      const write = yield* writer("response")
      yield* Stream.runForEach(run(question), ({ text }) => write(text))
      yield* Console.log("")
    }))

const asynchronousRequest = (text: string) =>
  play("An asynchronous inference request", "asynchronousRequest", (run) =>
    Effect.gen(function*() {
      const { InferenceId = "", OutputLocation = "" } = yield* run(text)
      yield* row("InferenceId", InferenceId)
      yield* row("OutputLocation", OutputLocation)
      const { outcome } = yield* Emulator.Emulator
      const { sentiment } = yield* Codec.json(Insight).decode(Either.getOrThrow(yield* outcome(InferenceId)))
      yield* row("sentiment", sentiment.toFixed(2))
    }))

export const tour = (text: string, linesWhenStopped: Effect.Effect<number>) =>
  Effect.all([
    typedCall(text),
    throttledCall(text),
    callWithDeadline(text),
    failedCall,
    cancelledStream(linesWhenStopped),
    tokenStream("When is a request retried?"),
    asynchronousRequest(text)
  ])
