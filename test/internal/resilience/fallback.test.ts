import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Stream, TestClock } from "effect"
import {
  invokeEndpointWithBidirectionalStream,
  invokeEndpointWithResponseStream,
  Resilience,
  RetryPolicy,
  SageMakerError,
  streamEndpoint,
  Timeouts
} from "effect-sagemaker-runtime"
import { encode } from "../../../src/protocol/eventStream/frame.ts"
import { duplexClient, type DuplexServer, scriptedDuplex, textResponse } from "../../support/scriptedDuplex.ts"
import {
  endpointOf,
  errorResponse,
  invoke,
  okResponse,
  type Responder,
  scriptedRuntime
} from "../../support/scriptedHttpClient.ts"

const variantOf = ({ headers }: { readonly headers: { readonly [name: string]: string | undefined } }) =>
  headers["x-amzn-sagemaker-target-variant"]

const moved = Resilience.fallback({ large: [{ TargetVariant: "spare" }, { EndpointName: "small" }] })

/** Makes one call and returns its result and the targets that received a request. */
const against = (
  response: Responder,
  call: ReturnType<typeof invoke> = invoke("large"),
  limit: Resilience.ClientMiddleware = moved
) =>
  Effect.gen(function*() {
    const { layer: client, requests } = yield* scriptedRuntime(response)
    const end = yield* call.pipe(
      RetryPolicy.use(RetryPolicy.none),
      Effect.match({ onFailure: ({ _tag }) => _tag, onSuccess: () => "success" }),
      Effect.provide(limit(client))
    )
    return { end, places: (yield* requests).map((request) => [endpointOf(request), variantOf(request)]) }
  })

describe("A fallback", () => {
  it.effect("tries one target after another until one succeeds", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(
        yield* against((request) => (variantOf(request) === "spare" ? okResponse : errorResponse(503))),
        {
          end: "success",
          places: [["large", undefined], ["large", "spare"]]
        }
      )
      assert.deepStrictEqual(
        yield* against((request) => (endpointOf(request) === "small" ? okResponse : errorResponse(503))),
        {
          end: "success",
          places: [["large", undefined], ["large", "spare"], ["small", undefined]]
        }
      )
    }))

  it.effect("gives the last failure if all targets fail", () =>
    Effect.gen(function*() {
      const { end, places } = yield* against((request) =>
        endpointOf(request) === "small"
          ? errorResponse(500, "InternalFailure")
          : errorResponse(503, "ServiceUnavailable")
      )
      assert.strictEqual(end, "InternalFailure")
      assert.lengthOf(places, 3)
    }))

  for (
    const [what, response, end] of [
      ["a validation error", errorResponse(400, "ValidationError"), "ValidationError"],
      ["a model error", errorResponse(424, "ModelError"), "ModelError"],
      ["an access error", errorResponse(403, "AccessDeniedException"), "AccessDeniedError"],
      ["a success", okResponse, "success"]
    ] as const
  ) {
    it.effect(`does not use the next target after ${what}`, () =>
      Effect.gen(function*() {
        assert.deepStrictEqual(yield* against(() => response), { end, places: [["large", undefined]] })
      }))
  }

  it.effect("does not use the next target if the request may still be running", () =>
    Effect.gen(function*() {
      const { layer: client, requests } = yield* scriptedRuntime(() => Effect.never)
      const fiber = yield* invoke("large").pipe(Effect.flip, Effect.provide(moved(client)), Effect.fork)
      yield* TestClock.adjust("10 minutes")
      assert.strictEqual((yield* Fiber.join(fiber))._tag, "TimeoutError")
      assert.lengthOf(yield* requests, 1)
    }))

  it.effect("accepts a function that selects the failures", () =>
    Effect.gen(function*() {
      const limit = Resilience.fallback({ large: { EndpointName: "small" } }, {
        while: (error) => error instanceof SageMakerError.ModelError
      })
      const { places } = yield* against(() => errorResponse(424, "ModelError"), invoke("large"), limit)
      assert.lengthOf(places, 2)
      assert.lengthOf((yield* against(() => errorResponse(503), invoke("large"), limit)).places, 1)
    }))

  it.effect("ignores other endpoints and the calls of a session", () =>
    Effect.gen(function*() {
      assert.lengthOf((yield* against(() => errorResponse(503), invoke("other"))).places, 1)
      assert.lengthOf((yield* against(() => errorResponse(503), invoke("large", { SessionId: "session-1" }))).places, 1)
    }))

  it.effect("keeps the input, except for the routing members of the replaced endpoint", () =>
    Effect.gen(function*() {
      const { layer: client, requests } = yield* scriptedRuntime((
        request
      ) => (endpointOf(request) === "small" ? okResponse : errorResponse(503)))
      yield* invoke("large", { TargetVariant: "gpu", InferenceId: "id-1", TargetModel: "a.tar.gz" }).pipe(
        RetryPolicy.use(RetryPolicy.none),
        Effect.provide(
          Resilience.fallback({ large: { EndpointName: "small", InferenceComponentName: "lite" } })(client)
        )
      )
      const [first, second] = (yield* requests).map(({ headers }) =>
        Object.fromEntries(Object.entries(headers).filter(([name]) => name.startsWith("x-amzn-sagemaker")))
      )
      assert.deepStrictEqual(first, {
        "x-amzn-sagemaker-target-variant": "gpu",
        "x-amzn-sagemaker-target-model": "a.tar.gz",
        "x-amzn-sagemaker-inference-id": "id-1"
      })
      assert.deepStrictEqual(second, {
        "x-amzn-sagemaker-inference-component": "lite",
        "x-amzn-sagemaker-inference-id": "id-1"
      })
    }))

  it.effect("uses the next target if an inner limit rejects the call", () =>
    Effect.gen(function*() {
      const { layer: client, requests } = yield* scriptedRuntime((
        request
      ) => (endpointOf(request) === "large" ? Effect.never : okResponse))
      const live = client.pipe(
        Resilience.circuitBreaker({ minimumThroughput: 1 }),
        Resilience.concurrency({ permits: 1 }),
        Resilience.fallback({ large: { EndpointName: "small" } })
      )
      yield* Effect.gen(function*() {
        const fiber = yield* invoke("large").pipe(Timeouts.use({ total: "1 second" }), Effect.exit, Effect.fork)
        yield* TestClock.adjust(0)
        yield* invoke("large")
        yield* TestClock.adjust("1 second")
        yield* Fiber.join(fiber)
        yield* invoke("large")
        assert.deepStrictEqual((yield* requests).map(endpointOf), ["large", "small", "small"])
      }).pipe(Effect.provide(live))
    }))

  it.effect("replaces a stream that has not begun", () =>
    Effect.gen(function*() {
      const frame = encode({ ":message-type": "event", ":event-type": "PayloadPart" }, new Uint8Array([65]))
      const { layer: client } = yield* scriptedRuntime((request) =>
        endpointOf(request) === "small" ? Effect.sync(() => new Response(new Uint8Array(frame))) : errorResponse(503)
      )
      const input = { EndpointName: "large", Body: "once" }
      yield* Effect.gen(function*() {
        assert.strictEqual(yield* Stream.runCount(streamEndpoint(input)), 1)
        const { Body } = yield* invokeEndpointWithResponseStream(input)
        assert.strictEqual(yield* Stream.runCount(Body), 1)
      }).pipe(RetryPolicy.use(RetryPolicy.none), Effect.scoped, Effect.provide(moved(client)))
    }))

  it.effect.each([{ isRun: false, endpoints: ["large", "small"] }, { isRun: true, endpoints: ["large"] }])(
    "replaces a bidirectional stream unless its source has been run: $isRun",
    ({ endpoints, isRun }) =>
      Effect.gen(function*() {
        let runs = 0
        const Body = Stream.suspend(() => {
          runs += 1
          return Stream.make({ Bytes: new Uint8Array(1) })
        })
        const failed: DuplexServer = ({ send }) =>
          Effect.zipRight(
            isRun ? Effect.flatMap(send, Effect.ignore) : Effect.void,
            Effect.fail({ code: "ECONNRESET" })
          )
        const server = yield* scriptedDuplex(failed, textResponse("a"))
        const layer = Resilience.fallback({ large: { EndpointName: "small" } })(duplexClient(server.duplex))
        const exit = yield* invokeEndpointWithBidirectionalStream({ EndpointName: "large", Body }).pipe(
          Effect.flatMap(({ Body }) => Stream.runCount(Body)),
          RetryPolicy.use(RetryPolicy.none),
          Effect.exit,
          Effect.provide(layer)
        )
        assert.strictEqual(Exit.isFailure(exit), isRun)
        assert.strictEqual(runs, 1)
        const requested = (yield* server.requests).map(({ url }) => /endpoints\/(\w+)/.exec(url)?.[1])
        assert.deepStrictEqual(requested, endpoints)
      }).pipe(Effect.scoped)
  )

  it.effect("rejects an invalid target", () =>
    Effect.gen(function*() {
      const { layer: client } = yield* scriptedRuntime(() => okResponse)
      const error = yield* invoke("large").pipe(
        Effect.provide(Resilience.fallback({ large: "small" as Resilience.EndpointTarget })(client)),
        Effect.flip
      )
      assert.deepInclude(error, { _tag: "ConfigurationError", setting: "Resilience.fallback" })
    }))
})
