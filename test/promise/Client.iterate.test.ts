import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Layer, Stream } from "effect"
import { SageMakerError } from "effect-sagemaker-runtime"
import { Client } from "effect-sagemaker-runtime/promise"
import { Readable } from "node:stream"
import { failureOf } from "./failureOf.ts"

class Size extends Context.Tag("Size")<Size, number>() {}

const client = Client.make(Layer.succeed(Size, 3))

const numbers = Stream.range(1, 5, 2)

const collect = async <A>(values: AsyncIterable<A>): Promise<ReadonlyArray<A>> => {
  const all: Array<A> = []
  for await (const value of values) {
    all.push(value)
  }
  return all
}

/** A stream that records how many values it produced and how often it was released. */
const recorded = <A, E>(stream: Stream.Stream<A, E>) => {
  const record = { produced: 0, released: 0 }
  return [
    record,
    stream.pipe(
      Stream.rechunk(1),
      Stream.tap(() => Effect.sync(() => record.produced++)),
      Stream.ensuring(Effect.sync(() => record.released++))
    )
  ] as const
}

describe("iterate", () => {
  it("gives the values of a stream in order, across chunks and empty chunks", async () => {
    assert.deepStrictEqual(await collect(client.iterate(numbers)), [1, 2, 3, 4, 5])
    assert.deepStrictEqual(await collect(client.iterate(Stream.empty)), [])
    const sparse = Stream.filter(Stream.range(1, 100, 1), (value) => value % 50 === 0)
    assert.deepStrictEqual(await collect(client.iterate(sparse)), [50, 100])
    const required = Stream.unwrap(Effect.map(Size, (size) => Stream.range(1, size)))
    assert.deepStrictEqual(await collect(client.iterate(required)), [1, 2, 3])
  })

  it("runs the stream again in each iteration", async () => {
    const [record, stream] = recorded(numbers)
    const iterable = client.iterate(stream)
    assert.deepStrictEqual(await collect(iterable), await collect(iterable))
    assert.deepStrictEqual(record, { produced: 10, released: 2 })
  })

  it("does not run before the first value is requested, and produces only requested values", async () => {
    const [record, stream] = recorded(Stream.iterate(0, (value) => value + 1))
    const iterator = client.iterate(stream)[Symbol.asyncIterator]()
    await client.run(Effect.sleep(5))
    assert.strictEqual(record.produced, 0)
    await iterator.next()
    await iterator.next()
    await client.run(Effect.sleep(5))
    assert.strictEqual(record.produced, 2)
    await iterator.return?.()
  })

  it("releases the stream before `break` continues", async () => {
    const [record, stream] = recorded(Stream.iterate(0, (value) => value + 1))
    for await (const value of client.iterate(Stream.ensuring(stream, Effect.sleep(5)))) {
      if (value === 3) {
        break
      }
    }
    assert.deepStrictEqual(record, { produced: 4, released: 1 })
  })

  it("releases the stream if the loop throws", async () => {
    const [record, stream] = recorded(Stream.iterate(0, (value) => value + 1))
    const loop = async () => {
      for await (const value of client.iterate(stream)) {
        throw new TypeError(`${value}`)
      }
    }
    assert.instanceOf(await failureOf(loop()), TypeError)
    assert.deepStrictEqual(record, { produced: 1, released: 1 })
  })

  it("`return` and `throw` end the iteration, also before its start and twice", async () => {
    const [record, stream] = recorded(numbers)
    const fresh = client.iterate(stream)[Symbol.asyncIterator]()
    assert.deepStrictEqual(await fresh.return!(), { done: true, value: undefined })
    assert.deepStrictEqual(await fresh.next(), { done: true, value: undefined })
    const iterator = client.iterate(stream)[Symbol.asyncIterator]()
    await iterator.next()
    assert.strictEqual(await failureOf(iterator.throw!("thrown")), "thrown")
    await iterator.return!()
    assert.deepStrictEqual(await iterator.next(), { done: true, value: undefined })
    assert.deepStrictEqual(record, { produced: 1, released: 1 })
  })

  it("`return` ends a request that waits", async () => {
    const iterator = client.iterate(Stream.never)[Symbol.asyncIterator]()
    const waiting = iterator.next()
    await iterator.return!()
    assert.deepStrictEqual(await waiting, { done: true, value: undefined })
  })

  it("gives concurrent requests the values in order", async () => {
    const iterator = client.iterate(Stream.tap(numbers, () => Effect.sleep(1)))[Symbol.asyncIterator]()
    const results = await Promise.all(Array.from({ length: 7 }, () => iterator.next()))
    assert.deepStrictEqual(results.map(({ value }) => value as number | undefined), [
      1,
      2,
      3,
      4,
      5,
      undefined,
      undefined
    ])
    assert.deepStrictEqual(results.map(({ done }) => done), [false, false, false, false, false, true, true])
  })

  it("gives all values before the error, which it reports once", async () => {
    const error = new SageMakerError.ModelStreamError({ message: "failed", ErrorCode: "ModelInvocationTimeExceeded" })
    const failing = Stream.concat(numbers, Stream.fail(error)).pipe(Stream.withSpan("stream"))
    const iterator = client.iterate(failing)[Symbol.asyncIterator]()
    const values = [iterator.next(), iterator.next(), iterator.next(), iterator.next(), iterator.next()]
    const [failed, after] = [failureOf(iterator.next()), iterator.next()]
    assert.deepStrictEqual((await Promise.all(values)).map(({ value }) => value as number), [1, 2, 3, 4, 5])
    assert.strictEqual(await failed, error)
    assert.deepStrictEqual(await after, { done: true, value: undefined })
    assert.deepStrictEqual(await iterator.return!(), { done: true, value: undefined })
  })

  it("reports a defect of the stream", async () => {
    const broken = Stream.map(numbers, (value) => value > 1 ? missing(value) : value)
    const error = await failureOf(collect(client.iterate(broken)))
    assert.instanceOf(error, TypeError)
  })

  it("an abort rejects the waiting request, drops values and releases the stream", async () => {
    const controller = new AbortController()
    const [record, stream] = recorded(numbers)
    const waiting = client.iterate(Stream.concat(stream, Stream.never), controller)[Symbol.asyncIterator]()
    for (let left = 5; left > 0; left--) {
      // oxlint-disable-next-line no-await-in-loop
      await waiting.next()
    }
    const chunked = client.iterate(Stream.range(1, 100), controller)[Symbol.asyncIterator]()
    await chunked.next()
    const rejected = failureOf(waiting.next())
    controller.abort()
    assert.propertyVal(await rejected, "name", "AbortError")
    assert.deepStrictEqual(await waiting.next(), { done: true, value: undefined })
    assert.propertyVal(await failureOf(chunked.next()), "name", "AbortError")
    assert.deepStrictEqual(await chunked.next(), { done: true, value: undefined })
    assert.strictEqual(record.released, 1)
  })

  it("an abort before the first request or without one starts nothing and rejects nothing else", async () => {
    const [record, stream] = recorded(numbers)
    const signal = AbortSignal.abort()
    assert.propertyVal(await failureOf(collect(client.iterate(stream, { signal }))), "name", "AbortError")
    client.iterate(stream, { signal })[Symbol.asyncIterator]()
    assert.deepStrictEqual(record, { produced: 0, released: 0 })
  })

  it("`close` rejects a running and a later iteration", async () => {
    const closing = Client.make(Layer.empty)
    const iterable = closing.iterate(Stream.concat(numbers, Stream.never))
    const iterator = iterable[Symbol.asyncIterator]()
    await iterator.next()
    await closing.close()
    assert.instanceOf(await failureOf(iterator.next()), Client.ClientClosedError)
    assert.instanceOf(await failureOf(collect(iterable)), Client.ClientClosedError)
  })

  it("does not block timers while a synchronous stream has no values", async () => {
    const controller = new AbortController()
    setTimeout(() => controller.abort(), 1)
    const stream = Stream.filter(Stream.repeatEffect(Effect.succeed(1)), () => false)
    assert.propertyVal(await failureOf(collect(client.iterate(stream, controller))), "name", "AbortError")
  }, 30_000)

  it("is accepted by Readable.from and ReadableStream.from", async () => {
    const [record, stream] = recorded(Stream.iterate(0, (value) => value + 1))
    const readable = Readable.from(client.iterate(stream))
    for await (const value of readable) {
      if (value === 2) {
        break
      }
    }
    await client.run(Effect.sleep(5))
    assert.strictEqual(record.released, 1)
    assert.deepStrictEqual(await collect(Readable.from(client.iterate(numbers))), [1, 2, 3, 4, 5])
  })
})

const missing = undefined as unknown as (value: number) => number
