import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Exit, Fiber, TestClock } from "effect"
import { RetryPolicy, type SageMakerRuntime, Timeouts } from "effect-sagemaker-runtime"
import { advanceClock, call, withFixedRandom } from "./support/call.ts"
import { scriptedRuntime } from "./support/scriptedHttpClient.ts"

/** A service with an adjustable status that records the arrival time of each request. */
const makeService = Effect.gen(function*() {
  const service = { status: 200, arrivals: new Array<number>() }
  const { layer, requests } = yield* scriptedRuntime(
    Effect.map(Clock.currentTimeMillis, (now) => {
      service.arrivals.push(now)
      return new Response("ok", { status: service.status })
    })
  )
  return { service, layer, requests }
})

const once = RetryPolicy.adaptive({ maxAttempts: 1 })
const paced = RetryPolicy.use(once)(call)

const together = (calls: number) =>
  Effect.all(Effect.replicate(Effect.exit(paced), calls), { concurrency: "unbounded" })

/** One throttled call, after which the client has half a token per second and an empty bucket. */
const throttledOnce = Effect.gen(function*() {
  const made = yield* makeService
  made.service.status = 429
  const client = yield* Effect.provide(Effect.context<SageMakerRuntime.SageMakerRuntime>(), made.layer)
  yield* Effect.provide(Effect.exit(paced), client)
  made.service.arrivals = []
  return { ...made, client }
})

const zeros = (length: number) => Array.from({ length }, () => 0)

const gaps = (arrivals: ReadonlyArray<number>) => arrivals.slice(1).map((arrival, index) => arrival - arrivals[index]!)

describe("An adaptive client", () => {
  it.effect("does not delay calls before the service throttles", () =>
    Effect.gen(function*() {
      const { layer, service } = yield* makeService
      yield* Effect.provide(together(20), layer)
      assert.deepStrictEqual(service.arrivals, zeros(20))
    }))

  it.effect("does not delay calls after other failures", () =>
    Effect.gen(function*() {
      const { layer, service } = yield* makeService
      service.status = 500
      yield* Effect.provide(Effect.zipRight(together(20), together(20)), layer)
      assert.deepStrictEqual(service.arrivals, zeros(40))
    }))

  it.effect("spaces any number of calls while it is throttled", () =>
    Effect.gen(function*() {
      const { client, service } = yield* throttledOnce
      yield* together(5).pipe(Effect.provide(client), advanceClock("1 minute"))
      assert.deepStrictEqual(service.arrivals, [2_000, 4_000, 6_000, 8_000, 10_000])
    }))

  it.effect("sends faster and faster after throttling ends", () =>
    Effect.gen(function*() {
      const { client, service } = yield* throttledOnce
      service.status = 200
      yield* together(100).pipe(Effect.provide(client), advanceClock("5 minutes"))
      const between = gaps(service.arrivals)
      assert.lengthOf(between, 99)
      assert.isAbove(between[0]!, 500)
      assert.isBelow(Math.max(...between.slice(-20)), 100)
    }))

  it.effect("slows down again after another throttling error", () =>
    Effect.gen(function*() {
      const { client, service } = yield* throttledOnce
      service.status = 200
      yield* together(50).pipe(Effect.provide(client), advanceClock("1 minute"))
      const fast = gaps(service.arrivals).at(-1)!
      service.status = 429
      service.arrivals = []
      yield* Effect.replicateEffect(Effect.exit(paced), 20).pipe(Effect.provide(client), advanceClock("5 minutes"))
      assert.isBelow(fast, 500)
      assert.deepStrictEqual(gaps(service.arrivals).slice(-3), [2_000, 2_000, 2_000])
    }))

  it.effect("has one send rate for adaptive calls with any options", () =>
    Effect.gen(function*() {
      const { client, service } = yield* throttledOnce
      const other = RetryPolicy.use(RetryPolicy.adaptive({ maxAttempts: 7 }))(call)
      service.status = 200
      yield* other.pipe(Effect.provide(client), advanceClock("1 minute"))
      assert.deepStrictEqual(service.arrivals, [2_000])
    }))

  it.effect("does not share its send rate with other clients", () =>
    Effect.gen(function*() {
      const { layer, service } = yield* throttledOnce
      yield* together(3).pipe(Effect.provide(layer), advanceClock("1 minute"))
      assert.deepStrictEqual(service.arrivals.slice(0, 3), [0, 0, 0])
    }))

  it.effect("does not delay or count calls of the standard policy", () =>
    Effect.gen(function*() {
      const { client, service } = yield* throttledOnce
      const standard = RetryPolicy.use(RetryPolicy.standard({ maxAttempts: 1 }))(call)
      yield* Effect.provide(Effect.zipRight(Effect.exit(standard), Effect.exit(standard)), client)
      assert.deepStrictEqual(service.arrivals, [0, 0])

      const fresh = yield* makeService
      fresh.service.status = 429
      yield* Effect.exit(standard).pipe(Effect.zipRight(together(2)), Effect.provide(fresh.layer))
      assert.deepStrictEqual(fresh.service.arrivals, [0, 0, 0])
    }))
})

describe("A call that waits for the send rate", () => {
  it.effect("ends immediately on interruption, sends nothing and takes no token", () =>
    Effect.gen(function*() {
      const { client, service } = yield* throttledOnce
      const first = yield* Effect.fork(Effect.provide(paced, client))
      const second = yield* Effect.fork(Effect.provide(paced, client))
      yield* TestClock.adjust("1 second")
      assert.isTrue(Exit.isInterrupted(yield* Fiber.interrupt(first)))
      assert.strictEqual(yield* Clock.currentTimeMillis, 1_000)
      yield* TestClock.adjust("1 minute")
      yield* Fiber.await(second)
      assert.deepStrictEqual(service.arrivals, [2_000])
    }))

  it.effect("is served in order of arrival, and interrupted calls do not delay it", () =>
    Effect.gen(function*() {
      const quota = RetryPolicy.makeQuota()
      const sent: Array<number> = []
      const busy = (caller: number) =>
        Effect.exit(
          once.around(quota)(Effect.suspend(() => {
            sent.push(caller)
            return Effect.fail({ _tag: "Busy", retry: "throttling" } as const)
          }))
        )
      yield* busy(0)
      const waiting = yield* Effect.forEach([1, 2, 3, 4, 5], (caller) => Effect.fork(busy(caller)))
      yield* TestClock.adjust("1 second")
      yield* Effect.forEach([waiting[0]!, waiting[2]!], Fiber.interrupt)
      yield* TestClock.adjust("3 seconds")
      assert.deepStrictEqual(sent, [0, 2, 4])
      yield* Effect.fork(busy(6))
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(sent, [0, 2, 4, 5, 6])
    }))

  it.effect("is limited by the total timeout, and requestSent is false", () =>
    Effect.gen(function*() {
      const { client, service } = yield* throttledOnce
      const error = yield* paced.pipe(
        Timeouts.use({ total: "1 second" }),
        Effect.flip,
        Effect.provide(client),
        advanceClock("1 minute")
      )
      assert.deepInclude(error, { _tag: "TimeoutError", phase: "total", requestSent: false })
      assert.deepStrictEqual(service.arrivals, [])
    }))

  it.effect("has its complete attempt timeout afterwards, and no retry delay", () =>
    Effect.gen(function*() {
      const { client, service } = yield* throttledOnce
      service.status = 200
      const { $metadata } = yield* paced.pipe(
        Timeouts.use({ attempt: "1 second" }),
        Effect.provide(client),
        advanceClock("1 minute")
      )
      assert.deepInclude($metadata, { attempts: 1, totalRetryDelay: 0 })
      assert.deepStrictEqual(service.arrivals, [2_000])
    }))
})

describe("An adaptive call", () => {
  const throttledCall = (random: number) =>
    Effect.gen(function*() {
      const { layer, requests, service } = yield* makeService
      service.status = 429
      const error = yield* call.pipe(
        RetryPolicy.use(RetryPolicy.adaptive()),
        Effect.flip,
        Effect.provide(layer),
        withFixedRandom(random),
        advanceClock("1 minute")
      )
      return { error, arrivals: service.arrivals, requests: yield* requests }
    })

  it.effect("makes as many attempts as a standard call and reports them", () =>
    Effect.gen(function*() {
      const { requests } = yield* throttledCall(1)
      assert.deepStrictEqual(requests.map(({ headers }) => headers["amz-sdk-request"]), [
        "attempt=1; max=3",
        "attempt=2; max=3",
        "attempt=3; max=3"
      ])
    }))

  it.effect("waits for the send rate even if the random delay is zero", () =>
    Effect.gen(function*() {
      const { arrivals, error } = yield* throttledCall(0)
      assert.deepStrictEqual(arrivals, [0, 2_000, 4_000])
      assert.deepInclude(error, { attempts: 3, totalRetryDelay: 4_000 })
    }))

  it.effect("uses the retry delay as part of the wait for the send rate", () =>
    Effect.gen(function*() {
      const { arrivals, error } = yield* throttledCall(1)
      assert.deepStrictEqual(arrivals, [0, 2_000, 4_000])
      assert.deepInclude(error, { attempts: 3, totalRetryDelay: 4_000 })
    }))
})

describe("RetryPolicy.adaptive", () => {
  it.effect("runs any effect with its own quota", () =>
    Effect.gen(function*() {
      const quota = RetryPolicy.makeQuota()
      const times: Array<number> = []
      const busy = Effect.flatMap(Clock.currentTimeMillis, (now) => {
        times.push(now)
        return Effect.fail({ _tag: "Busy", retry: "throttling" } as const)
      })
      const pacedBusy = Effect.exit(once.around(quota)(busy))
      yield* Effect.zipRight(pacedBusy, pacedBusy).pipe(advanceClock("1 minute"))
      assert.deepStrictEqual(times, [0, 2_000])
    }))

  it.effect("counts an interrupted or dying attempt as not throttled", () =>
    Effect.gen(function*() {
      const reports: Array<boolean> = []
      const rate: RetryPolicy.SendRate = {
        acquire: Effect.void,
        report: (throttled) => Effect.sync(() => void reports.push(throttled))
      }
      const around = once.around({ ...RetryPolicy.makeQuota(), sendRate: () => rate })
      const attempts: ReadonlyArray<Effect.Effect<void, { readonly _tag: string; readonly retry: string }>> = [
        Effect.void,
        Effect.interrupt,
        Effect.die("broken"),
        Effect.fail({ _tag: "Lost", retry: "transient" }),
        Effect.fail({ _tag: "Busy", retry: "throttling" })
      ]
      yield* Effect.forEach(attempts, (attempt) => Effect.exit(around(attempt)))
      assert.deepStrictEqual(reports, [false, false, false, false, true])
    }))
})
