import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Fiber, Layer, ManagedRuntime, TestClock } from "effect"
import { Resilience, RetryPolicy, Timeouts } from "effect-sagemaker-runtime"
import { withFixedRandom } from "../../support/call.ts"
import { endpointOf, errorResponse, invoke, okResponse, scriptedRuntime } from "../../support/scriptedHttpClient.ts"

/** A service that records the arrival time of each request, in milliseconds. */
const timed = (response: Effect.Effect<Response>) => {
  const arrivals: Array<readonly [endpoint: string, at: number]> = []
  const server = scriptedRuntime((request) =>
    Effect.zipRight(
      Effect.map(Clock.currentTimeMillis, (now) => arrivals.push([endpointOf(request), now])),
      response
    )
  )
  return Effect.map(server, ({ layer }) => ({ arrivals, client: layer, times: () => arrivals.map(([, at]) => at) }))
}

const fiveCalls = Effect.all(Array.from({ length: 5 }, () => invoke("chat")), { concurrency: "unbounded" })

describe("A rate limit", () => {
  it.effect("allows a burst and then spreads the calls evenly", () =>
    Effect.gen(function*() {
      const { client, times } = yield* timed(okResponse)
      const fiber = yield* fiveCalls.pipe(
        Effect.provide(Resilience.rateLimit({ limit: 2, interval: "1 second" })(client)),
        Effect.fork
      )
      yield* TestClock.adjust("10 seconds")
      yield* Fiber.join(fiber)
      assert.deepStrictEqual(times(), [0, 0, 500, 1_000, 1_500])
    }))

  it.effect("with a fixed window allows its calls at the start of each interval", () =>
    Effect.gen(function*() {
      const { client, times } = yield* timed(okResponse)
      const limit = Resilience.rateLimit({ limit: 2, interval: "1 second", algorithm: "fixed-window" })
      const fiber = yield* fiveCalls.pipe(Effect.provide(limit(client)), Effect.fork)
      yield* TestClock.adjust("10 seconds")
      yield* Fiber.join(fiber)
      assert.deepStrictEqual(times(), [0, 0, 1_000, 1_000, 2_000])
    }))

  it.effect("counts each attempt of a call, and its wait is retry delay", () =>
    Effect.gen(function*() {
      const { client, times } = yield* timed(errorResponse(503))
      const fiber = yield* invoke("chat").pipe(
        Effect.flip,
        withFixedRandom(0),
        Effect.provide(Resilience.rateLimit({ limit: 1, interval: "1 second" })(client)),
        Effect.fork
      )
      yield* TestClock.adjust("10 seconds")
      assert.deepInclude(yield* Fiber.join(fiber), { attempts: 3, totalRetryDelay: 2_000 })
      assert.deepStrictEqual(times(), [0, 1_000, 2_000])
    }))

  it.effect("has one rate per endpoint, and accepts settings per endpoint", () =>
    Effect.gen(function*() {
      const { arrivals, client } = yield* timed(okResponse)
      const limit = Resilience.rateLimit({ limit: 1, interval: "1 second", overrides: { small: { limit: 2 } } })
      const fiber = yield* Effect.all(["large", "small", "large", "small"].map((name) => invoke(name)), {
        concurrency: "unbounded"
      }).pipe(Effect.provide(limit(client)), Effect.fork)
      yield* TestClock.adjust("10 seconds")
      yield* Fiber.join(fiber)
      assert.deepStrictEqual(arrivals, [["large", 0], ["small", 0], ["small", 0], ["large", 1_000]])
    }))

  it.effect("takes no token for a wait that a total timeout or an interruption ends", () =>
    Effect.gen(function*() {
      const { client, times } = yield* timed(okResponse)
      yield* Effect.gen(function*() {
        yield* invoke("chat")
        const late = yield* invoke("chat").pipe(Timeouts.use({ total: "200 millis" }), Effect.flip, Effect.fork)
        const gone = yield* Effect.fork(invoke("chat"))
        const patient = yield* Effect.fork(invoke("chat"))
        yield* TestClock.adjust("200 millis")
        assert.deepInclude(yield* Fiber.join(late), { _tag: "TimeoutError", phase: "total", requestSent: false })
        yield* Fiber.interrupt(gone)
        yield* TestClock.adjust("10 seconds")
        yield* Fiber.join(patient)
        assert.deepStrictEqual(times(), [0, 1_000])
      }).pipe(Effect.provide(Resilience.rateLimit({ limit: 1, interval: "1 second" })(client)))
    }))

  it.effect("ends the calls that wait when the layer of the client closes, and later calls", () =>
    Effect.gen(function*() {
      const { client, times } = yield* timed(okResponse)
      const runtime = ManagedRuntime.make(
        Layer.merge(Resilience.rateLimit({ limit: 1, interval: "1 hour" })(client), Layer.setClock(yield* Effect.clock))
      )
      const first = runtime.runFork(Effect.all([invoke("chat"), Effect.flip(invoke("chat"))], { concurrency: 2 }))
      yield* TestClock.adjust("1 second")
      assert.isNull(first.unsafePoll())
      yield* runtime.disposeEffect
      const closed = {
        _tag: "TransportError",
        reason: "aborted",
        requestSent: false,
        retry: "never",
        attempts: 0
      } as const
      assert.deepInclude((yield* Fiber.join(first))[1], closed)
      assert.lengthOf(times(), 1)
    }))

  it.effect("keeps the state of an endpoint until its tokens are restored", () =>
    Effect.gen(function*() {
      const { client, times } = yield* timed(okResponse)
      yield* Effect.gen(function*() {
        yield* invoke("chat")
        yield* TestClock.adjust("5 minutes")
        const fiber = yield* Effect.fork(invoke("chat"))
        yield* TestClock.adjust("10 minutes")
        yield* Fiber.join(fiber)
        assert.deepStrictEqual(times(), [0, 600_000])
      }).pipe(
        RetryPolicy.use(RetryPolicy.none),
        Effect.provide(Resilience.rateLimit({ limit: 1, interval: "10 minutes" })(client))
      )
    }))

  for (
    const [setting, options] of [
      ["Resilience.rateLimit.limit", { limit: 0, interval: "1 second" }],
      ["Resilience.rateLimit.interval", { limit: 1, interval: 0 }],
      ["Resilience.rateLimit.interval", { limit: 1, interval: "soon" as "1 second" }],
      ["Resilience.rateLimit.algorithm", { limit: 1, interval: "1 second", algorithm: "leaky" as "fixed-window" }]
    ] as const
  ) {
    it.effect(`rejects the options ${JSON.stringify(options)}`, () =>
      Effect.gen(function*() {
        const { client } = yield* timed(okResponse)
        const error = yield* invoke("chat").pipe(Effect.provide(Resilience.rateLimit(options)(client)), Effect.flip)
        assert.deepInclude(error, { _tag: "ConfigurationError", setting })
      }))
  }
})
