import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber, Layer, Runtime, Stream, TestClock } from "effect"
import {
  Credentials,
  type InvokeEndpoint,
  RetryPolicy,
  type SageMakerError,
  SageMakerRuntime,
  Signer,
  Timeouts
} from "effect-sagemaker-runtime"
import { advanceClock, call, withFixedRandom } from "./support/call.ts"
import { bodyCutError, brokenBody, pacedBody, stalledBody } from "./support/responseBodies.ts"
import { ok, refusal, type Reply, scriptedHttpClient, scriptedRuntime } from "./support/scriptedHttpClient.ts"

const after = (delay: `${number} seconds`, response: ResponseInit & { readonly body?: string } = {}): Reply =>
  Effect.as(Effect.sleep(delay), new Response(response.body ?? "ok", response))

const endOf = (deadlines: Timeouts.Deadlines, ...replies: ReadonlyArray<Reply>) =>
  Effect.gen(function*() {
    const server = yield* scriptedRuntime(...replies)
    return yield* call.pipe(
      Timeouts.use(deadlines),
      Effect.flip,
      Effect.provide(server.layer),
      withFixedRandom(1),
      advanceClock("1 hour")
    )
  })

const only = (phase: "firstByte" | "idle" | "attempt" | "total", limit: `${number} seconds`): Timeouts.Deadlines => ({
  firstByte: Infinity,
  idle: Infinity,
  [phase]: limit
})

const timeout = (error: { readonly _tag: string }): SageMakerError.TimeoutError => {
  assert.strictEqual(error._tag, "TimeoutError")
  return error as SageMakerError.TimeoutError
}

describe("Each timeout has its own phase:", () => {
  it.effect("firstByte limits the wait for the response headers", () =>
    Effect.gen(function*() {
      const error = timeout(yield* endOf(only("firstByte", "3 seconds"), Effect.never))
      assert.deepInclude(error, { phase: "firstByte", duration: 3_000, requestSent: true, retry: "never", attempts: 1 })
      assert.strictEqual(
        error.message,
        "No response headers arrived within 3000 ms: increase Timeouts.firstByte if the model needs longer"
      )
    }))

  it.effect("idle limits the wait for the next chunk of the body", () =>
    Effect.gen(function*() {
      const error = timeout(yield* endOf(only("idle", "4 seconds"), stalledBody({ status: 200 }, "first")))
      assert.deepInclude(error, { phase: "idle", duration: 4_000, requestSent: true, attempts: 1 })
    }))

  it.effect("attempt limits the wait for the response headers and for the body", () =>
    Effect.gen(function*() {
      for (const reply of [Effect.never, stalledBody({ status: 200 }, "first")]) {
        const error = timeout(yield* endOf(only("attempt", "5 seconds"), reply))
        assert.deepInclude(error, { phase: "attempt", duration: 5_000, requestSent: true, attempts: 1 })
      }
    }))

  it.effect("total limits the whole call", () =>
    Effect.gen(function*() {
      const error = timeout(yield* endOf(only("total", "6 seconds"), Effect.never))
      assert.deepInclude(error, { phase: "total", duration: 6_000, requestSent: true, attempts: 1 })
    }))

  it.effect("total gives later attempts the time that earlier attempts left", () =>
    Effect.gen(function*() {
      const server = yield* scriptedRuntime(after("6 seconds", { status: 503 }), Effect.never)
      const fiber = yield* call.pipe(
        Timeouts.use({ attempt: "8 seconds", total: "10 seconds" }),
        Effect.flip,
        Effect.provide(server.layer),
        withFixedRandom(1),
        Effect.fork
      )
      yield* TestClock.adjust("9999 millis")
      assert.strictEqual((yield* Fiber.poll(fiber))._tag, "None")
      yield* TestClock.adjust("1 millis")
      assert.deepInclude(timeout(yield* Fiber.join(fiber)), {
        phase: "total",
        attempts: 2,
        totalRetryDelay: 50,
        requestSent: true
      })
    }))

  it.effect("total limits the wait before a retry", () =>
    Effect.gen(function*() {
      const error = timeout(yield* endOf({ total: "500 millis" }, refusal(429, "ThrottlingException")))
      assert.deepInclude(error, { phase: "total", attempts: 1, requestSent: true })
    }))

  it.effect("attempt starts again with each attempt", () =>
    Effect.gen(function*() {
      const server = yield* scriptedRuntime(after("4 seconds", { status: 503 }), after("4 seconds"))
      const { $metadata } = yield* call.pipe(
        Timeouts.use({ attempt: "5 seconds" }),
        Effect.provide(server.layer),
        advanceClock("1 minute")
      )
      assert.strictEqual($metadata.attempts, 2)
    }))

  it.effect("idle restarts with each chunk, and firstByte ends with the response headers", () =>
    Effect.gen(function*() {
      let parts = 5
      const slow = Effect.map(Effect.runtime(), (runtime) =>
        new Response(
          new ReadableStream<Uint8Array>({
            pull: (controller) =>
              parts-- === 0
                ? controller.close()
                : Runtime.runPromise(runtime)(
                  Effect.map(Effect.sleep("2 seconds"), () => controller.enqueue(new Uint8Array([65])))
                )
          })
        ))
      const server = yield* scriptedRuntime(slow)
      const { Body } = yield* call.pipe(
        Timeouts.use({ firstByte: "3 seconds", idle: "3 seconds" }),
        Effect.provide(server.layer),
        advanceClock("1 minute")
      )
      assert.strictEqual(Body.byteLength, 5)
    }))
})

const bytesOf = (count: number) => Array.from({ length: count }, () => new Uint8Array([65]))

describe("Reading a complete body", () => {
  it.effect("may take any time if a chunk arrives within each idle timeout", () =>
    Effect.gen(function*() {
      const server = yield* scriptedRuntime(pacedBody({}, "2 seconds", bytesOf(20)))
      const { Body } = yield* call.pipe(
        Timeouts.use({ idle: "4 seconds" }),
        Effect.provide(server.layer),
        advanceClock("40 seconds")
      )
      assert.strictEqual(Body.byteLength, 20)
    }))

  it.effect("times out exactly one idle timeout after the last chunk", () =>
    Effect.gen(function*() {
      const server = yield* scriptedRuntime(pacedBody({}, "2 seconds", bytesOf(3), Stream.never))
      const fiber = yield* call.pipe(
        Timeouts.use({ idle: "4 seconds" }),
        Effect.flip,
        Effect.provide(server.layer),
        Effect.fork
      )
      yield* TestClock.adjust("9999 millis")
      assert.isNull(fiber.unsafePoll())
      yield* TestClock.adjust("1 millis")
      assert.deepInclude(timeout(yield* Fiber.join(fiber)), { phase: "idle", duration: 4_000 })
    }))
})

/** Runs an effect as a finalizer and returns its exit. */
const inFinalizer = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.flatMap(
    Deferred.make<A, E>(),
    (end) => Effect.zipRight(Effect.ensuring(Effect.void, Effect.intoDeferred(effect, end)), Deferred.await(end))
  )

const regions: ReadonlyArray<readonly [string, <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>]> = [
  ["an uninterruptible region", Effect.uninterruptible],
  ["a finalizer", inFinalizer]
]

describe("A timeout ends a call in", () => {
  for (const [region, within] of regions) {
    for (
      const [phase, reply] of [
        ["firstByte", Effect.never],
        ["idle", stalledBody({}, "first")],
        ["attempt", Effect.never],
        ["attempt", stalledBody({}, "first")],
        ["total", Effect.never],
        ["total", stalledBody({}, "first")]
      ] as const
    ) {
      it.effect(`${region}: ${phase}, ${reply === Effect.never ? "before the response" : "during the response"}`, () =>
        Effect.gen(function*() {
          const server = yield* scriptedRuntime(reply)
          const error = yield* within(call).pipe(
            Timeouts.use(only(phase, "3 seconds")),
            Effect.flip,
            Effect.provide(server.layer),
            advanceClock("1 minute")
          )
          assert.deepInclude(timeout(error), { phase, duration: 3_000 })
          assert.deepStrictEqual(yield* server.aborted, [true])
        }))
    }

    it.effect(`${region}: total, during the wait before a retry`, () =>
      Effect.gen(function*() {
        const server = yield* scriptedRuntime(refusal(429, "ThrottlingException"))
        const error = yield* within(call).pipe(
          Timeouts.use({ total: "500 millis" }),
          Effect.flip,
          Effect.provide(server.layer),
          withFixedRandom(1),
          advanceClock("1 minute")
        )
        assert.deepInclude(timeout(error), { phase: "total", attempts: 1 })
      }))
  }
})

it.effect("the finalizer of an interrupted fiber can make a call, with and without timeouts", () =>
  Effect.gen(function*() {
    for (
      const deadlines of [{}, { attempt: "1 minute", total: "1 minute" }, {
        firstByte: Infinity,
        idle: Infinity
      }] as const
    ) {
      const server = yield* scriptedRuntime(after("5 seconds"))
      const end = yield* Deferred.make<InvokeEndpoint.InvokeEndpointOutput, SageMakerError.SageMakerError>()
      const fiber = yield* Effect.never.pipe(
        Effect.onInterrupt(() => Effect.intoDeferred(Timeouts.use(deadlines)(call), end)),
        Effect.provide(server.layer),
        Effect.fork
      )
      yield* TestClock.adjust(0)
      yield* Fiber.interrupt(fiber).pipe(advanceClock("10 seconds"))
      const { $metadata } = yield* Deferred.await(end)
      assert.strictEqual($metadata.httpStatusCode, 200)
    }
  }))

describe("Omitted timeouts are inherited from", () => {
  const firstByte = { firstByte: "3 seconds" } as const
  const inner = Timeouts.use({ total: "1 minute", firstByte: undefined, idle: "9 seconds" })

  it.effect("an outer Timeouts.use", () =>
    Effect.gen(function*() {
      const server = yield* scriptedRuntime(Effect.never)
      const error = yield* inner(call).pipe(
        Timeouts.use(firstByte),
        Effect.flip,
        Effect.provide(server.layer),
        advanceClock("1 hour")
      )
      assert.deepInclude(timeout(error), { phase: "firstByte", duration: 3_000 })
    }))

  it.effect("an outer Timeouts.use that disables one of them", () =>
    Effect.gen(function*() {
      const server = yield* scriptedRuntime(Effect.never)
      const error = yield* inner(call).pipe(
        Timeouts.use({ firstByte: Infinity, total: "1 second" }),
        Effect.flip,
        Effect.provide(server.layer),
        advanceClock("1 hour")
      )
      assert.deepInclude(timeout(error), { phase: "total", duration: 60_000 })
    }))

  it.effect("a layer merged with the client", () =>
    Effect.gen(function*() {
      const server = yield* scriptedRuntime(Effect.never)
      const error = yield* inner(call).pipe(
        Effect.flip,
        Effect.provide(Layer.merge(server.layer, Timeouts.layer(firstByte))),
        advanceClock("1 hour")
      )
      assert.deepInclude(timeout(error), { phase: "firstByte", duration: 3_000 })
    }))

  it.effect("a layer provided to the client", () =>
    Effect.gen(function*() {
      const server = yield* scriptedRuntime(Effect.never)
      const error = yield* inner(call).pipe(
        Effect.flip,
        Effect.provide(Layer.provide(server.layer, Timeouts.layer(firstByte))),
        advanceClock("1 hour")
      )
      assert.deepInclude(timeout(error), { phase: "firstByte", duration: 3_000 })
    }))

  it.effect("a layer around another layer", () =>
    Effect.gen(function*() {
      const server = yield* scriptedRuntime(Effect.never)
      const layers = Layer.provide(Timeouts.layer({ total: "1 minute" }), Timeouts.layer(firstByte))
      const error = yield* call.pipe(
        Effect.flip,
        Effect.provide(Layer.merge(server.layer, layers)),
        advanceClock("1 hour")
      )
      assert.deepInclude(timeout(error), { phase: "firstByte", duration: 3_000 })
    }))
})

describe("An invalid duration", () => {
  const wrong = "2 secs" as never

  for (const phase of ["firstByte", "idle", "attempt", "total"] as const) {
    it.effect(`is rejected with its name before any I/O: ${phase}`, () =>
      Effect.gen(function*() {
        const server = yield* scriptedRuntime(ok)
        const inCall = yield* call.pipe(Timeouts.use({ [phase]: wrong }), Effect.flip, Effect.provide(server.layer))
        const inLayer = yield* call.pipe(
          Effect.flip,
          Effect.provide(Layer.provide(server.layer, Timeouts.layer({ [phase]: wrong })))
        )
        for (const error of [inCall, inLayer]) {
          assert.deepInclude(error, { _tag: "InvalidInputError", field: `Timeouts.${phase}` })
        }
        assert.strictEqual(yield* server.attempts, 0)
      }))
  }
})

describe("Default timeouts", () => {
  it.effect("allow 70 seconds until the response headers arrive", () =>
    Effect.gen(function*() {
      assert.deepInclude(timeout(yield* endOf({}, Effect.never)), { phase: "firstByte", duration: 70_000 })
    }))

  it.effect("allow 120 seconds between two chunks", () =>
    Effect.gen(function*() {
      assert.deepInclude(timeout(yield* endOf({}, stalledBody({}))), { phase: "idle", duration: 120_000 })
    }))

  it.effect("stay in effect for members that an override omits", () =>
    Effect.gen(function*() {
      const ends = yield* Effect.all([
        endOf({ idle: "1 seconds" }, Effect.never),
        endOf({ firstByte: "1 seconds" }, stalledBody({})),
        endOf({ firstByte: undefined, total: "5 minutes" }, Effect.never)
      ])
      assert.deepStrictEqual(
        ends.map((error) => [timeout(error).phase, timeout(error).duration]),
        [["firstByte", 70_000], ["idle", 120_000], ["firstByte", 70_000]]
      )
    }))

  it.effect("can be disabled one by one with Infinity", () =>
    Effect.gen(function*() {
      assert.deepInclude(timeout(yield* endOf({ firstByte: Infinity, attempt: "9 minutes" }, Effect.never)), {
        phase: "attempt",
        duration: 540_000
      })
      const server = yield* scriptedRuntime(after("3000 seconds"))
      const { $metadata } = yield* call.pipe(
        Timeouts.use({ firstByte: Infinity }),
        Effect.provide(server.layer),
        advanceClock("1 hour")
      )
      assert.strictEqual($metadata.httpStatusCode, 200)
    }))
})

describe("Before a request is sent,", () => {
  const waiting = Layer.provide(Signer.layer, Credentials.layerProvider(() => new Promise(() => {})))

  const endWithoutCredentials = (deadlines: Timeouts.Deadlines, policy: RetryPolicy.Policy) =>
    Effect.gen(function*() {
      const server = yield* scriptedHttpClient(ok)
      const client = SageMakerRuntime.layer({ region: "eu-west-1" }).pipe(Layer.provide([waiting, server.http]))
      const error = yield* call.pipe(
        Timeouts.use(deadlines),
        RetryPolicy.use(policy),
        Effect.flip,
        advanceClock("10 minutes"),
        Effect.provide(client)
      )
      assert.strictEqual(yield* server.attempts, 0)
      return timeout(error)
    })

  it.effect("credentials that never arrive time out the attempt, and requestSent is false", () =>
    Effect.gen(function*() {
      const error = yield* endWithoutCredentials({ attempt: "5 seconds" }, RetryPolicy.none)
      assert.deepInclude(error, { phase: "attempt", requestSent: false, retry: "transient" })
    }))

  it.effect("credentials that never arrive time out the call, and requestSent is false", () =>
    Effect.gen(function*() {
      const error = yield* endWithoutCredentials({ attempt: "5 seconds", total: "8 seconds" }, RetryPolicy.standard())
      assert.deepInclude(error, { phase: "total", requestSent: false, attempts: 2 })
    }))

  it.effect("a timeout is retried", () =>
    Effect.gen(function*() {
      const error = yield* endWithoutCredentials({ attempt: "3 seconds" }, RetryPolicy.standard())
      assert.deepInclude(error, { phase: "attempt", requestSent: false, attempts: 3 })
    }))
})

describe("An error response whose body stalls", () => {
  it.effect("still is the typed error with its status", () =>
    Effect.gen(function*() {
      const headers = { "x-amzn-errortype": "ValidationError", "x-amzn-requestid": "request-1" }
      const error = yield* endOf(only("idle", "2 seconds"), stalledBody({ status: 400, headers }, "{\"Message\":"))
      assert.deepInclude(error, { _tag: "ValidationError", status: 400, requestId: "request-1" })
    }))

  it.effect("still is an error with its status if it has no code", () =>
    Effect.gen(function*() {
      const error = yield* endOf(only("idle", "2 seconds"), stalledBody({ status: 404 }))
      assert.deepInclude(error, { _tag: "UnknownServiceError", status: 404 })
    }))
})

const abortedAfter = (
  run: <A, E>(effect: Effect.Effect<A, E>) => Effect.Effect<unknown>,
  ...replies: ReadonlyArray<Reply>
) =>
  Effect.gen(function*() {
    const server = yield* scriptedRuntime(...replies)
    yield* call.pipe(RetryPolicy.use(RetryPolicy.none), Effect.provide(server.layer), run)
    return yield* server.aborted
  })

const ended = <A, E>(effect: Effect.Effect<A, E>) => Effect.exit(effect).pipe(advanceClock("5 minutes"))

const interrupted = <A, E>(effect: Effect.Effect<A, E>) =>
  Effect.gen(function*() {
    const fiber = yield* Effect.fork(effect)
    yield* TestClock.adjust("1 seconds")
    return yield* Fiber.interrupt(fiber)
  })

describe("The HTTP request is aborted", () => {
  it.effect("by interruption, before and during the response", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* abortedAfter(interrupted, Effect.never), [true])
      assert.deepStrictEqual(yield* abortedAfter(interrupted, stalledBody({}, "first")), [true])
    }))

  it.effect("by each timeout", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* abortedAfter(ended, Effect.never), [true])
      assert.deepStrictEqual(yield* abortedAfter(ended, stalledBody({}, "first")), [true])
      for (const deadlines of [{ attempt: "1 seconds" }, { total: "1 seconds" }] as const) {
        const timed = <A, E>(effect: Effect.Effect<A, E>) => Timeouts.use(deadlines)(effect).pipe(ended)
        assert.deepStrictEqual(yield* abortedAfter(timed, Effect.never), [true])
        assert.deepStrictEqual(yield* abortedAfter(timed, stalledBody({}, "first")), [true])
      }
    }))

  it.effect("by a failure during the response", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* abortedAfter(ended, brokenBody({}, bodyCutError(), "first")), [true])
    }))

  it.effect("by a retry, before the next request is sent", () =>
    Effect.gen(function*() {
      const server = yield* scriptedRuntime(Effect.never, ok)
      yield* call.pipe(
        RetryPolicy.use(RetryPolicy.standard({ retryTimeouts: true })),
        Effect.provide(server.layer),
        advanceClock("5 minutes")
      )
      assert.strictEqual((yield* server.aborted)[0], true)
    }))

  it.effect("by a race that the call loses", () =>
    Effect.gen(function*() {
      const server = yield* scriptedRuntime(Effect.never)
      const winner = yield* Effect.race(call, Effect.as(Effect.sleep("1 seconds"), "other")).pipe(
        Effect.provide(server.layer),
        advanceClock("2 seconds")
      )
      assert.strictEqual(winner, "other")
      assert.deepStrictEqual(yield* server.aborted, [true])
    }))
})
