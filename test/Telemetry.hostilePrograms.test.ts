import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Exit, Layer, Logger, LogLevel, Stream, Tracer } from "effect"
import {
  InvokeEndpoint,
  invokeEndpoint,
  invokeEndpointWithResponseStream,
  type Operation,
  RetryPolicy,
  SageMakerRuntime,
  Telemetry
} from "effect-sagemaker-runtime"
import { encode } from "../src/protocol/eventStream/frame.ts"
import { makeTestMetrics, valueOfSeries } from "./support/metrics.ts"
import { ok, okResponse, type Reply, scriptedRuntime } from "./support/scriptedHttpClient.ts"
import { recordingTracer } from "./support/tracer.ts"

const input = { EndpointName: "llama", Body: "hello" }

/** An operation that sends as InvokeEndpoint and differs in the given members. */
const operationWith = <O, E = never, R = never>(
  members: Partial<Operation.Operation<typeof input, O, E, R>>
): Operation.Operation<typeof input, O, E, R> => ({ ...InvokeEndpoint.operation, ...members }) as never

const execute = <O, E, R>(operation: Operation.Operation<typeof input, O, E, R>) =>
  Effect.flatMap(SageMakerRuntime.SageMakerRuntime, (client) => client.execute(operation, input))

/** The exit of a program, its spans and its metrics. */
const observe = <A, E>(
  program: Effect.Effect<A, E, SageMakerRuntime.SageMakerRuntime>,
  ...replies: ReadonlyArray<Reply>
) =>
  Effect.gen(function*() {
    const server = yield* scriptedRuntime(...replies)
    const { record, series } = makeTestMetrics()
    const { layer, spans } = recordingTracer()
    const exit = yield* program.pipe(Effect.exit, Effect.provide([server.layer.pipe(record()), layer]))
    return { exit, spans, series: yield* series }
  })

const outcomes = (
  spans: ReadonlyArray<{ readonly name: string; readonly exit: Exit.Exit<unknown, unknown> | undefined }>
) => spans.map(({ exit, name }) => `${name}: ${exit === undefined ? "not ended" : exit._tag}`)

describe("Spans end, and metrics return to 0, if", () => {
  it.effect("a retry policy runs attempts that overlap", () =>
    Effect.gen(function*() {
      const policy: RetryPolicy.Policy = { around: () => (attempt) => Effect.raceFirst(attempt, attempt) }
      const { exit, series, spans } = yield* observe(
        RetryPolicy.use(invokeEndpoint(input), policy),
        Effect.never,
        okResponse
      )
      assert.isTrue(Exit.isSuccess(exit))
      assert.deepStrictEqual(outcomes(spans), [
        "SageMakerRuntime.InvokeEndpoint: Success",
        "SageMakerRuntime.attempt: Failure",
        "SageMakerRuntime.attempt: Success"
      ])
      assert.strictEqual(valueOfSeries(series, "sagemaker_runtime.in_flight"), 0)
    }))

  it.effect("`encode` of an operation throws", () =>
    Effect.gen(function*() {
      const operation = operationWith({
        encode: () => {
          throw new Error("encode")
        }
      })
      const { exit, series, spans } = yield* observe(execute(operation), ok)
      assert.isTrue(Exit.isFailure(exit))
      assert.deepStrictEqual(outcomes(spans), ["SageMakerRuntime.InvokeEndpoint: Failure"])
      assert.strictEqual(valueOfSeries(series, "sagemaker_runtime.in_flight"), 0)
    }))

  it.effect("`decode` reads the property `stream` only", () =>
    Effect.gen(function*() {
      const operation = operationWith({ decode: (response) => Effect.succeed(typeof response.stream) })
      const { exit, series, spans } = yield* observe(execute(operation), ok)
      assert.deepStrictEqual(exit, Exit.succeed("object"))
      assert.notInclude(outcomes(spans).join("\n"), "not ended")
      assert.strictEqual(valueOfSeries(series, "sagemaker_runtime.in_flight"), 0)
    }))

  it.effect("`decode` reads the stream in its own scope, and fails", () =>
    Effect.gen(function*() {
      const operation = operationWith({
        decode: (response) =>
          Effect.zipRight(
            Effect.scoped(Effect.flatMap(response.stream, Stream.runDrain)),
            Effect.fail({ _tag: "Unreadable" })
          )
      })
      const { series, spans } = yield* observe(execute(operation), ok)
      assert.deepStrictEqual(outcomes(spans), [
        "SageMakerRuntime.InvokeEndpoint: Failure",
        "SageMakerRuntime.attempt: Failure"
      ])
      assert.strictEqual(valueOfSeries(series, "sagemaker_runtime.in_flight"), 0)
      assert.isDefined(valueOfSeries(series, "sagemaker_runtime.call.duration", { "error.type": "Unreadable" }))
    }))

  it.effect("an error has members that throw", () =>
    Effect.gen(function*() {
      const error = {
        get _tag(): string {
          throw new Error("_tag")
        }
      }
      const operation = operationWith({ decode: () => Effect.fail(error) })
      const { series, spans } = yield* observe(RetryPolicy.use(execute(operation), RetryPolicy.none), ok)
      assert.notInclude(outcomes(spans).join("\n"), "not ended")
      assert.strictEqual(valueOfSeries(series, "sagemaker_runtime.in_flight"), 0)
      assert.isDefined(valueOfSeries(series, "sagemaker_runtime.call.duration", { "error.type": "_OTHER" }))
    }))

  it.effect("a clock goes backwards", () =>
    Effect.gen(function*() {
      let time = 1_000_000_000_000n
      const clock: Clock.Clock = Object.assign(Object.create(Clock.make()) as Clock.Clock, {
        unsafeCurrentTimeNanos: () => (time -= 1_000_000n),
        unsafeCurrentTimeMillis: () => Number((time -= 1_000_000n) / 1_000_000n)
      })
      const { exit, series } = yield* Effect.withClock(observe(invokeEndpoint(input), ok), clock)
      assert.isTrue(Exit.isSuccess(exit))
      assert.deepStrictEqual(valueOfSeries(series, "sagemaker_runtime.call.duration"), { count: 1, sum: 0 })
      assert.deepStrictEqual(valueOfSeries(series, "sagemaker_runtime.attempt.duration"), { count: 1, sum: 0 })
    }))
})

describe("A call succeeds if", () => {
  const throwing = (member: string) => {
    const { layer } = recordingTracer()
    const fail = () => {
      throw new Error(member)
    }
    return Effect.map(Effect.provide(Effect.tracer, layer), (tracer) =>
      Layer.setTracer(Tracer.make({
        context: (f) => f(),
        span: member === "span" ?
          fail :
          (...parameters) => Object.assign(tracer.span(...parameters), { [member]: fail })
      })))
  }

  for (const member of ["span", "attribute", "event", "end"]) {
    it.effect(`the tracer throws in \`${member}\``, () =>
      Effect.gen(function*() {
        const server = yield* scriptedRuntime(ok)
        const { record, series } = makeTestMetrics()
        const { Body } = yield* invokeEndpoint(input).pipe(
          Effect.provide([server.layer.pipe(record()), yield* throwing(member)])
        )
        assert.strictEqual(new TextDecoder().decode(Body), "ok")
        assert.strictEqual(valueOfSeries(yield* series, "sagemaker_runtime.in_flight"), 0)
      }))
  }

  it.effect("a logger throws", () =>
    Effect.gen(function*() {
      const server = yield* scriptedRuntime(ok)
      const logger = Logger.make(() => {
        throw new Error("log")
      })
      const { Body } = yield* invokeEndpoint(input).pipe(
        Effect.provide([
          server.layer.pipe(Telemetry.logs({ level: LogLevel.Info })),
          Logger.replace(Logger.defaultLogger, logger)
        ])
      )
      assert.strictEqual(new TextDecoder().decode(Body), "ok")
    }))
})

describe("A call inside of another call", () => {
  it.effect("is counted once", () =>
    Effect.gen(function*() {
      const operation = operationWith({ name: "Outer", decode: () => Effect.as(invokeEndpoint(input), "outer") })
      const { exit, series } = yield* observe(execute(operation) as never, ok)
      assert.deepStrictEqual(exit, Exit.succeed("outer"))
      assert.strictEqual(
        valueOfSeries(series, "sagemaker_runtime.attempts", { "rpc.method": "SageMakerRuntime/InvokeEndpoint" }),
        1
      )
    }))
})

describe("A client with metrics twice", () => {
  it.effect("has the metrics of what calls share under both names", () =>
    Effect.gen(function*() {
      const server = yield* scriptedRuntime(ok)
      const { record, series } = makeTestMetrics()
      const live = server.layer.pipe(record({ prefix: "inner." }), record({ prefix: "outer." }))
      yield* Effect.provide(invokeEndpoint(input), live)
      const names = (yield* series).map(({ name }) => name)
      for (const name of ["attempts", "retry_quota"]) {
        assert.include(names, `inner.sagemaker_runtime.${name}`)
        assert.include(names, `outer.sagemaker_runtime.${name}`)
      }
    }))
})

describe("A stream whose scope has closed", () => {
  it.effect("adds no event to its ended span", () =>
    Effect.gen(function*() {
      const frame = encode(
        { ":message-type": "event", ":event-type": "PayloadPart" },
        new TextEncoder().encode("late")
      )
      const init = { headers: { "content-type": "application/vnd.amazon.eventstream" } }
      const { spans } = yield* observe(
        Effect.flatMap(
          Effect.scoped(invokeEndpointWithResponseStream(input)),
          ({ Body }) => Effect.exit(Stream.runDrain(Body))
        ),
        Effect.sync(() => new Response(frame as never, init))
      )
      assert.deepStrictEqual(spans[0]?.events, [])
      assert.notInclude(outcomes(spans).join("\n"), "not ended")
    }))
})
