import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Layer, type Scope, Stream } from "effect"
import { Client } from "effect-sagemaker-runtime/promise"
import { failureOf } from "./failureOf.ts"

class Sequence extends Context.Tag("Sequence")<Sequence, number>() {}

/** A value in a scope, which records whether the scope is open. */
const scoped = <A extends object>(value: A) => {
  const record = { isOpen: false }
  const effect: Effect.Effect<A, never, Scope.Scope> = Effect.acquireRelease(
    Effect.sync(() => {
      record.isOpen = true
      return value
    }),
    () => Effect.sync(() => void (record.isOpen = false))
  )
  return [record, effect] as const
}

describe("the result of open", () => {
  const client = Client.make(Layer.succeed(Sequence, 1))

  it("rejects with the error of the effect, and closes its scope", async () => {
    let releases = 0
    const acquire = Effect.acquireRelease(Effect.void, () => Effect.sync(() => releases++))
    assert.strictEqual(await failureOf(client.open(Effect.andThen(acquire, Effect.fail("failed")))), "failed")
    assert.strictEqual(releases, 1)
    const signal = AbortSignal.abort()
    assert.propertyVal(await failureOf(client.open(Effect.as(acquire, {}), { signal })), "name", "AbortError")
    assert.strictEqual(releases, 1)
  })

  it("is a copy with the members and the prototype of the value", async () => {
    class Point {
      readonly x = 1
      double() {
        return this.x * 2
      }
    }
    const value = new Point()
    const opened = await client.open(Effect.succeed(value))
    assert.isTrue(opened instanceof Point)
    assert.strictEqual(opened.double(), 2)
    assert.deepStrictEqual(Object.keys(opened), ["x"])
    assert.strictEqual(JSON.stringify(opened), "{\"x\":1}")
    assert.isFalse("close" in value)
    await opened.close()
  })

  it("has the getters of the value, also one that throws", async () => {
    const value = {
      get broken(): string {
        throw new Error("broken")
      },
      Body: Stream.make(1, 2)
    }
    const opened = await client.open(Effect.succeed(value))
    assert.throws(() => opened.broken, "broken")
    const values: Array<number> = []
    for await (const part of opened.Body) {
      values.push(part)
    }
    assert.deepStrictEqual(values, [1, 2])
  })

  it("keeps an own member `close`", async () => {
    const [record, effect] = scoped({ close: "own" })
    const opened = await client.open(effect)
    assert.strictEqual(opened.close, "own")
    assert.isTrue(record.isOpen)
    await opened[Symbol.asyncDispose]()
    assert.isFalse(record.isOpen)
  })

  it("closes when each of its streams has ended, not before", async () => {
    const [record, effect] = scoped({ first: Stream.make(1), second: Stream.fail("failed"), third: Stream.make(3) })
    const opened = await client.open(effect)
    const twice = Stream.concat(opened.first, opened.first)
    assert.deepStrictEqual([...await client.run(Stream.runCollect(twice))], [1, 1])
    assert.strictEqual(await failureOf(opened.second[Symbol.asyncIterator]().next()), "failed")
    assert.isTrue(record.isOpen)
    for await (const value of opened.third) {
      assert.strictEqual(value, 3)
    }
    await client.run(Effect.void)
    assert.isFalse(record.isOpen)
  })

  it("is an async iterable if it is a stream", async () => {
    const [record, effect] = scoped(Stream.make(1, 2))
    const opened = await client.open(effect)
    const values: Array<number> = []
    for await (const value of opened) {
      values.push(value)
    }
    assert.deepStrictEqual(values, [1, 2])
    await client.run(Effect.void)
    assert.isFalse(record.isOpen)
    await opened.close()
  })

  it("has streams with the services of the client", async () => {
    const opened = await client.open(Effect.succeed({ values: Stream.fromEffect(Sequence) }))
    assert.deepStrictEqual(await opened.values[Symbol.asyncIterator]().next(), { done: false, value: 1 })
    await opened.close()
  })
})
