import { assert, describe, it } from "@effect/vitest"
import { Effect, Schedule } from "effect"
import { invokeEndpoint, RetryPolicy, type SageMakerError, Timeouts } from "effect-sagemaker-runtime"
import { connectionLost } from "./support/bodies.ts"
import { call, during, input, withChance } from "./support/call.ts"
import { notReady, ok, refusal, type Reply, scriptedRuntime } from "./support/scriptedHttpClient.ts"

const failing = (effect: Effect.Effect<unknown, SageMakerError.SageMakerError>) =>
  Effect.flip(effect).pipe(during("10 minutes"))

const attemptsAgainst = (reply: Reply) =>
  Effect.gen(function*() {
    const server = yield* scriptedRuntime(reply)
    const error = yield* failing(Effect.provide(call, server.layer))
    return { error, attempts: yield* server.attempts }
  })

describe("which failures are sent again", () => {
  it.effect("a model that is not ready, at most three times", () =>
    Effect.gen(function*() {
      const { attempts, error } = yield* attemptsAgainst(notReady)
      assert.strictEqual(error._tag, "ModelNotReadyException")
      assert.strictEqual(attempts, 3)
    }))

  it.effect("three times too where the number of attempts is none, once where it is less than one", () =>
    Effect.gen(function*() {
      for (const [maxAttempts, attempts] of [[Number.NaN, 3], [0, 1], [-1, 1], [2.9, 2]] as const) {
        const server = yield* scriptedRuntime(notReady)
        yield* failing(
          call.pipe(RetryPolicy.use(RetryPolicy.standard({ maxAttempts })), Effect.provide(server.layer))
        )
        assert.strictEqual(yield* server.attempts, attempts)
        const [first] = yield* server.requests
        assert.strictEqual(first?.headers["amz-sdk-request"], `attempt=1; max=${attempts}`)
      }
    }))

  for (const status of [429, 500, 502, 503, 504]) {
    it.effect(`status ${status} without a code is`, () =>
      Effect.gen(function*() {
        const { attempts } = yield* attemptsAgainst({ status, body: "<html>" })
        assert.strictEqual(attempts, 3)
      }))
  }

  for (const status of [301, 400, 401, 403, 404, 405, 408, 409, 413, 422, 424, 501, 505, 529, 530]) {
    it.effect(`status ${status} without a code is not`, () =>
      Effect.gen(function*() {
        const { attempts } = yield* attemptsAgainst({ status, body: "<html>" })
        assert.strictEqual(attempts, 1)
      }))
  }

  for (
    const code of ["ThrottlingException", "Throttling", "TooManyRequestsException", "SlowDown", "RequestThrottled"]
  ) {
    it.effect(`${code} with status 400 is`, () =>
      Effect.gen(function*() {
        const { attempts, error } = yield* attemptsAgainst(refusal(400, code, { message: null }))
        assert.strictEqual(error._tag, "ThrottlingError")
        assert.strictEqual(attempts, 3)
      }))
  }

  for (const code of ["RequestTimeout", "RequestTimeoutException", "TimeoutError"]) {
    it.effect(`${code} with status 400 is`, () =>
      Effect.gen(function*() {
        assert.strictEqual((yield* attemptsAgainst(refusal(400, code))).attempts, 3)
      }))
  }

  const modelled: ReadonlyArray<readonly [status: number, code: string, attempts: number]> = [
    [400, "ValidationError", 1],
    [424, "ModelError", 1],
    [500, "InternalFailure", 3],
    [503, "ServiceUnavailable", 3],
    [530, "InternalDependencyException", 1],
    [403, "AccessDeniedException", 1]
  ]
  for (const [status, code, expected] of modelled) {
    it.effect(`${code} is sent ${expected} time(s)`, () =>
      Effect.gen(function*() {
        assert.strictEqual((yield* attemptsAgainst(refusal(status, code))).attempts, expected)
      }))
  }

  it.effect("a signature that expired on the way is", () =>
    Effect.gen(function*() {
      const reply = refusal(403, "InvalidSignatureException", { message: "Signature expired: 20261101T000000Z is now" })
      assert.strictEqual((yield* attemptsAgainst(reply)).attempts, 3)
    }))

  it.effect("a lost connection is, as fetch reports it", () =>
    Effect.gen(function*() {
      const { attempts, error } = yield* attemptsAgainst({ transport: connectionLost() })
      assert.deepInclude(error, { _tag: "TransportError", reason: "reset", requestSent: true, code: "ECONNRESET" })
      assert.strictEqual(attempts, 3)
    }))

  it.effect("a request this side stopped waiting for is not: the model may still be running it", () =>
    Effect.gen(function*() {
      const { attempts, error } = yield* attemptsAgainst(Effect.never)
      assert.deepInclude(error, { _tag: "TimeoutError", phase: "firstByte", requestSent: true, retry: "never" })
      assert.strictEqual(attempts, 1)
    }))

  it.effect("a request this side stopped waiting for is, where retryTimeouts asks for it", () =>
    Effect.gen(function*() {
      const server = yield* scriptedRuntime(Effect.never)
      const error = yield* failing(call.pipe(
        RetryPolicy.use(RetryPolicy.standard({ retryTimeouts: true })),
        Effect.provide(server.layer)
      ))
      assert.deepInclude(error, { _tag: "TimeoutError", attempts: 3 })
      assert.strictEqual(yield* server.attempts, 3)
    }))
})

const delayOf = (random: number, ...replies: ReadonlyArray<Reply>) =>
  Effect.gen(function*() {
    const server = yield* scriptedRuntime(...replies)
    const { $metadata } = yield* call.pipe(Effect.provide(server.layer), withChance(random), during("10 minutes"))
    return $metadata.totalRetryDelay
  })

const hinted = (headers: Record<string, string>): Reply => ({ status: 503, headers })

describe("when they are sent again", () => {
  it.effect("after at most 50 and 100 ms where the service failed", () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* delayOf(1, { status: 500 }, { status: 500 }, ok), 150)
    }))

  it.effect("after at most one and two seconds where it throttles", () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* delayOf(1, notReady, notReady, ok), 3_000)
    }))

  it.effect("at once where chance says so", () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* delayOf(0, notReady, notReady, ok), 0)
    }))

  it.effect("not before the milliseconds of x-amz-retry-after", () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* delayOf(0, hinted({ "x-amz-retry-after": "1500" }), ok), 1_500)
    }))

  it.effect("not before the seconds of Retry-After", () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* delayOf(0, hinted({ "retry-after": "2" }), ok), 2_000)
    }))

  it.effect("not before the date of Retry-After", () =>
    Effect.gen(function*() {
      const date = "Thu, 01 Jan 1970 00:00:03 GMT"
      assert.strictEqual(yield* delayOf(0, hinted({ "retry-after": date }), ok), 3_000)
    }))

  it.effect("by x-amz-retry-after where both hints are there", () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* delayOf(0, hinted({ "x-amz-retry-after": "40", "retry-after": "2" }), ok), 40)
    }))

  it.effect("at most five seconds later than without a hint", () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* delayOf(1, hinted({ "retry-after": "3600" }), ok), 5_050)
    }))

  it.effect("after its own delay where a hint is shorter or unreadable", () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* delayOf(1, hinted({ "x-amz-retry-after": "7" }), ok), 50)
      assert.strictEqual(yield* delayOf(1, hinted({ "retry-after": "soon" }), ok), 50)
    }))
})

const sdkHeaders = (name: string, policy: RetryPolicy.Policy) =>
  Effect.gen(function*() {
    const server = yield* scriptedRuntime({ status: 500 })
    yield* failing(call.pipe(RetryPolicy.use(policy), Effect.provide(server.layer)))
    return (yield* server.requests).map(({ headers }) => headers[name])
  })

describe("what a call tells of its attempts", () => {
  it.effect("an output counts attempts and the waits between them", () =>
    Effect.gen(function*() {
      const server = yield* scriptedRuntime(notReady, Effect.as(Effect.sleep("7 seconds"), new Response("ok")))
      const { $metadata } = yield* call.pipe(Effect.provide(server.layer), withChance(1), during("1 minute"))
      assert.deepInclude($metadata, { attempts: 2, totalRetryDelay: 1_000, httpStatusCode: 200 })
    }))

  it.effect("so does the error that ends a call", () =>
    Effect.gen(function*() {
      const server = yield* scriptedRuntime(notReady, { transport: connectionLost() }, refusal(400, "ValidationError"))
      const error = yield* failing(call.pipe(Effect.provide(server.layer), withChance(1)))
      assert.deepInclude(error, { _tag: "ValidationError", attempts: 3, totalRetryDelay: 1_100 })
    }))

  it.effect("a first try waited for nothing", () =>
    Effect.gen(function*() {
      const server = yield* scriptedRuntime(ok)
      const { $metadata } = yield* Effect.provide(call, server.layer)
      assert.deepInclude($metadata, { attempts: 1, totalRetryDelay: 0 })
    }))

  it.effect("amz-sdk-request numbers the attempts and says how many there may be", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* sdkHeaders("amz-sdk-request", RetryPolicy.standard({ maxAttempts: 2 })), [
        "attempt=1; max=2",
        "attempt=2; max=2"
      ])
      assert.deepStrictEqual(yield* sdkHeaders("amz-sdk-request", RetryPolicy.none), ["attempt=1; max=1"])
    }))

  it.effect("amz-sdk-request names no maximum where the policy knows none", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(
        yield* sdkHeaders("amz-sdk-request", RetryPolicy.fromSchedule(Schedule.recurs(1))),
        ["attempt=1", "attempt=2"]
      )
    }))

  it.effect("amz-sdk-invocation-id is one per call, whatever the attempts", () =>
    Effect.gen(function*() {
      const first = new Set(yield* sdkHeaders("amz-sdk-invocation-id", RetryPolicy.standard()))
      const second = new Set(yield* sdkHeaders("amz-sdk-invocation-id", RetryPolicy.standard()))
      assert.strictEqual(new Set([...first, ...second]).size, 2)
      for (const id of [...first, ...second]) {
        assert.match(id ?? "", /^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/)
      }
    }))
})

const attemptsWith = (policy: RetryPolicy.Policy, ...replies: ReadonlyArray<Reply>) =>
  Effect.gen(function*() {
    const server = yield* scriptedRuntime(...replies)
    yield* call.pipe(RetryPolicy.use(policy), Effect.provide(server.layer), Effect.exit, during("1 hour"))
    return yield* server.attempts
  })

describe("policies", () => {
  it.effect("none sends once", () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* attemptsWith(RetryPolicy.none, notReady), 1)
    }))

  it.effect("standard sends as often as maxAttempts says, and at least once", () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* attemptsWith(RetryPolicy.standard({ maxAttempts: 7 }), notReady), 7)
      assert.strictEqual(yield* attemptsWith(RetryPolicy.standard({ maxAttempts: 0 }), notReady), 1)
    }))

  it.effect("standard caps its delays at maxDelayMillis", () =>
    Effect.gen(function*() {
      const server = yield* scriptedRuntime(notReady)
      const error = yield* failing(call.pipe(
        RetryPolicy.use(RetryPolicy.standard({ maxAttempts: 4, maxDelayMillis: 1_200 })),
        Effect.provide(server.layer),
        withChance(1)
      ))
      assert.deepInclude(error, { attempts: 4, totalRetryDelay: 3_400 })
    }))

  it.effect("fromSchedule sends as often as any schedule says", () =>
    Effect.gen(function*() {
      const patient = Schedule.intersect(Schedule.spaced("1 minute"), Schedule.recurs(9))
      assert.strictEqual(yield* attemptsWith(RetryPolicy.fromSchedule(patient), notReady), 10)
      assert.strictEqual(yield* attemptsWith(RetryPolicy.fromSchedule(patient), notReady, ok), 2)
      assert.strictEqual(yield* attemptsWith(RetryPolicy.fromSchedule(Schedule.stop), notReady), 1)
    }))

  it.effect("fromSchedule leaves alone what sending again cannot help", () =>
    Effect.gen(function*() {
      const policy = RetryPolicy.fromSchedule(Schedule.recurs(4))
      assert.strictEqual(yield* attemptsWith(policy, refusal(424, "ModelError")), 1)
      assert.strictEqual(yield* attemptsWith(policy, Effect.never), 1)
    }))

  it.effect("fromSchedule sends again what its while says", () =>
    Effect.gen(function*() {
      const policy = RetryPolicy.fromSchedule(Schedule.recurs(4), { while: ({ _tag }) => _tag === "ModelError" })
      assert.strictEqual(yield* attemptsWith(policy, refusal(424, "ModelError")), 5)
      assert.strictEqual(yield* attemptsWith(policy, notReady), 1)
    }))

  it.effect("a schedule sees the service's hint", () =>
    Effect.gen(function*() {
      const server = yield* scriptedRuntime({ status: 503, headers: { "retry-after": "90" } }, ok)
      const obedient = Schedule.identity<SageMakerError.Retryable>().pipe(
        Schedule.addDelay(({ retryAfterMillis }) => retryAfterMillis ?? 0)
      )
      const { $metadata } = yield* call.pipe(
        RetryPolicy.use(RetryPolicy.fromSchedule(obedient)),
        Effect.provide(server.layer),
        during("1 hour")
      )
      assert.deepInclude($metadata, { attempts: 2, totalRetryDelay: 90_000 })
    }))

  it.effect("nothing is sent again after a success", () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* attemptsWith(RetryPolicy.fromSchedule(Schedule.forever), ok), 1)
    }))

  it.effect("an input the client refuses is never sent", () =>
    Effect.gen(function*() {
      const server = yield* scriptedRuntime(ok)
      yield* invokeEndpoint({ ...input, EndpointName: "" }).pipe(
        RetryPolicy.use(RetryPolicy.fromSchedule(Schedule.recurs(3), { while: () => true })),
        Effect.provide(server.layer),
        Effect.flip
      )
      assert.strictEqual(yield* server.attempts, 0)
    }))

  it.effect("retryTimeouts sends again after each attempt's own deadline", () =>
    Effect.gen(function*() {
      const server = yield* scriptedRuntime(Effect.never, ok)
      const { $metadata } = yield* call.pipe(
        Timeouts.use({ attempt: "3 seconds" }),
        RetryPolicy.use(RetryPolicy.standard({ retryTimeouts: true })),
        Effect.provide(server.layer),
        during("1 minute")
      )
      assert.strictEqual($metadata.attempts, 2)
    }))
})
