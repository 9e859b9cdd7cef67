import { assert, it } from "@effect/vitest"
import { Deferred, Effect, FastCheck, FiberSet, TestClock } from "effect"
import { makeQueue, type Task } from "../../../../src/testing/internal/asyncInference/queue.ts"
import { clockJumps, withClockJump } from "../../../support/clockJump.ts"

const makeTestQueue = (capacity: number) =>
  Effect.gen(function*() {
    const run = yield* FiberSet.makeRuntime<never, void, never>()
    return makeQueue(capacity, (effect) => run(effect, { immediate: false }), yield* Effect.clock)
  })

const task = (
  work: Effect.Effect<void>,
  expire: Effect.Effect<void> = Effect.void,
  timeToLiveMillis = 60_000
): Task => ({
  work,
  expire,
  timeToLiveMillis
})

it.scopedLive("10,000 waiting tasks run in order", () =>
  Effect.gen(function*() {
    const count = 10_000
    const submit = yield* makeTestQueue(1)
    const gate = yield* Deferred.make<void>()
    const done = yield* Deferred.make<void>()
    let next = 0
    yield* submit(task(Deferred.await(gate)))
    for (let index = 0; index < count; index++) {
      yield* submit(task(Effect.suspend(() => {
        assert.strictEqual(index, next)
        next += 1
        return next === count ? Effect.asVoid(Deferred.succeed(done, undefined)) : Effect.void
      })))
    }
    yield* Deferred.succeed(gate, undefined)
    yield* Deferred.await(done)
  }))

it.scopedLive("A task that dies gives its place to the next one", () =>
  Effect.gen(function*() {
    const submit = yield* makeTestQueue(1)
    const done = yield* Deferred.make<void>()
    yield* submit(task(Effect.die("?")))
    yield* submit(task(Effect.interrupt))
    yield* submit(task(Effect.asVoid(Deferred.succeed(done, undefined))))
    yield* Deferred.await(done)
  }))

it.scoped.prop(
  "Tasks run or expire, never both, in order, and never more at once than the capacity",
  {
    capacity: FastCheck.integer({ min: 0, max: 4 }),
    tasks: FastCheck.array(
      FastCheck.record({
        pause: FastCheck.integer({ min: 0, max: 5 }),
        duration: FastCheck.integer({ min: 0, max: 20 }),
        timeToLive: FastCheck.integer({ min: 1, max: 30 })
      }),
      { maxLength: 20 }
    )
  },
  ({ capacity, tasks }) =>
    Effect.gen(function*() {
      const submit = yield* makeTestQueue(capacity)
      const ran: Array<number> = []
      const expired: Array<number> = []
      let running = 0
      for (const [index, { duration, pause, timeToLive }] of tasks.entries()) {
        yield* TestClock.adjust(pause)
        const work = Effect.suspend(() => {
          running += 1
          assert.isAtMost(running, capacity)
          ran.push(index)
          return Effect.zipRight(Effect.sleep(duration), Effect.sync(() => void (running -= 1)))
        })
        yield* submit(task(work, Effect.sync(() => void expired.push(index)), timeToLive))
      }
      yield* TestClock.adjust(1_000)
      assert.deepStrictEqual(ran, ran.toSorted((a, b) => a - b))
      assert.deepStrictEqual([...ran, ...expired].toSorted((a, b) => a - b), tasks.map((_, index) => index))
      assert.strictEqual(running, 0)
    }),
  { fastCheck: { numRuns: 30 } }
)

for (const jump of clockJumps) {
  it.scopedLive(`A change of the system time by ${jump} ms does not change when a task expires`, () =>
    Effect.gen(function*() {
      const submit = yield* makeTestQueue(1)
      const events: Array<string> = []
      const done = yield* Deferred.make<void>()
      const record = (event: string) => Effect.sync(() => void events.push(event))
      yield* submit(task(Effect.delay(record("first"), 100)))
      yield* submit(task(record("second"), record("expired"), 5_000))
      yield* submit(task(Effect.asVoid(Deferred.succeed(done, undefined)), Effect.void, 5_000))
      yield* Deferred.await(done)
      assert.deepStrictEqual(events, ["first", "second"])
    }).pipe(withClockJump(jump)))
}
