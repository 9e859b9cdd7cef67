/** `load`: calls an endpoint at several concurrencies or rates, and measures the calls. */
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import { invokeEndpoint, streamEndpoint } from "effect-sagemaker-runtime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as body from "../input/body.ts"
import * as client from "../input/client.ts"
import * as report from "../load/report.ts"
import { type Load, run } from "../load/step.ts"
import { CommandError, reportFailure } from "../output/failure.ts"
import { writeFile } from "../output/files.ts"
import { writeText } from "../output/terminal.ts"
import { writeError, writeJson } from "../output/write.ts"

const config = {
  endpoint: client.endpoint,
  ...body.bodyOptions,
  concurrency: Options.text("concurrency").pipe(
    Options.withAlias("c"),
    Options.withDescription("Concurrent calls, one number per step, such as 1,4,16. Default: 1"),
    Options.optional
  ),
  rate: Options.text("rate").pipe(
    Options.withDescription("Calls per second, one number per step, such as 10,50; in place of --concurrency"),
    Options.optional
  ),
  duration: Options.float("duration").pipe(
    Options.withAlias("d"),
    Options.withDescription("The duration of a step in seconds. Default: 10"),
    Options.withDefault(10)
  ),
  stream: Options.boolean("stream").pipe(
    Options.withDescription("Call with a response stream, and measure the time to its first chunk")
  ),
  svg: Options.text("svg").pipe(
    Options.withDescription("The file for a plot of the latencies"),
    Options.optional
  ),
  ...client.routingOptions,
  ...client.options,
  maxAttempts: client.attempts("The maximum number of attempts of a call. Default: 1").pipe(
    Options.map((count) => Option.orElse(count, () => Option.some(1)))
  )
}

const maxConcurrency = 1_024

/** Reads the steps of an option. */
export const numbersOf = (option: "--concurrency" | "--rate", text: string, max: number) => {
  const expected = option === "--rate" ? `numbers greater than 0 and at most ${max}` : `integers from 1 to ${max}`
  return Effect.forEach(text.split(","), (each) => {
    const value = Number(each.trim() === "" ? Number.NaN : each)
    return value > 0 && value <= max && (option === "--rate" || Number.isInteger(value))
      ? Effect.succeed(value)
      : new CommandError({ message: `invalid ${option}: expected ${expected}, such as 1,4,16` })
  })
}

const loadsOf = (
  concurrency: Option.Option<string>,
  rate: Option.Option<string>
): Effect.Effect<ReadonlyArray<Load>, CommandError> => {
  if (Option.isSome(rate) && Option.isSome(concurrency)) {
    return new CommandError({ message: "use either --concurrency or --rate" })
  }
  return Option.isSome(rate)
    ? Effect.map(
      numbersOf("--rate", rate.value, 100_000),
      (rates) => rates.map((perSecond) => ({ _tag: "Rate", perSecond }))
    )
    : Effect.map(
      numbersOf("--concurrency", Option.getOrElse(concurrency, () => "1"), maxConcurrency),
      (counts) => counts.map((workers) => ({ _tag: "Concurrency", workers }))
    )
}

const durationOf = (seconds: number): Effect.Effect<number, CommandError> =>
  seconds > 0 && seconds <= 86_400
    ? Effect.succeed(seconds * 1_000)
    : new CommandError({ message: "invalid --duration: expected more than 0 and at most 86,400 seconds" })

/** The command. */
export const load = Command.make("load", config, (options) =>
  Effect.gen(function*() {
    const loads = yield* loadsOf(options.concurrency, options.rate)
    const millis = yield* durationOf(options.duration)
    const { bytes, contentType } = yield* body.read(options)
    const input = {
      EndpointName: options.endpoint,
      Body: bytes,
      ContentType: contentType,
      ...client.membersOf(options)
    }
    const call = (onFirstChunk: Effect.Effect<void>) => {
      let first = true
      return options.stream
        ? Stream.runForEach(streamEndpoint(input), () => {
          const effect = first ? onFirstChunk : Effect.void
          first = false
          return effect
        })
        : invokeEndpoint(input)
    }
    const unit = Option.isSome(options.rate) ? "rate" : "concurrency"
    const results = yield* Effect.forEach(loads, (each) =>
      run(each, millis, call).pipe(
        Effect.map(report.resultOf),
        Effect.tap(({ load: label, perSecond }) => writeError(`${unit} ${label}: ${perSecond} calls/s\n`))
      ))
    yield* options.json ? writeJson(results) : writeText(report.table(results, unit, options.stream))
    if (Option.isSome(options.svg)) {
      yield* writeFile(options.svg.value, new TextEncoder().encode(report.svg(results, unit)))
    }
  }).pipe(
    Effect.provide(client.layer(options)),
    reportFailure(options)
  )).pipe(Command.withDescription("Measure latency and throughput of an endpoint"))
