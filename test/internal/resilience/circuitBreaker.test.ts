import { assert, describe, it } from "@effect/vitest"
import { Chunk, Deferred, Effect, Exit, Fiber, HashMap, Logger, LogLevel, Stream, TestClock } from "effect"
import { InvokeEndpoint, Resilience, RetryPolicy, SageMakerError, Timeouts } from "effect-sagemaker-runtime"
import { MockRuntime } from "effect-sagemaker-runtime/testing"
import { withFixedRandom } from "../../support/call.ts"
import { endpointOf, errorResponse, invoke, okResponse, scriptedRuntime } from "../../support/scriptedHttpClient.ts"

const sensitive: Resilience.CircuitBreakerOptions = { minimumThroughput: 4, breakDuration: "10 seconds" }

/** A service whose next response a test sets. */
const switchable = () => {
  let next: Effect.Effect<Response> = okResponse
  return Effect.map(scriptedRuntime(() => Effect.suspend(() => next)), ({ layer, requests }) => ({
    client: layer,
    requests,
    become: (response: Effect.Effect<Response>): void => void (next = response)
  }))
}

const once = (endpoint = "chat") => RetryPolicy.use(RetryPolicy.none)(invoke(endpoint))

const tagOf = <A, R>(call: Effect.Effect<A, { readonly _tag: string }, R>) =>
  Effect.match(call, { onSuccess: () => "success", onFailure: ({ _tag }) => _tag })

const stateOf = (endpoint = "chat") =>
  Effect.flatMap(Resilience.CircuitBreakers, ({ state }) => Effect.map(state(endpoint), ({ _tag }) => _tag))

const failing = (times: number) => Effect.replicateEffect(tagOf(once()), times)

/** Opens the circuit of "chat". */
const open = (server: Effect.Effect.Success<ReturnType<typeof switchable>>) =>
  Effect.suspend(() => {
    server.become(errorResponse(503, "ServiceUnavailable"))
    return failing(4)
  })

describe("A circuit breaker", () => {
  it.effect("rejects calls after too many failures, with the last failure and the time until the trial attempt", () =>
    Effect.gen(function*() {
      const server = yield* switchable()
      yield* Effect.gen(function*() {
        yield* once()
        yield* open(server)
        assert.strictEqual(yield* stateOf(), "Open")
        yield* TestClock.adjust("4 seconds")
        assert.deepInclude(yield* Effect.flip(invoke("chat")), {
          _tag: "CircuitOpenError",
          endpoint: "chat",
          lastFailure: "ServiceUnavailable",
          retryAfterMillis: 6_000,
          retry: "never",
          attempts: 0,
          message: "The circuit breaker for chat is open (last failure: ServiceUnavailable): retry in 6000 ms"
        })
        assert.lengthOf(yield* server.requests, 4)
      }).pipe(Effect.provide(Resilience.circuitBreaker(sensitive)(server.client)))
    }))

  it.effect("closes if its trial attempt succeeds", () =>
    Effect.gen(function*() {
      const server = yield* switchable()
      yield* Effect.gen(function*() {
        yield* open(server)
        yield* TestClock.adjust("10 seconds")
        server.become(Effect.zipRight(Effect.sleep("1 second"), okResponse))
        const probe = yield* Effect.fork(once())
        yield* TestClock.adjust(0)
        assert.strictEqual(yield* stateOf(), "HalfOpen")
        assert.deepInclude(yield* Effect.flip(once()), { _tag: "CircuitOpenError", retryAfterMillis: 0 })
        yield* TestClock.adjust("1 second")
        yield* Fiber.join(probe)
        assert.strictEqual(yield* stateOf(), "Closed")
        server.become(errorResponse(503))
        yield* failing(3)
        assert.strictEqual(yield* stateOf(), "Closed")
      }).pipe(Effect.provide(Resilience.circuitBreaker(sensitive)(server.client)))
    }))

  it.effect("opens again if its trial attempt fails", () =>
    Effect.gen(function*() {
      const server = yield* switchable()
      yield* Effect.gen(function*() {
        yield* open(server)
        yield* TestClock.adjust("10 seconds")
        assert.strictEqual(yield* tagOf(once()), "ServiceUnavailable")
        assert.strictEqual(yield* stateOf(), "Open")
        yield* TestClock.adjust("9999 millis")
        assert.strictEqual(yield* tagOf(once()), "CircuitOpenError")
        yield* TestClock.adjust("1 millis")
        server.become(okResponse)
        assert.strictEqual(yield* tagOf(once()), "success")
      }).pipe(Effect.provide(Resilience.circuitBreaker(sensitive)(server.client)))
    }))

  it.effect("records every result if isFailure throws, and the call keeps its error", () =>
    Effect.gen(function*() {
      const server = yield* switchable()
      const isFailure = () => {
        throw new Error("broken")
      }
      yield* Effect.gen(function*() {
        server.become(errorResponse(503))
        assert.strictEqual(yield* tagOf(once()), "UnknownServiceError")
        assert.strictEqual(yield* stateOf(), "Open")
        yield* TestClock.adjust("10 seconds")
        assert.strictEqual(yield* tagOf(once()), "UnknownServiceError")
        assert.strictEqual(yield* stateOf(), "Open")
        yield* TestClock.adjust("10 seconds")
        server.become(okResponse)
        assert.strictEqual(yield* tagOf(once()), "success")
        assert.strictEqual(yield* stateOf(), "Closed")
      }).pipe(
        Effect.provide(Resilience.circuitBreaker({ isFailure, minimumThroughput: 1 })(server.client)),
        Logger.withMinimumLogLevel(LogLevel.None)
      )
    }))

  it.effect("makes another trial attempt if the first one cannot be interrupted and the call times out", () =>
    Effect.gen(function*() {
      const server = yield* switchable()
      yield* Effect.gen(function*() {
        yield* open(server)
        yield* TestClock.adjust("10 seconds")
        server.become(Effect.uninterruptible(Effect.never))
        const probe = yield* Effect.fork(Timeouts.use(tagOf(once()), { total: "1 second" }))
        yield* TestClock.adjust("1 second")
        assert.strictEqual(yield* Fiber.join(probe), "TimeoutError")
        assert.strictEqual(yield* stateOf(), "Open")
        yield* TestClock.adjust("10 seconds")
        server.become(okResponse)
        assert.strictEqual(yield* tagOf(once()), "success")
      }).pipe(Effect.provide(Resilience.circuitBreaker(sensitive)(server.client)))
    }))

  it.effect("makes another trial attempt if the first one is interrupted or has no credentials", () =>
    Effect.gen(function*() {
      const server = yield* switchable()
      yield* Effect.gen(function*() {
        yield* open(server)
        yield* TestClock.adjust("10 seconds")
        server.become(Effect.never)
        const probe = yield* Effect.fork(once())
        yield* TestClock.adjust(0)
        yield* Fiber.interrupt(probe)
        assert.strictEqual(yield* stateOf(), "HalfOpen")
        server.become(okResponse)
        assert.strictEqual(yield* tagOf(once()), "success")
        assert.strictEqual(yield* stateOf(), "Closed")
      }).pipe(Effect.provide(Resilience.circuitBreaker(sensitive)(server.client)))

      const responses = [
        new SageMakerError.ServiceUnavailable({}),
        new SageMakerError.CredentialsError({ message: "none", sources: [] }),
        new SageMakerError.SigningError({ message: "none" })
      ]
      const mock = MockRuntime.layer(MockRuntime.on(InvokeEndpoint.operation, () => responses.shift() ?? Effect.never))
      yield* Effect.gen(function*() {
        yield* tagOf(once())
        yield* TestClock.adjust("10 seconds")
        assert.deepStrictEqual(yield* failing(2), ["CredentialsError", "SigningError"])
        assert.strictEqual(yield* stateOf(), "HalfOpen")
      }).pipe(Effect.provide(Resilience.circuitBreaker({ minimumThroughput: 1 })(mock)))
    }))

  it.effect("stops the retries of a call, and reports the number of attempts", () =>
    Effect.gen(function*() {
      const server = yield* switchable()
      server.become(errorResponse(503))
      const fiber = yield* invoke("chat").pipe(
        Effect.flip,
        withFixedRandom(1),
        Effect.provide(Resilience.circuitBreaker({ minimumThroughput: 2 })(server.client)),
        Effect.fork
      )
      yield* TestClock.adjust("1 minute")
      assert.deepInclude(yield* Fiber.join(fiber), {
        _tag: "CircuitOpenError",
        lastFailure: "UnknownServiceError",
        attempts: 2,
        totalRetryDelay: 50
      })
      assert.lengthOf(yield* server.requests, 2)
    }))

  it.effect("has one circuit per endpoint", () =>
    Effect.gen(function*() {
      const { layer: client } = yield* scriptedRuntime((
        request
      ) => (endpointOf(request) === "ill" ? errorResponse(500) : okResponse))
      yield* Effect.gen(function*() {
        yield* Effect.replicateEffect(tagOf(once("ill")), 4)
        assert.strictEqual(yield* tagOf(once("ill")), "CircuitOpenError")
        assert.strictEqual(yield* tagOf(once("well")), "success")
      }).pipe(Effect.provide(Resilience.circuitBreaker(sensitive)(client)))
    }))

  it.effect("counts only the failures of the sampling window", () =>
    Effect.gen(function*() {
      const server = yield* switchable()
      server.become(errorResponse(500))
      yield* Effect.gen(function*() {
        yield* failing(3)
        yield* TestClock.adjust("31 seconds")
        yield* failing(3)
        assert.strictEqual(yield* stateOf(), "Closed")
        yield* failing(1)
        assert.strictEqual(yield* stateOf(), "Open")
      }).pipe(Effect.provide(Resilience.circuitBreaker(sensitive)(server.client)))
    }))

  for (
    const [what, reply, state] of [
      ["a validation error", errorResponse(400, "ValidationError"), "Closed"],
      ["throttling", errorResponse(429), "Closed"],
      ["a model error", errorResponse(424, "ModelError"), "Closed"],
      ["an access error", errorResponse(403, "AccessDeniedException"), "Closed"],
      ["an internal failure", errorResponse(500, "InternalFailure"), "Open"],
      ["a gateway error", errorResponse(502), "Open"],
      ["a dependency failure", errorResponse(530, "InternalDependencyException"), "Open"]
    ] as const
  ) {
    it.effect(`counts ${what} as ${state === "Open" ? "a failure" : "a success"}`, () =>
      Effect.gen(function*() {
        const server = yield* switchable()
        server.become(reply)
        yield* Effect.gen(function*() {
          yield* failing(5)
          assert.strictEqual(yield* stateOf(), state)
        }).pipe(Effect.provide(Resilience.circuitBreaker(sensitive)(server.client)))
      }))
  }

  for (const phase of ["firstByte", "attempt", "total"] as const) {
    it.effect(`counts a ${phase} timeout as a failure`, () =>
      Effect.gen(function*() {
        const server = yield* switchable()
        server.become(Effect.never)
        yield* Effect.gen(function*() {
          const fiber = yield* Effect.fork(failing(4).pipe(Timeouts.use({ [phase]: "2 seconds" })))
          yield* TestClock.adjust("10 seconds")
          assert.deepStrictEqual(yield* Fiber.join(fiber), Array.from({ length: 4 }, () => "TimeoutError"))
          assert.deepInclude(yield* Effect.flip(once()), { _tag: "CircuitOpenError", lastFailure: "TimeoutError" })
        }).pipe(Effect.provide(Resilience.circuitBreaker(sensitive)(server.client)))
      }))
  }

  it.effect("ignores calls that are interrupted or that end after the circuit opened", () =>
    Effect.gen(function*() {
      const server = yield* switchable()
      server.become(Effect.never)
      yield* Effect.gen(function*() {
        const fibers = yield* Effect.replicateEffect(Effect.fork(once()), 8)
        yield* TestClock.adjust(0)
        yield* Fiber.interruptAll(fibers)
        assert.strictEqual(yield* stateOf(), "Closed")

        server.become(Effect.zipRight(Effect.sleep("11 seconds"), errorResponse(500)))
        const late = yield* Effect.replicateEffect(Effect.fork(Effect.exit(once())), 3)
        yield* TestClock.adjust(0)
        yield* open(server)
        yield* TestClock.adjust("10 seconds")
        server.become(okResponse)
        assert.strictEqual(yield* tagOf(once()), "success")
        yield* TestClock.adjust("1 second")
        assert.isTrue(Exit.isSuccess(yield* Fiber.await(Fiber.all(late))))
        assert.strictEqual(yield* stateOf(), "Closed")
        server.become(errorResponse(500))
        assert.strictEqual(yield* tagOf(once()), "UnknownServiceError")
        assert.strictEqual(yield* stateOf(), "Closed")
      }).pipe(Effect.provide(Resilience.circuitBreaker(sensitive)(server.client)))
    }))

  it.effect("counts only the errors that isFailure selects", () =>
    Effect.gen(function*() {
      const server = yield* switchable()
      server.become(errorResponse(424, "ModelError"))
      yield* Effect.gen(function*() {
        yield* failing(4)
        assert.strictEqual(yield* tagOf(once()), "CircuitOpenError")
      }).pipe(Effect.provide(
        Resilience.circuitBreaker({
          ...sensitive,
          isFailure: (error) => error instanceof SageMakerError.ModelError
        })(server.client)
      ))
    }))

  it.effect("counts a total timeout as a failure if isFailure throws", () =>
    Effect.gen(function*() {
      const server = yield* switchable()
      const options = {
        ...sensitive,
        minimumThroughput: 1,
        isFailure: () => {
          throw new Error("a bug in isFailure")
        }
      }
      yield* Effect.gen(function*() {
        server.become(Effect.never)
        const call = yield* once().pipe(Timeouts.use({ total: "2 seconds" }), Effect.exit, Effect.fork)
        yield* TestClock.adjust("2 seconds")
        assert.isTrue(Exit.isFailure(yield* Fiber.join(call)))
        assert.strictEqual(yield* stateOf(), "Open")
      }).pipe(Effect.provide(Resilience.circuitBreaker(options)(server.client)))
    }))

  it.effect("makes another trial attempt if the first one has no result within the break duration", () =>
    Effect.gen(function*() {
      const server = yield* switchable()
      yield* Effect.gen(function*() {
        yield* open(server)
        yield* TestClock.adjust("10 seconds")
        const gate = yield* Deferred.make<void>()
        server.become(Effect.uninterruptible(Effect.zipRight(Deferred.await(gate), okResponse)))
        const endless = yield* Effect.fork(once().pipe(Timeouts.use({ firstByte: Infinity })))
        yield* TestClock.adjust("9999 millis")
        assert.strictEqual(yield* tagOf(once()), "CircuitOpenError")
        yield* TestClock.adjust("1 millis")
        server.become(okResponse)
        assert.strictEqual(yield* tagOf(once()), "success")
        assert.strictEqual(yield* stateOf(), "Closed")
        assert.isNull(endless.unsafePoll())
        yield* Deferred.succeed(gate, undefined)
      }).pipe(Effect.provide(Resilience.circuitBreaker(sensitive)(server.client)))
    }))

  it.effect("closes if the first trial attempt succeeds after the second one began", () =>
    Effect.gen(function*() {
      const server = yield* switchable()
      yield* Effect.gen(function*() {
        yield* open(server)
        yield* TestClock.adjust("10 seconds")
        server.become(Effect.zipRight(Effect.sleep("15 seconds"), okResponse))
        const first = yield* Effect.fork(once())
        yield* TestClock.adjust("10 seconds")
        const second = yield* Effect.fork(once())
        yield* TestClock.adjust("5 seconds")
        yield* Fiber.join(first)
        assert.strictEqual(yield* stateOf(), "Closed")
        yield* TestClock.adjust("10 seconds")
        yield* Fiber.join(second)
        assert.strictEqual(yield* stateOf(), "Closed")
      }).pipe(Effect.provide(Resilience.circuitBreaker(sensitive)(server.client)))
    }))

  for (const phase of ["attempt", "total"] as const) {
    it.effect(`counts a ${phase} timeout of an attempt that cannot be interrupted as a failure, once`, () =>
      Effect.gen(function*() {
        const server = yield* switchable()
        const gate = yield* Deferred.make<void>()
        server.become(Effect.uninterruptible(Effect.zipRight(Deferred.await(gate), okResponse)))
        yield* Effect.gen(function*() {
          const calls = yield* Effect.fork(failing(4).pipe(Timeouts.use({ firstByte: Infinity, [phase]: "2 seconds" })))
          yield* TestClock.adjust("8 seconds")
          assert.deepStrictEqual(yield* Fiber.join(calls), Array.from({ length: 4 }, () => "TimeoutError"))
          assert.strictEqual(yield* stateOf(), "Open")
          yield* Deferred.succeed(gate, undefined)
          yield* TestClock.adjust("1 second")
          assert.strictEqual(yield* stateOf(), "Open")
        }).pipe(Effect.provide(Resilience.circuitBreaker(sensitive)(server.client)))
      }))
  }

  it.effect("publishes its state changes", () =>
    Effect.gen(function*() {
      const server = yield* switchable()
      yield* Effect.gen(function*() {
        const { states } = yield* Resilience.CircuitBreakers
        const seen = yield* states.changes.pipe(
          Stream.map((known) => HashMap.toEntries(known)),
          Stream.take(4),
          Stream.runCollect,
          Effect.fork
        )
        yield* TestClock.adjust(0)
        yield* open(server)
        yield* TestClock.adjust("10 seconds")
        server.become(okResponse)
        yield* once()
        assert.deepStrictEqual(Chunk.toReadonlyArray(yield* Fiber.join(seen)), [
          [],
          [["chat", { _tag: "Open", retryAtMillis: 10_000, lastFailure: "ServiceUnavailable" }]],
          [["chat", { _tag: "HalfOpen" }]],
          []
        ])
      }).pipe(Effect.provide(Resilience.circuitBreaker(sensitive)(server.client)))
    }))

  for (
    const [setting, options] of [
      ["Resilience.circuitBreaker.failureRatio", { failureRatio: 0 }],
      ["Resilience.circuitBreaker.failureRatio", { failureRatio: 1.1 }],
      ["Resilience.circuitBreaker.minimumThroughput", { minimumThroughput: 0 }],
      ["Resilience.circuitBreaker.samplingDuration", { samplingDuration: 0 }],
      ["Resilience.circuitBreaker.breakDuration", { breakDuration: Infinity }]
    ] as const
  ) {
    it.effect(`rejects the options ${JSON.stringify(options)}`, () =>
      Effect.gen(function*() {
        const { client } = yield* switchable()
        const error = yield* once().pipe(Effect.provide(Resilience.circuitBreaker(options)(client)), Effect.flip)
        assert.deepInclude(error, { _tag: "ConfigurationError", setting })
      }))
  }
})
