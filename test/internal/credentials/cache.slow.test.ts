import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Exit, Fiber, Layer, Logger, LogLevel, Option, Redacted, Scope, TestClock } from "effect"
import { type Credentials, SageMakerError } from "effect-sagemaker-runtime"
import { inspect } from "node:util"
import { vi } from "vitest"
import { cacheCredentials, type CacheOptions } from "../../../src/internal/credentials/cache.ts"

const minute = 60_000
const hour = 60 * minute

const credentials = (name: string, expiration?: number): Credentials.AwsCredentials => ({
  accessKeyId: Redacted.make(name),
  secretAccessKey: Redacted.make("secret-key"),
  ...(expiration !== undefined && { expiration: new Date(expiration) })
})

const failed = new SageMakerError.CredentialsError({ message: "The source failed", sources: ["test"] })

type Load = Effect.Effect<Credentials.AwsCredentials, SageMakerError.CredentialsError>

/** A cache over loads that the test scripts. The last one is repeated. */
const scripted = (loads: readonly [Load, ...ReadonlyArray<Load>], options?: CacheOptions) => {
  let calls = 0
  const load = Effect.suspend(() => loads[Math.min(calls++, loads.length - 1)]!)
  return Effect.map(cacheCredentials(load, options), ({ get }) => ({
    get,
    id: Effect.map(get, ({ accessKeyId }) => Redacted.value(accessKeyId)),
    calls: () => calls
  }))
}

/** Credentials that live for a time from their load. */
const living = (millis: number): Load =>
  Effect.clockWith((clock) => {
    const now = clock.unsafeCurrentTimeMillis()
    return Effect.succeed(credentials(`at-${now}`, now + millis))
  })

/** Lets the fibers in the background run. */
const settle = Effect.repeatN(Effect.yieldNow(), 50)

const isPending = (fiber: Fiber.RuntimeFiber<unknown, unknown>) => Effect.map(Fiber.poll(fiber), Option.isNone)

describe("A refresh in the background", () => {
  it.scoped("starts five minutes before expiry, while the calls use the cached credentials", () =>
    Effect.gen(function*() {
      const cache = yield* scripted([living(hour), Effect.never])
      yield* cache.get
      yield* TestClock.setTime(55 * minute - 1)
      yield* cache.get
      assert.strictEqual(cache.calls(), 1)
      for (const time of [55 * minute, 56 * minute, hour - 1]) {
        yield* TestClock.setTime(time)
        assert.strictEqual(yield* cache.id, "at-0")
        yield* settle
      }
      assert.isAbove(cache.calls(), 1)
    }))

  it.scoped("replaces the credentials", () =>
    Effect.gen(function*() {
      const cache = yield* scripted([living(hour)])
      yield* cache.get
      yield* TestClock.setTime(56 * minute)
      yield* cache.get
      yield* settle
      assert.strictEqual(yield* cache.id, `at-${56 * minute}`)
      assert.strictEqual(cache.calls(), 2)
    }))

  it.scoped("runs once for all calls", () =>
    Effect.gen(function*() {
      const cache = yield* scripted([living(hour), Effect.never])
      yield* cache.get
      yield* TestClock.setTime(56 * minute)
      yield* Effect.all(Array.from({ length: 1_000 }, () => cache.get), { concurrency: "unbounded" })
      yield* settle
      assert.strictEqual(cache.calls(), 2)
    }))

  it.scoped("starts at half the life of credentials that live shorter than five minutes", () =>
    Effect.gen(function*() {
      for (const life of [1_000, minute, 5 * minute - 2]) {
        const cache = yield* scripted([living(life)])
        const begin = (yield* cache.get).expiration!.getTime() - life
        yield* TestClock.setTime(begin + life / 2 - 1)
        yield* Effect.replicateEffect(cache.get, 100)
        yield* settle
        assert.strictEqual(cache.calls(), 1)
        yield* TestClock.setTime(begin + life / 2)
        assert.strictEqual(yield* cache.id, `at-${begin}`)
        yield* settle
        assert.strictEqual(yield* cache.id, `at-${begin + life / 2}`)
        assert.strictEqual(cache.calls(), 2)
      }
    }))

  it.scoped("is not repeated for every call if its credentials live for just over five minutes", () =>
    Effect.gen(function*() {
      const cache = yield* scripted([living(5 * minute + 1)])
      for (let seconds = 0; seconds < 120; seconds += 5) {
        yield* Effect.replicateEffect(cache.get, 10)
        yield* settle
        yield* TestClock.adjust("5 seconds")
      }
      assert.isAtMost(cache.calls(), 6)
    }))

  it.scoped("that fails is repeated with growing delays, whatever the number of calls", () =>
    Effect.gen(function*() {
      const starts: Array<number> = []
      const failing = Effect.clockWith((clock) => {
        starts.push(clock.unsafeCurrentTimeMillis() - 55 * minute)
        return Effect.fail(failed)
      })
      const cache = yield* scripted([living(hour), failing])
      yield* cache.get
      yield* TestClock.setTime(55 * minute)
      for (let step = 0; step < 100; step += 1) {
        yield* Effect.replicateEffect(cache.get, 10)
        yield* settle
        yield* TestClock.adjust("1 second")
      }
      assert.deepStrictEqual(starts, [0, 1_000, 3_000, 7_000, 15_000, 31_000, 61_000, 91_000])
    }))

  it.scoped("starts again without a delay after a success", () =>
    Effect.gen(function*() {
      const cache = yield* scripted([
        living(hour),
        Effect.fail(failed),
        living(hour),
        Effect.fail(failed),
        living(hour)
      ])
      const refresh = Effect.zipRight(cache.get, settle)
      yield* refresh
      for (const time of [55 * minute, 55 * minute + 1_000, 111 * minute, 111 * minute + 1_000]) {
        yield* TestClock.setTime(time)
        yield* refresh
      }
      assert.strictEqual(yield* cache.id, `at-${111 * minute + 1_000}`)
      assert.strictEqual(cache.calls(), 5)
    }))

  it.scoped("keeps the credentials if it returns expired ones", () =>
    Effect.gen(function*() {
      const cache = yield* scripted([living(hour), Effect.succeed(credentials("expired", 1))])
      yield* cache.get
      yield* TestClock.setTime(56 * minute)
      yield* Effect.replicateEffect(Effect.zipRight(cache.get, settle), 100)
      assert.strictEqual(yield* cache.id, "at-0")
      assert.strictEqual(cache.calls(), 2)
    }))

  for (
    const [what, hanging] of [["hangs", Effect.never], [
      "hangs and cannot be interrupted",
      Effect.uninterruptible(Effect.never)
    ]] as const
  ) {
    it.scoped(`that ${what} is abandoned after 10 seconds and repeated`, () =>
      Effect.gen(function*() {
        const cache = yield* scripted([living(hour), hanging, living(hour)])
        yield* cache.get
        yield* TestClock.setTime(56 * minute)
        assert.strictEqual(yield* cache.id, "at-0")
        yield* TestClock.adjust("10 seconds")
        assert.strictEqual(yield* cache.id, "at-0")
        yield* TestClock.adjust("1 second")
        yield* cache.get
        yield* settle
        assert.strictEqual(yield* cache.id, `at-${56 * minute + 11_000}`)
        assert.strictEqual(cache.calls(), 3)
      }))
  }

  it.scoped("prints nothing and ends no call with a defect, whatever fails", () =>
    Effect.gen(function*() {
      const logged: Array<unknown> = []
      const logging = Layer.merge(
        Logger.replace(Logger.defaultLogger, Logger.make(({ cause, message }) => void logged.push(message, cause))),
        Logger.minimumLogLevel(LogLevel.All)
      )
      const secret = new Error("secret-key")
      const throwing = Effect.sync(() => {
        throw secret
      })
      const program = Effect.forEach([Effect.die(secret), Effect.interrupt, throwing, Effect.fail(failed)], (broken) =>
        Effect.gen(function*() {
          const cache = yield* scripted([living(hour), broken])
          const { expiration } = yield* cache.get
          yield* TestClock.setTime(expiration!.getTime() - 1)
          yield* cache.get
          yield* settle
          yield* TestClock.setTime(expiration!.getTime())
          const error = yield* Effect.flip(cache.get)
          assert.strictEqual(error._tag, "CredentialsError")
          assert.notInclude(inspect(error) + JSON.stringify(error), "secret-key")
          yield* settle
        }))
      yield* Effect.provide(program, logging)
      assert.deepStrictEqual(logged, [])
    }))
})

describe("Without unexpired credentials", () => {
  it.scoped("every failure reaches the caller, and every call loads again", () =>
    Effect.gen(function*() {
      const cache = yield* scripted([Effect.fail(failed), Effect.fail(failed), living(hour)])
      assert.strictEqual(yield* Effect.flip(cache.get), failed)
      assert.strictEqual(yield* Effect.flip(cache.get), failed)
      assert.strictEqual(yield* cache.id, "at-0")
    }))

  it.scoped("concurrent calls share one load and its failure", () =>
    Effect.gen(function*() {
      const cache = yield* scripted([Effect.zipRight(Effect.sleep("1 second"), Effect.fail(failed))])
      const calls = yield* Effect.fork(
        Effect.all(Array.from({ length: 100 }, () => Effect.flip(cache.get)), { concurrency: "unbounded" })
      )
      yield* TestClock.adjust("1 second")
      assert.isTrue((yield* Fiber.join(calls)).every((error) => error === failed))
      assert.strictEqual(cache.calls(), 1)
    }))

  it.scoped("calls wait for the refresh that already runs", () =>
    Effect.gen(function*() {
      const cache = yield* scripted([living(hour), Effect.zipRight(Effect.sleep("8 seconds"), living(hour))])
      yield* cache.get
      yield* TestClock.setTime(hour - 1_000)
      yield* cache.get
      yield* TestClock.setTime(hour)
      const call = yield* Effect.fork(cache.id)
      yield* TestClock.adjust("7 seconds")
      assert.strictEqual(yield* Fiber.join(call), `at-${hour + 7_000}`)
      assert.strictEqual(cache.calls(), 2)
    }))

  for (
    const [what, hanging] of [["hangs", Effect.never], [
      "hangs and cannot be interrupted",
      Effect.uninterruptible(Effect.never)
    ]] as const
  ) {
    it.scoped(`a load that ${what} fails its callers after 10 seconds, and the next call loads again`, () =>
      Effect.gen(function*() {
        const cache = yield* scripted([hanging, living(hour)])
        const calls = yield* Effect.fork(
          Effect.all([cache.get, cache.get].map(Effect.flip), { concurrency: "unbounded" })
        )
        yield* TestClock.adjust(9_999)
        assert.isTrue(yield* isPending(calls))
        yield* TestClock.adjust(1)
        for (const error of yield* Fiber.join(calls)) {
          assert.deepInclude(error, {
            _tag: "CredentialsError",
            message:
              "No credentials arrived from the provider within 10000 ms: increase refreshTimeout if it needs longer"
          })
        }
        yield* cache.get
        assert.strictEqual(cache.calls(), 2)
      }))
  }
})

describe("The interruption of callers", () => {
  const observed = Effect.gen(function*() {
    const interrupted = yield* Deferred.make<void>()
    const response = yield* Deferred.make<Credentials.AwsCredentials>()
    return {
      load: Effect.onInterrupt(Deferred.await(response), () => Deferred.succeed(interrupted, undefined)),
      isInterrupted: Effect.zipRight(settle, Deferred.isDone(interrupted)),
      respond: Deferred.succeed(response, credentials("loaded"))
    }
  })

  it.scoped("stops a load only when its last caller is interrupted", () =>
    Effect.gen(function*() {
      const { isInterrupted, load } = yield* observed
      const cache = yield* scripted([load, living(hour)])
      const [first, second] = yield* Effect.all([Effect.fork(cache.get), Effect.fork(cache.get)])
      yield* settle
      yield* Fiber.interrupt(first)
      assert.isFalse(yield* isInterrupted)
      yield* Fiber.interrupt(second)
      yield* TestClock.adjust(499)
      assert.isFalse(yield* isInterrupted)
      yield* TestClock.adjust(1)
      assert.isTrue(yield* isInterrupted)
      assert.strictEqual(yield* cache.id, "at-500")
      assert.strictEqual(cache.calls(), 2)
    }))

  it.scoped("does not stop a load that another call waits for within half a second", () =>
    Effect.gen(function*() {
      const { isInterrupted, load, respond } = yield* observed
      const cache = yield* scripted([load])
      const first = yield* Effect.fork(cache.get)
      yield* settle
      yield* Fiber.interrupt(first)
      yield* TestClock.adjust(400)
      const second = yield* Effect.fork(cache.id)
      yield* TestClock.adjust("5 seconds")
      assert.isFalse(yield* isInterrupted)
      yield* respond
      assert.strictEqual(yield* Fiber.join(second), "loaded")
      assert.strictEqual(cache.calls(), 1)
    }))

  it.scoped("does not stop a load that should continue, whose result the next call uses", () =>
    Effect.gen(function*() {
      const { isInterrupted, load, respond } = yield* observed
      const cache = yield* scripted([load], { continuesWithoutCallers: true })
      const call = yield* Effect.fork(cache.get)
      yield* settle
      yield* Fiber.interrupt(call)
      yield* TestClock.adjust("5 seconds")
      assert.isFalse(yield* isInterrupted)
      yield* respond
      assert.strictEqual(yield* cache.id, "loaded")
      assert.strictEqual(cache.calls(), 1)
    }))

  it.scoped("does not stop a refresh in the background", () =>
    Effect.gen(function*() {
      const { isInterrupted, load, respond } = yield* observed
      const cache = yield* scripted([living(hour), load])
      yield* cache.get
      yield* TestClock.setTime(hour - 1)
      yield* cache.get
      yield* TestClock.setTime(hour)
      const call = yield* Effect.fork(cache.get)
      yield* settle
      yield* Fiber.interrupt(call)
      yield* TestClock.adjust("5 seconds")
      assert.isFalse(yield* isInterrupted)
      yield* respond
      assert.strictEqual(yield* cache.id, "loaded")
    }))

  it.scoped("does not wait for a load that cannot be interrupted", () =>
    Effect.gen(function*() {
      const cache = yield* scripted([Effect.uninterruptible(Effect.never)])
      const call = yield* Effect.fork(cache.get)
      yield* settle
      assert.isTrue(Exit.isInterrupted(yield* Fiber.interrupt(call)))
    }))

  it.live("at any moment leaves no load that nobody started", () =>
    Effect.scoped(Effect.gen(function*() {
      const cache = yield* scripted([Effect.as(Effect.yieldNow(), credentials("short", Date.now() + 10 * hour))])
      for (let yields = 0; yields < 30; yields += 1) {
        const call = yield* Effect.fork(cache.get)
        yield* Effect.repeatN(Effect.yieldNow(), yields)
        yield* Fiber.interrupt(call)
      }
      assert.strictEqual(yield* cache.id, "short")
    })))
})

describe("When the scope of the cache closes,", () => {
  for (
    const [what, load] of [["", Effect.never], [
      " that cannot be interrupted",
      Effect.uninterruptible(Effect.never)
    ]] as const
  ) {
    it.effect(`calls that wait for a load${what} fail with CredentialsError`, () =>
      Effect.gen(function*() {
        const scope = yield* Scope.make()
        const cache = yield* Scope.extend(scripted([load]), scope)
        const calls = yield* Effect.fork(
          Effect.all([cache.get, cache.get].map(Effect.exit), { concurrency: "unbounded" })
        )
        yield* settle
        yield* Scope.close(scope, Exit.void)
        for (const exit of yield* Fiber.join(calls)) {
          const error = Exit.isFailure(exit) && exit.cause._tag === "Fail" ? exit.cause.error : undefined
          assert.strictEqual(error?.message, "The layer that loads credentials from the provider is closed")
        }
      }))
  }

  it.effect("the refresh in the background is interrupted before the scope's other resources are released", () =>
    Effect.gen(function*() {
      const events: Array<string> = []
      const note = (event: string) => Effect.sync(() => events.push(event))
      const scope = yield* Scope.make()
      yield* Scope.addFinalizer(scope, note("released"))
      const load = Effect.onInterrupt(Effect.never, () => note("interrupted"))
      const cache = yield* Scope.extend(scripted([living(hour), load]), scope)
      yield* cache.get
      yield* TestClock.setTime(56 * minute)
      yield* cache.get
      yield* settle
      yield* Scope.close(scope, Exit.void)
      assert.deepStrictEqual(events, ["interrupted", "released"])
    }))

  it.effect("later calls use unexpired credentials, then fail, and load nothing", () =>
    Effect.gen(function*() {
      const scope = yield* Scope.make()
      const cache = yield* Scope.extend(scripted([living(hour)]), scope)
      yield* cache.get
      yield* Scope.close(scope, Exit.void)
      yield* TestClock.setTime(hour - 1)
      assert.strictEqual(yield* cache.id, "at-0")
      yield* TestClock.setTime(hour)
      assert.strictEqual((yield* Effect.flip(cache.get))._tag, "CredentialsError")
      assert.strictEqual(cache.calls(), 1)
    }))
})

describe("A change of the system time", () => {
  /** Changes the system time by milliseconds, relative to the time of the test's begin. */
  const systemTime = Effect.acquireRelease(
    Effect.sync(() => {
      const now = Date.now.bind(Date)
      return { now, spy: vi.spyOn(Date, "now") }
    }),
    ({ spy }) => Effect.sync(() => spy.mockRestore())
  ).pipe(
    Effect.map(({ now, spy }) => (offset: number) => {
      spy.mockImplementation(() => now() + offset)
    })
  )

  it.scopedLive("does not change the delay after a failed refresh", () =>
    Effect.gen(function*() {
      const changeBy = yield* systemTime
      const cache = yield* scripted([living(10 * minute), Effect.fail(failed), living(hour)])
      yield* cache.get
      changeBy(9 * minute)
      yield* cache.get
      yield* settle
      assert.strictEqual(cache.calls(), 2)
      changeBy(8 * minute)
      yield* cache.get
      assert.strictEqual(cache.calls(), 2)
      yield* Effect.sleep("1050 millis")
      yield* cache.get
      yield* settle
      assert.strictEqual(cache.calls(), 3)
    }))

  it.scopedLive("does not change the time limit of a load", () =>
    Effect.gen(function*() {
      const changeBy = yield* systemTime
      const cache = yield* scripted([Effect.never], { refreshTimeout: "100 millis" })
      const begin = performance.now()
      const call = yield* Effect.fork(Effect.flip(cache.get))
      yield* settle
      changeBy(-hour)
      assert.strictEqual((yield* Fiber.join(call))._tag, "CredentialsError")
      assert.isBelow(performance.now() - begin, 1_000)
    }))
})
