import { assert, describe, it } from "@effect/vitest"
import { Chunk, Deferred, Effect, Ref, Stream } from "effect"
import { channel as channelOf } from "../../../src/internal/bidirectional/channel.ts"

const channel = <In, InErr, Out, E, E2, R>(
  invoke: (source: Stream.Stream<In, InErr>) => Effect.Effect<{ readonly Body: Stream.Stream<Out, E2> }, E, R>
) => channelOf({}, ({ Body }: { readonly Body: Stream.Stream<In, InErr> }) => invoke(Body))

const collect = <A, E>(stream: Stream.Stream<A, E>) => Effect.map(Stream.runCollect(stream), Chunk.toReadonlyArray)

const echo = <E>(source: Stream.Stream<number, E>) => Effect.succeed({ Body: Stream.map(source, String) })

describe("channel", () => {
  it.effect("connects a stream with the response", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(
        yield* collect(Stream.make(1, 2, 3).pipe(Stream.pipeThroughChannel(channel(echo<never>)))),
        ["1", "2", "3"]
      )
    }))

  it.effect("sends an element while the response of an earlier one is received", () =>
    Effect.gen(function*() {
      const second = yield* Deferred.make<number>()
      const source = Stream.concat(Stream.make(1), Stream.fromEffect(Deferred.await(second)))
      const out = yield* collect(
        source.pipe(
          Stream.pipeThroughChannel(channel(echo<never>)),
          Stream.tap((text) => text === "1" ? Deferred.succeed(second, 2) : Effect.void)
        )
      )
      assert.deepStrictEqual(out, ["1", "2"])
    }))

  it.effect("receives the rest of the response after the source has ended", () =>
    Effect.gen(function*() {
      const sum = channel((source: Stream.Stream<number>) =>
        Effect.succeed({ Body: Stream.fromEffect(Stream.runSum(source)) })
      )
      assert.deepStrictEqual(yield* collect(Stream.make(1, 2, 3).pipe(Stream.pipeThroughChannel(sum))), [6])
    }))

  it.effect("passes the failure of the source to the call, and the failure of the call to the output", () =>
    Effect.gen(function*() {
      const failing = Stream.concat(Stream.make(1), Stream.fail("lost"))
      assert.strictEqual(
        yield* Effect.flip(collect(failing.pipe(Stream.pipeThroughChannel(channel(echo<string>))))),
        "lost"
      )
      const refused = channel<number, never, never, string, never, never>(() => Effect.fail("refused"))
      assert.strictEqual(
        yield* Effect.flip(collect(Stream.make(1).pipe(Stream.pipeThroughChannel(refused)))),
        "refused"
      )
    }))

  it.effect("interrupts the source and closes the scope of the call when the output ends or is left", () =>
    Effect.gen(function*() {
      for (const leave of [false, true]) {
        const closed = yield* Ref.make<ReadonlyArray<string>>([])
        const close = (name: string) => Ref.update(closed, (names) => [...names, name])
        const source = Stream.concat(Stream.make(1), Stream.never).pipe(Stream.ensuring(close("source")))
        const scoped = channel((parts: Stream.Stream<number>) =>
          Effect.as(Effect.addFinalizer(() => close("call")), {
            Body: leave ? Stream.concat(Stream.take(parts, 1), Stream.never) : Stream.take(parts, 1)
          })
        )
        const out = yield* collect(
          source.pipe(Stream.pipeThroughChannel(scoped), leave ? Stream.take(1) : Stream.map((each) => each))
        )
        assert.deepStrictEqual(out, [1])
        assert.sameMembers([...(yield* Ref.get(closed))], ["source", "call"])
      }
    }))

  it.effect("makes a call for each run", () =>
    Effect.gen(function*() {
      const calls = yield* Ref.make(0)
      const counted = channel((source: Stream.Stream<number>) =>
        Effect.as(Ref.update(calls, (count) => count + 1), { Body: source })
      )
      const piped = Stream.make(1).pipe(Stream.pipeThroughChannel(counted))
      assert.deepStrictEqual([yield* collect(piped), yield* collect(piped)], [[1], [1]])
      assert.strictEqual(yield* Ref.get(calls), 2)
    }))

  it.effect("fails if the input cannot be read", () =>
    Effect.gen(function*() {
      const input = {
        get EndpointName(): string {
          throw new Error("secret")
        }
      }
      const broken = channelOf(input, ({ Body }: { readonly Body: Stream.Stream<number> }) => echo(Body))
      const error = yield* Effect.flip(collect(Stream.make(1).pipe(Stream.pipeThroughChannel(broken))))
      assert.strictEqual(error.message, "EndpointName must be readable without an error")
    }))
})
