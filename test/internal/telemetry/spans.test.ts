import { HttpClient } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Layer, Tracer } from "effect"
import { Credentials, RetryPolicy, SageMakerRuntime, Signer, Timeouts } from "effect-sagemaker-runtime"
import { advanceClock, call } from "../../support/call.ts"
import { connectionLostError } from "../../support/responseBodies.ts"
import {
  notReady,
  ok,
  refusal,
  type Reply,
  scriptedHttpClient,
  scriptedRuntime
} from "../../support/scriptedHttpClient.ts"
import { recordingTracer } from "../../support/tracer.ts"

const traced = (run: <A, E>(effect: Effect.Effect<A, E>) => Effect.Effect<unknown>, ...replies: ReadonlyArray<Reply>) =>
  Effect.gen(function*() {
    const server = yield* scriptedRuntime(...replies)
    const { layer, spans } = recordingTracer()
    yield* call.pipe(Effect.provide(server.layer), run, Effect.provide(layer))
    return { requests: yield* server.requests, spans }
  })

const ended = <A, E>(effect: Effect.Effect<A, E>) => Effect.exit(effect).pipe(advanceClock("10 minutes"))

const answered: Reply = { status: 200, headers: { "x-amzn-requestid": "request-1" }, body: "ok" }

describe("Spans", () => {
  it.effect("exist for the call and, below it, for each attempt", () =>
    Effect.gen(function*() {
      const { spans } = yield* traced(ended, notReady, notReady, answered)
      assert.deepStrictEqual(spans.map(({ kind, name, parent }) => [name, kind, parent]), [
        ["SageMakerRuntime.InvokeEndpoint", "client", undefined],
        ["SageMakerRuntime.attempt", "client", "SageMakerRuntime.InvokeEndpoint"],
        ["SageMakerRuntime.attempt", "client", "SageMakerRuntime.InvokeEndpoint"],
        ["SageMakerRuntime.attempt", "client", "SageMakerRuntime.InvokeEndpoint"]
      ])
    }))

  it.effect("are children of the caller's span", () =>
    Effect.gen(function*() {
      const { spans } = yield* traced((effect) => ended(Effect.withSpan(effect, "mine")), answered)
      assert.deepStrictEqual(spans.map(({ parent }) => parent), [undefined, "mine", "SageMakerRuntime.InvokeEndpoint"])
    }))

  it.effect("have the operation and endpoint as attributes of the call", () =>
    Effect.gen(function*() {
      const { spans: [span] } = yield* traced(ended, answered)
      assert.deepStrictEqual(Object.fromEntries(span!.attributes), {
        "rpc.system.name": "aws-api",
        "rpc.method": "SageMakerRuntime/InvokeEndpoint",
        "server.address": "runtime.sagemaker.eu-west-1.amazonaws.com",
        "server.port": 443,
        "cloud.region": "eu-west-1",
        "aws.sagemaker.endpoint.name": "anomaly-v2",
        "http.response.status_code": 200,
        "aws.request_id": "request-1"
      })
    }))

  it.effect("have the number, status and request ID as attributes of the attempt", () =>
    Effect.gen(function*() {
      const { spans: [, first, second] } = yield* traced(ended, notReady, answered)
      assert.deepStrictEqual(Object.fromEntries(first!.attributes), {
        "http.response.status_code": 429,
        "aws.request_id": "request-1",
        "error.type": "ModelNotReadyException"
      })
      assert.deepStrictEqual(Object.fromEntries(second!.attributes), {
        "http.request.resend_count": 1,
        "http.response.status_code": 200,
        "aws.request_id": "request-1"
      })
    }))

  it.effect("have the error of the attempt, with and without a response", () =>
    Effect.gen(function*() {
      const lost = yield* traced(ended, { transport: connectionLostError() }, answered)
      assert.deepStrictEqual(Object.fromEntries(lost.spans[1]!.attributes), {
        "error.type": "TransportError"
      })
      const late = yield* traced((effect) => ended(Timeouts.use({ attempt: "1 seconds" })(effect)), Effect.never)
      assert.deepStrictEqual(Object.fromEntries(late.spans[1]!.attributes), {
        "error.type": "TimeoutError"
      })
    }))

  it.effect("end when the call ends, also on interruption", () =>
    Effect.gen(function*() {
      const good = yield* traced(ended, notReady, answered)
      assert.deepStrictEqual(good.spans.map(({ exit }) => exit?._tag), ["Success", "Failure", "Success"])
      const bad = yield* traced(ended, refusal(400, "ValidationError"))
      assert.deepStrictEqual(bad.spans.map(({ exit }) => exit?._tag), ["Failure", "Failure"])
      const stopped = yield* traced((effect) =>
        Effect.flatMap(Effect.fork(effect), (fiber) =>
          Effect.yieldNow().pipe(Effect.repeatN(50), Effect.zipRight(Fiber.interrupt(fiber)))), Effect.never)
      assert.isAbove(stopped.spans.length, 1)
      assert.isTrue(stopped.spans.every(({ exit }) =>
        exit !== undefined && Exit.isInterrupted(exit)
      ))
    }))
})

const sent = (
  around: <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>,
  signer: Layer.Layer<Signer.Signer> = Signer.layerAnonymous
) =>
  Effect.gen(function*() {
    const server = yield* scriptedHttpClient(ok)
    const { layer, spans } = recordingTracer()
    const client = Layer.provide(SageMakerRuntime.layer({ region: "eu-west-1" }), [signer, server.http])
    yield* call.pipe(RetryPolicy.use(RetryPolicy.none), around, Effect.provide([client, layer]))
    return { headers: (yield* server.requests)[0]!.headers, spans }
  })

const asIs = <A>(value: A): A => value

describe("Trace headers", () => {
  const signed = Layer.provide(
    Signer.layer,
    Credentials.layer({ accessKeyId: "AKIDEXAMPLE", secretAccessKey: "secret" })
  )

  it.effect("name the span of the attempt", () =>
    Effect.gen(function*() {
      const { headers, spans } = yield* sent(asIs)
      const { spanId, traceId } = spans[1]!.span
      assert.strictEqual(headers["traceparent"], `00-${traceId}-${spanId}-01`)
      assert.strictEqual(headers["b3"], `${traceId}-${spanId}-1-${spans[0]!.span.spanId}`)
    }))

  it.effect("belong to the caller's trace", () =>
    Effect.gen(function*() {
      const parent = Tracer.externalSpan({ spanId: "b".repeat(16), traceId: "a".repeat(32) })
      const { headers } = yield* sent(Effect.withParentSpan(parent))
      assert.match(headers["traceparent"] ?? "", /^00-a{32}-/)
    }))

  it.effect("are added after signing", () =>
    Effect.gen(function*() {
      const { headers } = yield* sent(asIs, signed)
      const signedHeaders = /SignedHeaders=([^,]+)/.exec(headers["authorization"] ?? "")?.[1]?.split(";") ?? []
      assert.include(signedHeaders, "amz-sdk-request")
      assert.notInclude(signedHeaders, "traceparent")
      assert.notInclude(signedHeaders, "b3")
      assert.property(headers, "traceparent")
      assert.property(headers, "b3")
    }))

  it.effect("are absent if tracing is disabled", () =>
    Effect.gen(function*() {
      const { headers, spans } = yield* sent(Effect.withTracerEnabled(false))
      assert.notProperty(headers, "traceparent")
      assert.notProperty(headers, "b3")
      assert.deepStrictEqual(spans, [])
    }))

  it.effect("are absent if propagation is disabled", () =>
    Effect.gen(function*() {
      const { headers, spans } = yield* sent(Effect.locally(HttpClient.currentTracerPropagation, false))
      assert.notProperty(headers, "traceparent")
      assert.notProperty(headers, "b3")
      assert.strictEqual(spans.length, 2)
    }))
})
