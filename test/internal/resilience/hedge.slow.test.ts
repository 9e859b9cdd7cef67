import { assert, describe, it } from "@effect/vitest"
import { Effect, Either, Fiber, Layer, Option, Ref, Scope, Stream, TestClock } from "effect"
import {
  invokeEndpoint,
  invokeEndpointAsync,
  invokeEndpointWithResponseStream,
  Resilience,
  RetryPolicy,
  SageMakerError,
  SageMakerRuntime
} from "effect-sagemaker-runtime"
import { errorResponse, invoke, type Reply, scriptedRuntime } from "../../support/scriptedHttpClient.ts"

/** A reply after some milliseconds. */
const after = (millis: number, text: string): Reply => Effect.map(Effect.sleep(millis), () => new Response(text))

const failingAfter = (millis: number): Reply => Effect.zipRight(Effect.sleep(millis), errorResponse(500))

const textOf = Effect.map(({ Body }: { readonly Body: Uint8Array }) => new TextDecoder().decode(Body))

const hedgedServer = (options: Parameters<typeof Resilience.hedge>[0], ...replies: ReadonlyArray<Reply>) =>
  Effect.map(scriptedRuntime(...replies), (server) => ({
    ...server,
    layer: server.layer.pipe(Layer.provide(RetryPolicy.layer(RetryPolicy.none)), Resilience.hedge(options))
  }))

/** Runs an effect and adjusts the clock step by step until it ends. */
const withClock = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function*() {
    const fiber = yield* Effect.fork(effect)
    while (Option.isNone(yield* Fiber.poll(fiber))) {
      yield* TestClock.adjust("10 millis")
    }
    return yield* Fiber.join(fiber)
  })

describe("a call", () => {
  it.effect("that is fast is sent once", () =>
    Effect.gen(function*() {
      const server = yield* hedgedServer({ after: "100 millis" }, after(90, "first"))
      assert.strictEqual(yield* withClock(textOf(invoke("a"))).pipe(Effect.provide(server.layer)), "first")
      yield* TestClock.adjust("1 minute")
      assert.strictEqual(yield* server.attempts, 1)
    }))

  it.effect("that is slow is sent again, and the first response is used", () =>
    Effect.gen(function*() {
      const server = yield* hedgedServer({ after: "100 millis" }, after(60_000, "first"), after(50, "second"))
      assert.strictEqual(yield* withClock(textOf(invoke("a"))).pipe(Effect.provide(server.layer)), "second")
      assert.deepStrictEqual(yield* server.aborted, [true, false])
      assert.isAtMost(yield* Effect.map(Effect.clock, (clock) => clock.unsafeCurrentTimeMillis()), 170)
    }))

  it.effect("uses the response to the first request if it is earlier", () =>
    Effect.gen(function*() {
      const server = yield* hedgedServer({ after: "100 millis" }, after(150, "first"), after(1_000, "second"))
      assert.strictEqual(yield* withClock(textOf(invoke("a"))).pipe(Effect.provide(server.layer)), "first")
      assert.deepStrictEqual(yield* server.aborted, [false, true])
    }))

  it.effect("is sent at most max times again", () =>
    Effect.gen(function*() {
      const server = yield* hedgedServer({ after: "100 millis", max: 2 }, after(400, "slow"))
      assert.strictEqual(yield* withClock(textOf(invoke("a"))).pipe(Effect.provide(server.layer)), "slow")
      assert.deepStrictEqual(yield* server.aborted, [false, true, true])
    }))

  it.effect("that fails before the delay is not sent again", () =>
    Effect.gen(function*() {
      const server = yield* hedgedServer({ after: "100 millis" }, failingAfter(50))
      const error = yield* withClock(Effect.flip(invoke("a"))).pipe(Effect.provide(server.layer))
      assert.strictEqual(error._tag, "UnknownServiceError")
      yield* TestClock.adjust("1 minute")
      assert.strictEqual(yield* server.attempts, 1)
    }))

  it.effect("waits for the other request if one fails", () =>
    Effect.gen(function*() {
      const server = yield* hedgedServer({ after: "100 millis" }, failingAfter(150), after(200, "second"))
      assert.strictEqual(yield* withClock(textOf(invoke("a"))).pipe(Effect.provide(server.layer)), "second")
    }))

  it.effect("fails if all requests fail", () =>
    Effect.gen(function*() {
      const server = yield* hedgedServer({ after: "100 millis" }, failingAfter(150), failingAfter(150))
      const result = yield* withClock(Effect.either(invoke("a"))).pipe(Effect.provide(server.layer))
      assert.isTrue(Either.isLeft(result))
      assert.strictEqual(yield* server.attempts, 2)
    }))

  it.effect("that is interrupted aborts all its requests", () =>
    Effect.gen(function*() {
      const server = yield* hedgedServer({ after: "100 millis" }, after(60_000, "slow"))
      const fiber = yield* Effect.fork(Effect.provide(invoke("a"), server.layer))
      yield* TestClock.adjust("150 millis")
      yield* Fiber.interrupt(fiber)
      assert.deepStrictEqual(yield* server.aborted, [true, true])
      yield* TestClock.adjust("1 minute")
      assert.strictEqual(yield* server.attempts, 2)
    }))
})

describe("calls that must not run twice", () => {
  it.effect("are sent once", () =>
    Effect.forEach(
      [
        invoke("a", { SessionId: "session-1" }),
        Effect.exit(invokeEndpointAsync({ EndpointName: "a", Body: "{}" })),
        invoke("orders")
      ],
      (call: Effect.Effect<unknown, unknown, SageMakerRuntime.SageMakerRuntime>) =>
        Effect.gen(function*() {
          const options = { after: "100 millis", overrides: { orders: { max: 0 } } } as const
          const server = yield* hedgedServer(options, after(300, "{}"))
          yield* withClock(Effect.provide(call, server.layer))
          assert.strictEqual(yield* server.attempts, 1)
        })
    ))
})

describe("the budget", () => {
  const slowCalls = (count: number, names: ReadonlyArray<string> = ["a"]) =>
    Effect.forEach(
      Array.from({ length: count }, (_, index) => index),
      (index) => invoke(names[index % names.length]!),
      { discard: true }
    )

  it.effect("limits the additional requests to a ratio of the calls", () =>
    Effect.gen(function*() {
      const server = yield* hedgedServer({ after: "10 millis", budget: 0.2 }, after(20, "slow"))
      yield* withClock(Effect.provide(slowCalls(50), server.layer))
      const additional = (yield* server.attempts) - 50
      assert.isAtLeast(additional, 9)
      assert.isAtMost(additional, 50 * 0.2 + 1)
    }))

  it.effect("is one for each endpoint", () =>
    Effect.gen(function*() {
      const server = yield* hedgedServer({ after: "10 millis", budget: 0.01 }, after(20, "slow"))
      yield* withClock(Effect.provide(slowCalls(6, ["a", "b", "c"]), server.layer))
      assert.strictEqual(yield* server.attempts, 6 + 3)
    }))
})

describe("a response stream", () => {
  const body = new Uint8Array()
  const stream = (millis: number, variant: string): Reply =>
    Effect.as(
      Effect.sleep(millis),
      new Response(body, {
        headers: {
          "content-type": "application/vnd.amazon.eventstream",
          "x-amzn-invoked-production-variant": variant
        }
      })
    )

  it.effect("of the first response headers is used, and lasts as long as the caller's scope", () =>
    Effect.gen(function*() {
      const server = yield* hedgedServer({ after: "100 millis" }, stream(60_000, "first"), stream(50, "second"))
      const open = Effect.gen(function*() {
        const { Body, InvokedProductionVariant } = yield* invokeEndpointWithResponseStream({
          EndpointName: "a",
          Body: "x"
        })
        assert.strictEqual(InvokedProductionVariant, "second")
        yield* Stream.runDrain(Body)
      })
      yield* withClock(Effect.scoped(open)).pipe(Effect.provide(server.layer))
      assert.deepStrictEqual((yield* server.aborted)[0], true)
    }))

  it.effect("keeps its connection until the scope closes", () =>
    Effect.gen(function*() {
      const closed = yield* Ref.make(0)
      const client = Layer.succeed(SageMakerRuntime.SageMakerRuntime, {
        execute: () =>
          Effect.as(
            Effect.flatMap(
              Effect.serviceOption(Scope.Scope),
              (scope) => Scope.addFinalizer(Option.getOrThrow(scope), Ref.update(closed, (count) => count + 1))
            ),
            { Body: new Uint8Array() } as never
          )
      }).pipe(Resilience.hedge({ after: "1 second" }))
      const scope = yield* Scope.make()
      yield* invokeEndpointWithResponseStream({ EndpointName: "a", Body: "x" }).pipe(
        Scope.extend(scope),
        Effect.provide(client)
      )
      assert.strictEqual(yield* closed, 0)
      yield* Scope.close(scope, yield* Effect.exit(Effect.void))
      assert.strictEqual(yield* closed, 1)
      yield* invokeEndpoint({ EndpointName: "a", Body: "x" }).pipe(Effect.provide(client))
      assert.strictEqual(yield* closed, 2)
    }))
})

describe("invalid options", () => {
  const invalid = [
    [{ after: 0 }, "Resilience.hedge.after"],
    [{ after: "soon" }, "Resilience.hedge.after"],
    [{ after: "1 second", max: -1 }, "Resilience.hedge.max"],
    [{ after: "1 second", budget: 0 }, "Resilience.hedge.budget"],
    [{ after: "1 second", budget: 1.5 }, "Resilience.hedge.budget"],
    [{ after: "1 second", overrides: { a: { max: 0.5 } } }, "Resilience.hedge.overrides.max"]
  ] as const

  it.effect("fail the layer", () =>
    Effect.forEach(invalid, ([options, setting]) =>
      Effect.gen(function*() {
        const server = yield* hedgedServer(options as never, after(1, "x"))
        const error = yield* Effect.flip(Effect.scoped(Layer.build(server.layer)))
        assert.instanceOf(error, SageMakerError.ConfigurationError)
        assert.strictEqual(error.setting, setting)
      })))
})
