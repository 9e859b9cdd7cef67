import { assert, describe, it } from "@effect/vitest"
import { ATTR_ERROR_TYPE } from "@opentelemetry/semantic-conventions"
import {
  ATTR_GEN_AI_OPERATION_NAME,
  ATTR_GEN_AI_REQUEST_MODEL,
  ATTR_GEN_AI_RESPONSE_FINISH_REASONS,
  ATTR_GEN_AI_USAGE_INPUT_TOKENS,
  ATTR_GEN_AI_USAGE_OUTPUT_TOKENS
} from "@opentelemetry/semantic-conventions/incubating"
import { Cause, Effect, Exit, Layer, Schedule, Schema, Stream, type Tracer } from "effect"
import { AsyncInference, ModelEndpoint, ObjectStore, SageMakerError } from "effect-sagemaker-runtime"
import { accepted, failureOf, jobOf, outputOf, scorer, within } from "./support/asyncJobs.ts"
import { refusal, scriptedRuntime } from "./support/scriptedHttpClient.ts"
import { scriptedObjectStore } from "./support/scriptedObjectStore.ts"
import { type RecordedSpan, recordingTracer, spanText } from "./support/tracer.ts"

const everySecond = { schedule: Schedule.spaced("1 second") }
const score = (value: number) => JSON.stringify({ score: value })

const traceId = "a".repeat(31) + "b"
const traceparent = `00-${traceId}-00000000000000ff-01`

const idsOf = ({ spanId, traceId }: Tracer.AnySpan) => ({ spanId, traceId })

const linksOf = ({ span }: RecordedSpan) => span.links.map(({ span: linked }) => idsOf(linked))

const shown = ({ attributes, events, exit, kind, links, name, parent }: RecordedSpan & { links: unknown }) => ({
  name,
  kind,
  parent,
  links,
  attributes: Object.fromEntries(attributes),
  events: events.map(([event, values]) => values === undefined ? event : [event, values]),
  isSuccess: exit !== undefined && Exit.isSuccess(exit)
})

const result = (span: RecordedSpan) => shown({ ...span, links: linksOf(span) })

const resultSpans = (spans: ReadonlyArray<RecordedSpan>) =>
  spans.filter(({ name }) => name === "AsyncInference.result").map(result)

/** The spans of a program with a scripted store. */
const spansOf = (
  program: Effect.Effect<unknown, unknown, ObjectStore.ObjectStore>,
  objects: { readonly [location: string]: string }
) =>
  Effect.gen(function*() {
    const store = yield* scriptedObjectStore
    for (const [location, text] of Object.entries(objects)) {
      yield* store.set(location, text)
    }
    const { layer, spans } = recordingTracer()
    const exit = yield* program.pipe(Effect.exit, Effect.provide([store.layer, layer]), within("10 minutes"))
    return { exit, spans }
  })

const attributes = { "aws.sagemaker.endpoint.name": "scorer" }

describe("The span of AsyncInference.run", () => {
  it.effect("of the result has a link to the span of the call that sent the request", () =>
    Effect.gen(function*() {
      const server = yield* scriptedRuntime(accepted())
      const { layer, spans } = recordingTracer()
      const run = Effect.provide(AsyncInference.run(scorer, { text: "hello" }), server.layer)
      yield* spansOf(Effect.provide(Effect.withSpan(run, "mine"), layer), { [outputOf(1)]: score(1) })
      const [mine, call, attempt, wait, ...others] = spans
      assert.isEmpty(others)
      assert.deepStrictEqual([mine, call, attempt, wait].map((span) => [span?.name, span?.parent]), [
        ["mine", undefined],
        ["SageMakerRuntime.InvokeEndpointAsync", "mine"],
        ["SageMakerRuntime.attempt", "SageMakerRuntime.InvokeEndpointAsync"],
        ["AsyncInference.result", "mine"]
      ])
      assert.deepStrictEqual(result(wait!), {
        name: "AsyncInference.result",
        kind: "client",
        parent: "mine",
        links: [idsOf(call!.span)],
        attributes: { ...attributes, "aws.sagemaker.async.polls": 1 },
        events: [
          "aws.sagemaker.async.poll",
          ["aws.sagemaker.async.output", { "aws.sagemaker.async.output.bytes": score(1).length }]
        ],
        isSuccess: true
      })
    }))

  it.effect("has the link after a retry, too", () =>
    Effect.gen(function*() {
      const server = yield* scriptedRuntime(refusal(503, "ServiceUnavailable"), accepted())
      const { layer, spans } = recordingTracer()
      const run = Effect.provide(AsyncInference.run(scorer, { text: "hello" }), server.layer)
      yield* spansOf(Effect.provide(run, layer), { [outputOf(1)]: score(1) })
      assert.deepStrictEqual(linksOf(spans.at(-1)!), [idsOf(spans[0]!.span)])
    }))

  it.effect("of an input in the store is next to the span of the upload", () =>
    Effect.gen(function*() {
      const server = yield* scriptedRuntime(accepted())
      const { layer, spans } = recordingTracer()
      const submitted = AsyncInference.submit(scorer, { text: "x".repeat(200_000) }, { inputPrefix: "s3://in/my-key" })
      const { exit } = yield* spansOf(submitted.pipe(Effect.provide([server.layer, layer])), {})
      assert.isTrue(Exit.isSuccess(exit))
      assert.deepStrictEqual(spans.map(({ kind, name, parent }) => [name, kind, parent]), [
        ["AsyncInference.upload", "client", undefined],
        ["SageMakerRuntime.InvokeEndpointAsync", "client", undefined],
        ["SageMakerRuntime.attempt", "client", "SageMakerRuntime.InvokeEndpointAsync"]
      ])
      assert.deepStrictEqual(Object.fromEntries(spans[0]!.attributes), attributes)
      assert.notInclude(spans.map(spanText).join(), "my-key")
    }))
})

describe("A job", () => {
  const Encoded = Schema.parseJson(AsyncInference.Job)

  it.effect("has the trace context of its request, which another process can link to", () =>
    Effect.gen(function*() {
      const server = yield* scriptedRuntime(accepted())
      const submitter = recordingTracer()
      const text = yield* AsyncInference.submit(scorer, { text: "hello" }).pipe(
        Effect.flatMap(Schema.encode(Encoded)),
        Effect.provide([server.layer, submitter.layer])
      )
      const job = yield* Schema.decode(Encoded)(text)
      const { span } = submitter.spans[0]!
      assert.strictEqual(job.traceparent, `00-${span.traceId}-${span.spanId}-01`)
      const { spans } = yield* spansOf(AsyncInference.result(scorer, job), { [outputOf(1)]: score(1) })
      assert.deepStrictEqual(linksOf(spans[0]!), [idsOf(span)])
      assert.isTrue(spans[0]!.span.links[0]!.span.sampled)
    }))

  it.effect("has none without a tracer, and if the spans of the call are disabled", () =>
    Effect.gen(function*() {
      const server = yield* scriptedRuntime(accepted())
      const submit = Effect.provide(AsyncInference.submit(scorer, { text: "hello" }), server.layer)
      assert.notProperty(yield* Effect.flatMap(submit, Schema.encode(AsyncInference.Job)), "traceparent")
      const disabled = Effect.withTracerEnabled(submit, false)
      const { traceparent: none } = yield* Effect.provide(disabled, recordingTracer().layer)
      assert.isUndefined(none)
    }))

  it.effect("that was encoded without trace context is decoded", () =>
    Effect.gen(function*() {
      const { traceparent: _, ...old } = yield* Schema.encode(AsyncInference.Job)(jobOf(1))
      assert.deepStrictEqual(yield* Schema.decode(AsyncInference.Job)(old), jobOf(1))
    }))

  for (
    const text of [
      "",
      "my secret",
      `00-${"0".repeat(32)}-00000000000000ff-01`,
      `00-${traceId}-${"0".repeat(16)}-01`,
      `00-${traceId.toUpperCase()}-00000000000000ff-01`,
      `00-${traceId}-ff-01`
    ]
  ) {
    it.effect(`with the invalid trace context ${JSON.stringify(text)} has a result without a link`, () =>
      Effect.gen(function*() {
        const wait = AsyncInference.result(scorer, jobOf(1, { traceparent: text }))
        const { exit, spans } = yield* spansOf(wait, { [outputOf(1)]: score(1) })
        assert.isTrue(Exit.isSuccess(exit))
        assert.deepStrictEqual(linksOf(spans[0]!), [])
      }))
  }

  it.effect("with the trace context of a later version or of a call that is not sampled has a link", () =>
    Effect.gen(function*() {
      for (const text of [`cc-${traceId}-00000000000000ff-00-more`, `00-${traceId}-00000000000000ff-02`]) {
        const wait = AsyncInference.result(scorer, jobOf(1, { traceparent: text }))
        const { spans } = yield* spansOf(wait, { [outputOf(1)]: score(1) })
        assert.deepStrictEqual(linksOf(spans[0]!), [{ spanId: "00000000000000ff", traceId }])
        assert.isFalse(spans[0]!.span.links[0]!.span.sampled)
      }
    }))
})

describe("The span of AsyncInference.result", () => {
  it.effect("has an event per poll, and at most 100", () =>
    Effect.gen(function*() {
      const { spans } = yield* spansOf(
        AsyncInference.result(scorer, jobOf(1), { ...everySecond, timeout: "102 seconds" }),
        {}
      )
      const { attributes: values, events } = spans[0]!
      assert.lengthOf(events, 100)
      assert.strictEqual(values.get("aws.sagemaker.async.polls"), 103)
      assert.strictEqual(values.get(ATTR_ERROR_TYPE), "AsyncInferenceTimeoutError")
    }))

  it.effect("has the type of the error, but no location and no text of the store", () =>
    Effect.gen(function*() {
      const job = jobOf(1, { outputLocation: "s3://bucket/my-key.out", failureLocation: "s3://bucket/my-key.failure" })
      const secret = { [job.failureLocation!]: "my-secret" }
      const cases = [
        [AsyncInference.result(scorer, job), secret, "AsyncInferenceFailedError"],
        [AsyncInference.result(scorer, job), { [job.outputLocation]: "my-secret" }, "CodecError"],
        [AsyncInference.result(scorer, job, { timeout: 0 }), {}, "AsyncInferenceTimeoutError"],
        [
          AsyncInference.result(scorer, job, { maxOutputBytes: 1 }),
          { [job.outputLocation]: score(1) },
          "PayloadTooLargeError"
        ],
        [Stream.runDrain(AsyncInference.resultStream(job)), secret, "AsyncInferenceFailedError"],
        [
          Effect.flatMap(Stream.runHead(AsyncInference.results(scorer, [job])), (head) =>
            head._tag === "Some" ? head.value.result : Effect.void),
          secret,
          "AsyncInferenceFailedError"
        ]
      ] as const
      for (const [program, objects, type] of cases) {
        const { exit, spans } = yield* spansOf(program, objects)
        assert.isTrue(Exit.isFailure(exit))
        assert.deepStrictEqual(
          spans.map(({ name }) =>
            name
          ),
          ["AsyncInference.result"]
        )
        assert.strictEqual(spans[0]!.attributes.get(ATTR_ERROR_TYPE), type)
        assert.isTrue(Exit.isFailure(spans[0]!.exit!))
        const text = spanText(spans[0]!)
        assert.notInclude(text, "my-key")
        assert.notInclude(text, "my-secret")
      }
    }))

  it.effect("has no message of the store", () =>
    Effect.gen(function*() {
      const error = new SageMakerError.ObjectStoreError({
        operation: "head",
        location: "s3://bucket/my-key",
        reason: "access-denied"
      })
      const failing = () => Effect.fail(error)
      const store = Layer.succeed(ObjectStore.ObjectStore, {
        get: () => Stream.fail(error),
        put: failing,
        head: failing,
        list: () => Stream.fail(error),
        remove: failing
      })
      const { layer, spans } = recordingTracer()
      yield* AsyncInference.result(scorer, jobOf(1)).pipe(Effect.exit, Effect.provide([store, layer]))
      assert.strictEqual(spans[0]!.attributes.get(ATTR_ERROR_TYPE), "ObjectStoreError")
      assert.notInclude(spanText(spans[0]!), "my-key")
      assert.include(
        Cause.pretty(Exit.isFailure(spans[0]!.exit!) ? spans[0]!.exit.cause : Cause.empty),
        "ObjectStoreError"
      )
    }))

  it.effect("does not have an endpoint name that is not one", () =>
    Effect.gen(function*() {
      const { spans } = yield* spansOf(
        AsyncInference.result(scorer, jobOf(1, { endpoint: "my secret" })),
        { [outputOf(1)]: score(1) }
      )
      assert.notInclude(spanText(spans[0]!), "my secret")
    }))

  it.effect("is interrupted with the wait", () =>
    Effect.gen(function*() {
      const { spans } = yield* spansOf(Effect.timeout(AsyncInference.result(scorer, jobOf(1)), "1 second"), {})
      assert.isTrue(Exit.isInterrupted(spans[0]!.exit!))
    }))

  it.effect("is the parent of the spans of the store", () =>
    Effect.gen(function*() {
      const memory = yield* scriptedObjectStore
      yield* memory.set(outputOf(1), score(1))
      const store = Layer.map(memory.layer, (context) => context)
      const traced = Layer.effect(
        ObjectStore.ObjectStore,
        Effect.map(ObjectStore.ObjectStore, (service) => ({
          ...service,
          head: (location: string) => Effect.withSpan(service.head(location), "HeadObject")
        }))
      ).pipe(Layer.provide(store))
      for (
        const program of [
          AsyncInference.result(scorer, jobOf(1)),
          Stream.runDrain(AsyncInference.results(scorer, [jobOf(1)]))
        ]
      ) {
        const { layer, spans } = recordingTracer()
        yield* program.pipe(Effect.provide([traced, layer]), within("1 minute"))
        const reads = spans.filter(({ name, parent }) => name === "HeadObject" && parent === "AsyncInference.result")
        assert.isNotEmpty(reads)
      }
    }))

  it.effect("of a language model has the finish reasons and the usage, and the request has the operation", () =>
    Effect.gen(function*() {
      const llama = ModelEndpoint.chat("llama")
      const output = JSON.stringify({
        choices: [{ index: 0, message: { role: "assistant", content: "Blue" }, finish_reason: "my-secret" }],
        usage: { prompt_tokens: 7, completion_tokens: 2 }
      })
      const server = yield* scriptedRuntime(accepted())
      const { layer, spans } = recordingTracer()
      const request = { model: "meta/llama", messages: [{ role: "user" as const, content: "Why?" }] }
      const run = Effect.provide(AsyncInference.run(llama, request), server.layer)
      yield* spansOf(Effect.provide(run, layer), { [outputOf(1)]: output })
      const call = Object.fromEntries(spans[0]!.attributes)
      assert.deepInclude(call, { [ATTR_GEN_AI_OPERATION_NAME]: "chat", [ATTR_GEN_AI_REQUEST_MODEL]: "meta/llama" })
      assert.notProperty(call, ATTR_GEN_AI_USAGE_INPUT_TOKENS)
      const wait = Object.fromEntries(spans.at(-1)!.attributes)
      assert.notProperty(wait, ATTR_GEN_AI_OPERATION_NAME)
      assert.deepInclude(wait, {
        [ATTR_GEN_AI_RESPONSE_FINISH_REASONS]: ["other"],
        [ATTR_GEN_AI_USAGE_INPUT_TOKENS]: 7,
        [ATTR_GEN_AI_USAGE_OUTPUT_TOKENS]: 2
      })
    }))
})

describe("The spans of AsyncInference.results", () => {
  it.effect("are one per job, each with a link to its own request", () =>
    Effect.gen(function*() {
      const job = (id: number) => jobOf(id, { traceparent: `00-${traceId}-${id.toString(16).padStart(16, "0")}-01` })
      const { spans } = yield* spansOf(
        Stream.runDrain(AsyncInference.results(scorer, [job(1), job(2)], { timeout: "5 seconds" })),
        { [outputOf(1)]: score(1) }
      )
      assert.deepStrictEqual(
        resultSpans(spans).map(({ attributes: values, isSuccess, links }) => [links, isSuccess, values]),
        [
          [[{ spanId: "0000000000000001", traceId }], true, attributes],
          [[{ spanId: "0000000000000002", traceId }], false, {
            ...attributes,
            [ATTR_ERROR_TYPE]: "AsyncInferenceTimeoutError"
          }]
        ]
      )
    }))

  it.effect("end when the stream is left", () =>
    Effect.gen(function*() {
      const { spans } = yield* spansOf(
        Stream.runDrain(Stream.take(AsyncInference.results(scorer, [jobOf(1), jobOf(2)]), 1)),
        { [outputOf(1)]: score(1), [failureOf(3)]: "" }
      )
      const outcomes = spans.map(({ exit }) => exit !== undefined && Exit.isInterrupted(exit))
      assert.deepStrictEqual(outcomes, [false, true])
    }))

  it.effect("do not exist without a tracer", () =>
    Effect.gen(function*() {
      const store = yield* scriptedObjectStore
      yield* store.set(outputOf(1), score(1))
      const count = yield* Stream.runCount(AsyncInference.results(scorer, [jobOf(1, { traceparent })])).pipe(
        Effect.provide(store.layer),
        within("1 minute")
      )
      assert.strictEqual(count, 1)
    }))
})
