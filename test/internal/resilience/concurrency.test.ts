import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Scope, Stream, TestClock } from "effect"
import { invokeEndpointWithResponseStream, Resilience, streamEndpoint, Timeouts } from "effect-sagemaker-runtime"
import { encode } from "../../../src/protocol/eventStream/frame.ts"
import { endpointOf, errorResponse, invoke, okResponse, scriptedRuntime } from "../../support/scriptedHttpClient.ts"

const slow = Effect.zipRight(Effect.sleep("10 seconds"), okResponse)

const one = { permits: 1, queue: 1 }

const frames = (count: number) =>
  Effect.sync(() =>
    new Response(
      new ReadableStream({
        start: (controller) => {
          for (let index = 0; index < count; index++) {
            controller.enqueue(encode({ ":message-type": "event", ":event-type": "PayloadPart" }, new Uint8Array([65])))
          }
        }
      }),
      { headers: { "content-type": "application/vnd.amazon.eventstream" } }
    )
  )

describe("A concurrency limit", () => {
  it.effect("runs as many calls as it has permits, queues further calls up to its limit, and rejects the next call", () =>
    Effect.gen(function*() {
      const { layer: client, requests } = yield* scriptedRuntime(() => slow)
      yield* Effect.gen(function*() {
        const fibers = yield* Effect.forEach([1, 2, 3, 4, 5], () => Effect.fork(invoke("chat")))
        yield* TestClock.adjust("1 second")
        assert.lengthOf(yield* requests, 2)
        const error = yield* Effect.flip(invoke("chat"))
        assert.deepInclude(error, {
          _tag: "OverloadedError",
          endpoint: "chat",
          permits: 2,
          queue: 3,
          retry: "throttling",
          message:
            "The concurrency limit for chat is reached: 2 calls are running and 3 are queued. Retry later, or increase permits or queue"
        })
        assert.lengthOf(yield* requests, 2)
        yield* TestClock.adjust("9 seconds")
        assert.lengthOf(yield* requests, 4)
        yield* TestClock.adjust("20 seconds")
        assert.isTrue(Exit.isSuccess(yield* Fiber.await(Fiber.all(fibers))))
      }).pipe(Effect.provide(Resilience.concurrency({ permits: 2, queue: 3 })(client)))
    }))

  it.effect("has permits per endpoint", () =>
    Effect.gen(function*() {
      const { layer: client, requests } = yield* scriptedRuntime((
        request
      ) => (endpointOf(request) === "slow" ? Effect.never : okResponse))
      yield* Effect.gen(function*() {
        yield* Effect.fork(invoke("slow"))
        yield* TestClock.adjust(0)
        yield* invoke("quick")
        assert.strictEqual((yield* Effect.flip(invoke("slow")))._tag, "OverloadedError")
        assert.deepStrictEqual((yield* requests).map(endpointOf), ["slow", "quick"])
      }).pipe(Effect.provide(Resilience.concurrency({ permits: 1 })(client)))
    }))

  it.effect("accepts settings per key, and a custom key function", () =>
    Effect.gen(function*() {
      const { layer: client } = yield* scriptedRuntime(() => Effect.never)
      const limit = Resilience.concurrency({
        permits: 1,
        key: ({ EndpointName, InferenceComponentName }) => `${EndpointName}/${InferenceComponentName}`,
        overrides: { "shared/large": { permits: 2 } }
      })
      yield* Effect.gen(function*() {
        const call = (InferenceComponentName: string) => invoke("shared", { InferenceComponentName })
        yield* Effect.all([call("small"), call("large"), call("large")].map(Effect.fork))
        yield* TestClock.adjust(0)
        assert.deepInclude(yield* Effect.flip(call("small")), { endpoint: "shared/small", permits: 1 })
        assert.deepInclude(yield* Effect.flip(call("large")), { endpoint: "shared/large", permits: 2 })
      }).pipe(Effect.provide(limit(client)))
    }))

  it.effect("releases a permit or queue place however a call ends", () =>
    Effect.gen(function*() {
      const { layer: client, requests } = yield* scriptedRuntime((request) =>
        request.headers["accept"] === "slow" ? Effect.never : errorResponse(400, "ValidationError")
      )
      yield* Effect.gen(function*() {
        for (let round = 0; round < 3; round++) {
          assert.strictEqual((yield* Effect.flip(invoke("chat")))._tag, "ValidationError")
          const running = yield* Effect.fork(invoke("chat", { Accept: "slow" }))
          const waiting = yield* Effect.fork(invoke("chat"))
          yield* TestClock.adjust(0)
          assert.strictEqual((yield* Effect.flip(invoke("chat")))._tag, "OverloadedError")
          yield* Fiber.interrupt(waiting)
          yield* Fiber.interrupt(running)
        }
        assert.lengthOf(yield* requests, 6)
      }).pipe(Effect.provide(Resilience.concurrency(one)(client)))
    }))

  it.effect("keeps the permit of a call during its retry delay", () =>
    Effect.gen(function*() {
      const { layer: client } = yield* scriptedRuntime(() => errorResponse(429, "ModelNotReadyException"))
      yield* Effect.gen(function*() {
        const fiber = yield* Effect.fork(Effect.flip(invoke("chat")))
        yield* TestClock.adjust(0)
        assert.strictEqual((yield* Effect.flip(invoke("chat")))._tag, "OverloadedError")
        yield* TestClock.adjust("10 seconds")
        assert.deepInclude(yield* Fiber.join(fiber), { _tag: "ModelNotReadyException", attempts: 3 })
      }).pipe(Effect.provide(Resilience.concurrency({ permits: 1 })(client)))
    }))

  it.effect("lets the total timeout end the wait in the queue, and requestSent is false", () =>
    Effect.gen(function*() {
      const { layer: client, requests } = yield* scriptedRuntime(() => slow)
      yield* Effect.gen(function*() {
        yield* Effect.fork(invoke("chat"))
        yield* TestClock.adjust(0)
        const waiting = yield* invoke("chat").pipe(Timeouts.use({ total: "3 seconds" }), Effect.flip, Effect.fork)
        yield* TestClock.adjust("3 seconds")
        assert.deepInclude(yield* Fiber.join(waiting), {
          _tag: "TimeoutError",
          phase: "total",
          requestSent: false,
          retry: "transient"
        })
        assert.lengthOf(yield* requests, 1)
      }).pipe(Effect.provide(Resilience.concurrency(one)(client)))
    }))

  it.effect("holds the permit of a stream until its connection closes", () =>
    Effect.gen(function*() {
      const { layer: client } = yield* scriptedRuntime(() => frames(3))
      const input = { EndpointName: "story", Body: "once" }
      yield* Effect.gen(function*() {
        const scope = yield* Scope.make()
        const { Body } = yield* Scope.extend(invokeEndpointWithResponseStream(input), scope)
        assert.strictEqual((yield* Effect.flip(invoke("story")))._tag, "OverloadedError")
        yield* Stream.runDrain(Stream.take(Body, 2))
        assert.lengthOf(yield* Stream.runCollect(Stream.take(streamEndpoint(input), 3)), 3)
        yield* Scope.extend(invokeEndpointWithResponseStream(input), scope)
        assert.strictEqual((yield* Effect.flip(invoke("story")))._tag, "OverloadedError")
        yield* Scope.close(scope, Exit.void)
        yield* Stream.runDrain(Stream.take(streamEndpoint(input), 1))
      }).pipe(Effect.provide(Resilience.concurrency({ permits: 1 })(client)))
    }))

  it.effect("releases the permit of a call that times out although its attempt cannot be interrupted", () =>
    Effect.gen(function*() {
      const stuckForever = Effect.uninterruptible(Effect.never)
      const { layer: client, requests } = yield* scriptedRuntime(stuckForever, okResponse)
      yield* Effect.gen(function*() {
        const stuck = yield* invoke("chat").pipe(Timeouts.use({ total: "3 seconds" }), Effect.flip, Effect.fork)
        yield* TestClock.adjust(0)
        const waiting = yield* Effect.fork(invoke("chat"))
        yield* TestClock.adjust("3 seconds")
        assert.strictEqual((yield* Fiber.join(stuck))._tag, "TimeoutError")
        yield* Fiber.join(waiting)
        yield* Effect.all([invoke("chat"), invoke("chat")], { concurrency: "unbounded" })
        assert.lengthOf(yield* requests, 4)
      }).pipe(Effect.provide(Resilience.concurrency(one)(client)))
    }))

  it.effect("that is applied to two clients limits each separately", () =>
    Effect.gen(function*() {
      const limit = Resilience.concurrency({ permits: 1 })
      const [never, quick] = [yield* scriptedRuntime(Effect.never), yield* scriptedRuntime(okResponse)]
      yield* Effect.gen(function*() {
        yield* Effect.fork(invoke("chat"))
        yield* TestClock.adjust(0)
        yield* Effect.provide(invoke("chat"), limit(quick.layer))
        assert.lengthOf(yield* quick.requests, 1)
      }).pipe(Effect.provide(limit(never.layer)))
    }))

  for (
    const [setting, options] of [
      ["Resilience.concurrency.permits", { permits: 0 }],
      ["Resilience.concurrency.permits", { permits: 1.5 }],
      ["Resilience.concurrency.permits", { permits: Number.NaN }],
      ["Resilience.concurrency.queue", { permits: 1, queue: -1 }],
      ["Resilience.concurrency.overrides.permits", { permits: 1, overrides: { chat: { permits: 0 } } }]
    ] as const
  ) {
    it.effect(`rejects the options ${JSON.stringify(options)}`, () =>
      Effect.gen(function*() {
        const { layer: client } = yield* scriptedRuntime(() => okResponse)
        const error = yield* invoke("chat").pipe(Effect.provide(Resilience.concurrency(options)(client)), Effect.flip)
        assert.deepInclude(error, { _tag: "ConfigurationError", setting })
      }))
  }
})
