import { assert, describe, it } from "@effect/vitest"
import { Effect, Schedule } from "effect"
import { invokeEndpoint, RetryPolicy, type SageMakerError, Timeouts } from "effect-sagemaker-runtime"
import { advanceClock, call, input, withFixedRandom } from "./support/call.ts"
import { connectionLostError } from "./support/responseBodies.ts"
import { notReady, ok, refusal, type Reply, scriptedRuntime } from "./support/scriptedHttpClient.ts"

const failing = (effect: Effect.Effect<unknown, SageMakerError.SageMakerError>) =>
  Effect.flip(effect).pipe(advanceClock("10 minutes"))

const attemptsAgainst = (reply: Reply) =>
  Effect.gen(function*() {
    const server = yield* scriptedRuntime(reply)
    const error = yield* failing(Effect.provide(call, server.layer))
    return { error, attempts: yield* server.attempts }
  })

describe("The standard policy retries", () => {
  it.effect("a model that is not ready, up to three attempts", () =>
    Effect.gen(function*() {
      const { attempts, error } = yield* attemptsAgainst(notReady)
      assert.strictEqual(error._tag, "ModelNotReadyException")
      assert.strictEqual(attempts, 3)
    }))

  it.effect("up to three attempts if maxAttempts is not a number, and makes one attempt if it is less than one", () =>
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
    it.effect(`status ${status} without a code`, () =>
      Effect.gen(function*() {
        const { attempts } = yield* attemptsAgainst({ status, body: "<html>" })
        assert.strictEqual(attempts, 3)
      }))
  }

  for (const status of [301, 400, 401, 403, 404, 405, 408, 409, 413, 422, 424, 501, 505, 529, 530]) {
    it.effect(`not status ${status} without a code`, () =>
      Effect.gen(function*() {
        const { attempts } = yield* attemptsAgainst({ status, body: "<html>" })
        assert.strictEqual(attempts, 1)
      }))
  }

  for (
    const code of ["ThrottlingException", "Throttling", "TooManyRequestsException", "SlowDown", "RequestThrottled"]
  ) {
    it.effect(`${code} with status 400 as throttling`, () =>
      Effect.gen(function*() {
        const { attempts, error } = yield* attemptsAgainst(refusal(400, code, { message: null }))
        assert.strictEqual(error._tag, "ThrottlingError")
        assert.strictEqual(attempts, 3)
      }))
  }

  for (const code of ["RequestTimeout", "RequestTimeoutException", "TimeoutError"]) {
    it.effect(`${code} with status 400 as a transient failure`, () =>
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
    it.effect(`${code} with ${expected} attempt(s) in total`, () =>
      Effect.gen(function*() {
        assert.strictEqual((yield* attemptsAgainst(refusal(status, code))).attempts, expected)
      }))
  }

  it.effect("an expired signature", () =>
    Effect.gen(function*() {
      const reply = refusal(403, "InvalidSignatureException", { message: "Signature expired: 20261101T000000Z is now" })
      assert.strictEqual((yield* attemptsAgainst(reply)).attempts, 3)
    }))

  it.effect("a lost connection as fetch reports it", () =>
    Effect.gen(function*() {
      const { attempts, error } = yield* attemptsAgainst({ transport: connectionLostError() })
      assert.deepInclude(error, { _tag: "TransportError", reason: "reset", requestSent: true, code: "ECONNRESET" })
      assert.strictEqual(attempts, 3)
    }))

  it.effect("no request that timed out, since the model may still process it", () =>
    Effect.gen(function*() {
      const { attempts, error } = yield* attemptsAgainst(Effect.never)
      assert.deepInclude(error, { _tag: "TimeoutError", phase: "firstByte", requestSent: true, retry: "never" })
      assert.strictEqual(attempts, 1)
    }))

  it.effect("a request that timed out if retryTimeouts is set", () =>
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
    const { $metadata } = yield* call.pipe(
      Effect.provide(server.layer),
      withFixedRandom(random),
      advanceClock("10 minutes")
    )
    return $metadata.totalRetryDelay
  })

const hinted = (headers: Record<string, string>): Reply => ({ status: 503, headers })

describe("The delay before a retry", () => {
  it.effect("is at most 50 and 100 ms after a service failure", () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* delayOf(1, { status: 500 }, { status: 500 }, ok), 150)
    }))

  it.effect("is at most one and two seconds after throttling", () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* delayOf(1, notReady, notReady, ok), 3_000)
    }))

  it.effect("is zero if the random factor is zero", () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* delayOf(0, notReady, notReady, ok), 0)
    }))

  it.effect("is at least the milliseconds of x-amz-retry-after", () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* delayOf(0, hinted({ "x-amz-retry-after": "1500" }), ok), 1_500)
    }))

  it.effect("is at least the seconds of Retry-After", () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* delayOf(0, hinted({ "retry-after": "2" }), ok), 2_000)
    }))

  it.effect("lasts until the date of Retry-After", () =>
    Effect.gen(function*() {
      const date = "Thu, 01 Jan 1970 00:00:03 GMT"
      assert.strictEqual(yield* delayOf(0, hinted({ "retry-after": date }), ok), 3_000)
    }))

  it.effect("follows x-amz-retry-after if both headers are present", () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* delayOf(0, hinted({ "x-amz-retry-after": "40", "retry-after": "2" }), ok), 40)
    }))

  it.effect("is at most five seconds longer than without a header", () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* delayOf(1, hinted({ "retry-after": "3600" }), ok), 5_050)
    }))

  it.effect("is the computed one if the header is shorter or unreadable", () =>
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

describe("The metadata of a call", () => {
  it.effect("counts attempts and the total retry delay in an output", () =>
    Effect.gen(function*() {
      const server = yield* scriptedRuntime(notReady, Effect.as(Effect.sleep("7 seconds"), new Response("ok")))
      const { $metadata } = yield* call.pipe(Effect.provide(server.layer), withFixedRandom(1), advanceClock("1 minute"))
      assert.deepInclude($metadata, { attempts: 2, totalRetryDelay: 1_000, httpStatusCode: 200 })
    }))

  it.effect("counts attempts and the total retry delay in an error", () =>
    Effect.gen(function*() {
      const server = yield* scriptedRuntime(
        notReady,
        { transport: connectionLostError() },
        refusal(400, "ValidationError")
      )
      const error = yield* failing(call.pipe(Effect.provide(server.layer), withFixedRandom(1)))
      assert.deepInclude(error, { _tag: "ValidationError", attempts: 3, totalRetryDelay: 1_100 })
    }))

  it.effect("has no retry delay after the first attempt", () =>
    Effect.gen(function*() {
      const server = yield* scriptedRuntime(ok)
      const { $metadata } = yield* Effect.provide(call, server.layer)
      assert.deepInclude($metadata, { attempts: 1, totalRetryDelay: 0 })
    }))

  it.effect("sends amz-sdk-request with the attempt and the maximum", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* sdkHeaders("amz-sdk-request", RetryPolicy.standard({ maxAttempts: 2 })), [
        "attempt=1; max=2",
        "attempt=2; max=2"
      ])
      assert.deepStrictEqual(yield* sdkHeaders("amz-sdk-request", RetryPolicy.none), ["attempt=1; max=1"])
    }))

  it.effect("sends amz-sdk-request without a maximum if the policy has none", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(
        yield* sdkHeaders("amz-sdk-request", RetryPolicy.fromSchedule(Schedule.recurs(1))),
        ["attempt=1", "attempt=2"]
      )
    }))

  it.effect("sends one amz-sdk-invocation-id for all attempts of a call", () =>
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
    yield* call.pipe(RetryPolicy.use(policy), Effect.provide(server.layer), Effect.exit, advanceClock("1 hour"))
    return yield* server.attempts
  })

describe("RetryPolicy", () => {
  it.effect("none makes one attempt", () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* attemptsWith(RetryPolicy.none, notReady), 1)
    }))

  it.effect("standard makes maxAttempts attempts, and at least one", () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* attemptsWith(RetryPolicy.standard({ maxAttempts: 7 }), notReady), 7)
      assert.strictEqual(yield* attemptsWith(RetryPolicy.standard({ maxAttempts: 0 }), notReady), 1)
    }))

  it.effect("standard limits its delays to maxDelayMillis", () =>
    Effect.gen(function*() {
      const server = yield* scriptedRuntime(notReady)
      const error = yield* failing(call.pipe(
        RetryPolicy.use(RetryPolicy.standard({ maxAttempts: 4, maxDelayMillis: 1_200 })),
        Effect.provide(server.layer),
        withFixedRandom(1)
      ))
      assert.deepInclude(error, { attempts: 4, totalRetryDelay: 3_400 })
    }))

  it.effect("fromSchedule makes as many attempts as the schedule", () =>
    Effect.gen(function*() {
      const patient = Schedule.intersect(Schedule.spaced("1 minute"), Schedule.recurs(9))
      assert.strictEqual(yield* attemptsWith(RetryPolicy.fromSchedule(patient), notReady), 10)
      assert.strictEqual(yield* attemptsWith(RetryPolicy.fromSchedule(patient), notReady, ok), 2)
      assert.strictEqual(yield* attemptsWith(RetryPolicy.fromSchedule(Schedule.stop), notReady), 1)
    }))

  it.effect("fromSchedule does not retry final errors", () =>
    Effect.gen(function*() {
      const policy = RetryPolicy.fromSchedule(Schedule.recurs(4))
      assert.strictEqual(yield* attemptsWith(policy, refusal(424, "ModelError")), 1)
      assert.strictEqual(yield* attemptsWith(policy, Effect.never), 1)
    }))

  it.effect("fromSchedule retries the errors that its while option selects", () =>
    Effect.gen(function*() {
      const policy = RetryPolicy.fromSchedule(Schedule.recurs(4), { while: ({ _tag }) => _tag === "ModelError" })
      assert.strictEqual(yield* attemptsWith(policy, refusal(424, "ModelError")), 5)
      assert.strictEqual(yield* attemptsWith(policy, notReady), 1)
    }))

  it.effect("fromSchedule passes the retry delay of the service to the schedule", () =>
    Effect.gen(function*() {
      const server = yield* scriptedRuntime({ status: 503, headers: { "retry-after": "90" } }, ok)
      const obedient = Schedule.identity<SageMakerError.Retryable>().pipe(
        Schedule.addDelay(({ retryAfterMillis }) => retryAfterMillis ?? 0)
      )
      const { $metadata } = yield* call.pipe(
        RetryPolicy.use(RetryPolicy.fromSchedule(obedient)),
        Effect.provide(server.layer),
        advanceClock("1 hour")
      )
      assert.deepInclude($metadata, { attempts: 2, totalRetryDelay: 90_000 })
    }))

  it.effect("never retries a success", () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* attemptsWith(RetryPolicy.fromSchedule(Schedule.forever), ok), 1)
    }))

  it.effect("never retries an input that the client rejects", () =>
    Effect.gen(function*() {
      const server = yield* scriptedRuntime(ok)
      yield* invokeEndpoint({ ...input, EndpointName: "" }).pipe(
        RetryPolicy.use(RetryPolicy.fromSchedule(Schedule.recurs(3), { while: () => true })),
        Effect.provide(server.layer),
        Effect.flip
      )
      assert.strictEqual(yield* server.attempts, 0)
    }))

  it.effect("retryTimeouts retries after the attempt timeout of each attempt", () =>
    Effect.gen(function*() {
      const server = yield* scriptedRuntime(Effect.never, ok)
      const { $metadata } = yield* call.pipe(
        Timeouts.use({ attempt: "3 seconds" }),
        RetryPolicy.use(RetryPolicy.standard({ retryTimeouts: true })),
        Effect.provide(server.layer),
        advanceClock("1 minute")
      )
      assert.strictEqual($metadata.attempts, 2)
    }))
})
