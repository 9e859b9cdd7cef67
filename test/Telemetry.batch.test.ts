import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Schema, Stream, TestClock } from "effect"
import { Batch, Codec, ModelEndpoint, Resilience, type SageMakerRuntime, Telemetry } from "effect-sagemaker-runtime"
import { makeTestMetrics, metricsOf, valueOfSeries } from "./support/metrics.ts"
import { refusal, type Responder, scriptedRuntime } from "./support/scriptedHttpClient.ts"
import { recordingTracer, spanText } from "./support/tracer.ts"

const secret = "secret-row"

const modelOf = (name: string) =>
  ModelEndpoint.make(name, {
    request: Codec.json(Schema.Array(Schema.String)),
    response: Codec.json(Schema.Array(Schema.String))
  })

const rowsOf = (count: number) => Array.from({ length: count }, (_, index) => `${secret}-${index}`)

/** Responds with the rows of the request, and rejects a request with the row 3. */
const echo: Responder = ({ body }) => {
  const text = body._tag === "Uint8Array" ? new TextDecoder().decode(body.body) : ""
  return text.includes(`${secret}-3"`)
    ? refusal(424, "ModelError", { OriginalStatusCode: 422, Message: secret })
    : { status: 200, headers: { "content-type": "application/json" }, body: text }
}

const denied: Responder = () => refusal(403, "AccessDeniedException", { Message: secret })

const batchOf = (count: number, name = "echo") =>
  Batch.run(modelOf(name), rowsOf(count), { batcher: Batch.lists(), maxRows: 4, concurrency: 2 })

/** The spans of a program. */
const spansOf = <A, E>(program: Effect.Effect<A, E, SageMakerRuntime.SageMakerRuntime>, responder = echo) =>
  Effect.gen(function*() {
    const { layer } = yield* scriptedRuntime(responder)
    const tracer = recordingTracer()
    yield* program.pipe(Effect.exit, Effect.provide([layer, tracer.layer]))
    return tracer.spans
  })

describe("The span of a batch", () => {
  it.effect("counts rows and requests, and is the parent of the calls", () =>
    Effect.gen(function*() {
      const [batch, ...others] = yield* spansOf(Stream.runDrain(batchOf(8)))
      assert.deepStrictEqual([batch?.name, batch?.kind, batch?.parent], ["Batch.run", "internal", undefined])
      assert.deepStrictEqual(Object.fromEntries(batch?.attributes ?? []), {
        "aws.sagemaker.endpoint.name": "echo",
        "aws.sagemaker.batch.rows": 8,
        "aws.sagemaker.batch.failed": 1,
        "aws.sagemaker.batch.requests": 5,
        "aws.sagemaker.batch.divided": 3
      })
      assert.deepStrictEqual(batch?.exit, Exit.void)
      const calls = others.filter(({ name }) => name === "SageMakerRuntime.InvokeEndpoint")
      assert.deepStrictEqual(calls.map(({ parent }) => parent), Array.from({ length: 5 }, () => "Batch.run"))
    }))

  it.effect("of an error of the whole batch has its type, and no text of a row or of the service", () =>
    Effect.gen(function*() {
      const [batch] = yield* spansOf(Stream.runDrain(batchOf(8)), denied)
      assert.strictEqual(batch?.attributes.get("error.type"), "AccessDeniedError")
      assert.isTrue(batch?.exit !== undefined && Exit.isFailure(batch.exit))
      assert.notInclude(spanText(batch!), secret)
    }))

  it.effect("ends without an error if the program takes a part of the results", () =>
    Effect.gen(function*() {
      const [batch] = yield* spansOf(Stream.runDrain(Stream.take(batchOf(400), 3)))
      assert.deepStrictEqual(batch?.exit, Exit.void)
      assert.isUndefined(batch?.attributes.get("error.type"))
    }))

  it.effect("is not the parent of the spans of the rows and of the program", () =>
    Effect.gen(function*() {
      const rows = Stream.mapEffect(Stream.make("a", "b"), (row) => Effect.withSpan(Effect.succeed(row), "read"))
      const batch = Batch.run(modelOf("echo"), rows, { batcher: Batch.lists() })
      const spans = yield* spansOf(Stream.runForEach(batch, () => Effect.withSpan(Effect.void, "write")))
      for (const { name, parent } of spans) {
        assert.strictEqual(parent === undefined, ["read", "write", "Batch.run"].includes(name), name)
      }
    }))
})

describe("The metrics of a batch", () => {
  it.effect("count rows by error, requests and divided requests", () =>
    Effect.gen(function*() {
      const { layer } = yield* scriptedRuntime(echo)
      const series = yield* metricsOf(Stream.runDrain(batchOf(8)), layer)
      const endpoint = { "aws.sagemaker.endpoint.name": "echo" }
      assert.sameDeepMembers(series.filter(({ name }) => name.startsWith("sagemaker_runtime.batch.")), [
        { name: "sagemaker_runtime.batch.concurrency", unit: "{request}", dimensions: endpoint, value: 0 },
        { name: "sagemaker_runtime.batch.divided", unit: "{request}", dimensions: endpoint, value: 3 },
        { name: "sagemaker_runtime.batch.requests", unit: "{request}", dimensions: endpoint, value: 5 },
        { name: "sagemaker_runtime.batch.rows", unit: "{row}", dimensions: endpoint, value: 7 },
        {
          name: "sagemaker_runtime.batch.rows",
          unit: "{row}",
          dimensions: { ...endpoint, "error.type": "ModelError" },
          value: 1
        }
      ])
    }))

  it.effect("have the current limit while the batch runs", () =>
    Effect.gen(function*() {
      const { layer } = yield* scriptedRuntime(() => Effect.never)
      const { record, series } = makeTestMetrics()
      const concurrency = Effect.map(series, (_) => valueOfSeries(_, "sagemaker_runtime.batch.concurrency"))
      const fiber = yield* Effect.fork(Effect.provide(Stream.runDrain(batchOf(40)), layer.pipe(record())))
      yield* TestClock.adjust("1 second")
      assert.strictEqual(yield* concurrency, 2)
      yield* Fiber.interrupt(fiber)
      assert.strictEqual(yield* concurrency, 0)
    }))

  it.effect("are recorded by each Telemetry.metrics of the client, inside and outside of other layers", () =>
    Effect.gen(function*() {
      const { layer } = yield* scriptedRuntime(echo)
      const [inner, outer] = [makeTestMetrics(), makeTestMetrics()]
      const client = layer.pipe(
        inner.record(),
        Resilience.concurrency({ permits: 4 }),
        Resilience.fallback({ echo: { EndpointName: "other" } }),
        Resilience.hedge({ after: "1 second" }),
        Telemetry.logs(),
        outer.record()
      )
      yield* Effect.provide(Stream.runDrain(batchOf(2)), client)
      for (const { series } of [inner, outer]) {
        assert.strictEqual(valueOfSeries(yield* series, "sagemaker_runtime.batch.rows"), 2)
      }
    }))

  it.effect("have a bounded number of endpoints", () =>
    Effect.gen(function*() {
      const { layer } = yield* scriptedRuntime(echo)
      const batches = Effect.forEach(["a", "b", "c"], (name) => Stream.runDrain(batchOf(2, name)))
      const series = yield* metricsOf(batches, layer, { maxEndpoints: 1 })
      const rows = series.filter(({ name }) => name === "sagemaker_runtime.batch.rows")
      assert.deepStrictEqual(rows.map(({ dimensions, value }) => [dimensions["aws.sagemaker.endpoint.name"], value]), [
        ["_OTHER", 4],
        ["a", 2]
      ])
    }))
})
