import { Cause, Effect, Exit, Layer, Logger, LogLevel } from "effect"
import { inspect } from "node:util"
import { recordingTracer, spanText } from "./tracer.ts"

const ways: ReadonlyArray<readonly [string, (error: unknown) => unknown]> = [
  ["String", String],
  ["message", (error) => error instanceof Error ? error.message : ""],
  ["stack", (error) => error instanceof Error ? error.stack : ""],
  ["JSON.stringify", (error) => JSON.stringify(error)],
  ["JSON.stringify of a copy", (error) => JSON.stringify({ ...Object(error) })],
  ["inspect", (error) => inspect(error, { depth: 10 })],
  ["inspect of what is hidden", (error) => inspect(error, { depth: 10, showHidden: true })],
  [
    "inspect of everything",
    (error) => inspect(error, { depth: 10, showHidden: true, getters: true, customInspect: false, showProxy: true })
  ],
  ["inspect of a copy", (error) => inspect({ ...Object(error) }, { depth: 10 })],
  ["inspect of a wrapper", (error) => inspect(new Error("wrapper", { cause: error }), { depth: 10 })]
]

const causeWays: ReadonlyArray<readonly [string, (cause: Cause.Cause<unknown>) => unknown]> = [
  ["Cause.pretty", (cause) => Cause.pretty(cause, { renderErrorCause: true })],
  ["Cause.toJSON", (cause) => JSON.stringify(cause)],
  ["Cause.toString", String],
  ["inspect of the cause", (cause) => inspect(cause, { depth: 10 })],
  ["inspect of the exit", (cause) => inspect(Exit.failCause(cause), { depth: 10 })]
]

const loggers = [
  Logger.stringLogger,
  Logger.logfmtLogger,
  Logger.jsonLogger,
  Logger.map(Logger.structuredLogger, (entry) => inspect(entry, { depth: 10 })),
  Logger.map(Logger.structuredLogger, (entry) => JSON.stringify(entry)),
  Logger.make(({ message }) => inspect(message, { depth: 10 }))
]

/** Runs an effect that fails and returns everything that a program can print about it, by print method. */
export const captureOutput = <A, E>(effect: Effect.Effect<A, E>) =>
  Effect.gen(function*() {
    const texts: Array<readonly [way: string, text: string]> = []
    const { layer, spans } = recordingTracer()
    const collecting = loggers.map((logger, index) =>
      Logger.map(logger, (text) => {
        texts.push([`log ${index}`, text])
      })
    )
    const cause = yield* effect.pipe(
      Effect.tapErrorCause((failure) => Effect.logError("failed", failure)),
      Effect.tapErrorCause((failure) => Effect.logError(failure)),
      Effect.tapError((error) => Effect.log(error)),
      Effect.tapError((error) => Effect.log("failed", { error })),
      Effect.tapError((error) => Effect.annotateLogs(Effect.log("failed"), { error })),
      Effect.withSpan("program"),
      Effect.sandbox,
      Effect.flip,
      Effect.provide(
        Layer.mergeAll(
          layer,
          Logger.minimumLogLevel(LogLevel.All),
          Logger.remove(Logger.defaultLogger),
          ...collecting.map((logger) => Logger.add(logger))
        )
      ),
      Effect.orDieWith(() => new Error("the effect was to fail"))
    )
    const errors = [...Cause.failures(cause), ...Cause.defects(cause)]
    for (const [way, print] of ways) {
      texts.push(...errors.map((error) => [way, String(print(error))] as const))
    }
    for (const [way, print] of causeWays) {
      texts.push([way, String(print(cause))])
    }
    texts.push(...spans.map((span) => [`span ${span.name}`, spanText(span)] as const))
    return { error: Cause.squash(cause), texts }
  })
