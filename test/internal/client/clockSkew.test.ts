import { HttpClientRequest } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { Clock, Duration, Effect, Fiber, Layer, Ref, TestClock } from "effect"
import { invokeEndpoint, RetryPolicy, SageMakerRuntime, Signer } from "effect-sagemaker-runtime"
import { skewSequences } from "../../support/clockSkewCases.ts"
import { hasCorpora, needsCorpora } from "../../support/corpora.ts"
import { type Reply, scriptedHttpClient } from "../../support/scriptedHttpClient.ts"

const start = Date.UTC(2026, 10, 21, 12, 0, 0)

/** A signer that adds only the signing time to a request. */
const dating = Layer.succeed(Signer.Signer, {
  sign: (request, { date }) => Effect.succeed(HttpClientRequest.setHeader(request, "x-amz-date", date!.toISOString()))
})

/** A service whose clock differs by `offset` seconds and that accepts a skew of up to four minutes. */
const service = (code: string, initialOffset: number) =>
  Effect.gen(function*() {
    const offset = yield* Ref.make(initialOffset)
    const server = yield* scriptedHttpClient(Effect.suspend(() => reply))
    const reply: Effect.Effect<Response> = Effect.gen(function*() {
      const now = (yield* Clock.currentTimeMillis) + (yield* Ref.get(offset)) * 1_000
      const signedAt = Date.parse((yield* server.requests).at(-1)?.headers["x-amz-date"] ?? "")
      const headers = { date: new Date(now).toUTCString() }
      return Math.abs(signedAt - now) > 240_000
        ? new Response(null, { status: 403, headers: { ...headers, "x-amzn-errortype": code } })
        : new Response("ok", { headers })
    })
    return { ...server, setOffset: (seconds: number) => Ref.set(offset, seconds) }
  })

const client = (
  server: Effect.Effect.Success<ReturnType<typeof service>>,
  options: Partial<SageMakerRuntime.SageMakerRuntimeOptions> = {},
  maxAttempts = 3
) =>
  SageMakerRuntime.layer({ region: "eu-west-1", ...options }).pipe(
    Layer.provide([dating, server.http, RetryPolicy.layer(RetryPolicy.standard({ maxAttempts }))])
  )

const call = invokeEndpoint({ EndpointName: "anomaly", Body: "{}" })

/** Runs an effect at the time of the tests and advances the clock. */
const inTime = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function*() {
    yield* TestClock.setTime(start)
    const fiber = yield* Effect.fork(effect)
    yield* TestClock.adjust(Duration.minutes(3))
    return yield* Fiber.join(fiber)
  })

describe.skipIf(!hasCorpora)(needsCorpora("A client learns the service's time as AWS's cases expect"), () => {
  for (const { calls, max_attempts, name, server_offset_s } of skewSequences) {
    for (const code of ["RequestTimeTooSkewed", "InvalidSignatureException"]) {
      it.effect(`${name} (${code})`, () =>
        Effect.gen(function*() {
          const server = yield* service(code, server_offset_s)
          const options = { correctClockSkew: !name.includes("disabled") }
          const seen = yield* inTime(
            Effect.forEach(calls, ({ server_offset_s: moved }) =>
              Effect.gen(function*() {
                yield* moved === undefined ? Effect.void : server.setOffset(moved)
                const before = yield* server.attempts
                const outcome = yield* Effect.match(call, { onFailure: () => "error", onSuccess: () => "success" })
                return { outcome, attempts: (yield* server.attempts) - before }
              })).pipe(Effect.provide(client(server, options, max_attempts)))
          )
          const expected = calls.map(({ attempts, outcome }) => ({ outcome: outcome.split(" ")[0], attempts }))
          assert.deepStrictEqual(seen, expected)
        }))
    }
  }

  it.effect("3 concurrent calls share one correction", () =>
    Effect.gen(function*() {
      const server = yield* service("InvalidSignatureException", 0)
      const round = Effect.zipRight(Effect.all([call, call, call], { concurrency: "unbounded" }), server.attempts)
      const counts = yield* inTime(
        Effect.all([round, round]).pipe(Effect.provide(client(server, { clockOffset: -86_400_000 })))
      )
      assert.deepStrictEqual(counts, [6, 9])
    }))
})

describe("A client with a wrong clock", () => {
  it.effect("fails with a transient error that names the skew if it may not retry", () =>
    Effect.gen(function*() {
      const server = yield* service("RequestTimeTooSkewed", 3_600)
      const error = yield* inTime(Effect.flip(call).pipe(Effect.provide(client(server, {}, 1))))
      assert.include(error, { _tag: "AccessDeniedError", code: "RequestTimeTooSkewed", retry: "transient" })
    }))

  it.effect("fails with a final error if correction is disabled", () =>
    Effect.gen(function*() {
      const server = yield* service("RequestTimeTooSkewed", 3_600)
      const error = yield* inTime(Effect.flip(call).pipe(Effect.provide(client(server, { correctClockSkew: false }))))
      assert.include(error, { _tag: "AccessDeniedError", retry: "never", attempts: 1 })
    }))

  it.effect("needs no correction if clockOffset has the difference", () =>
    Effect.gen(function*() {
      const server = yield* service("RequestTimeTooSkewed", 3_600)
      yield* inTime(call.pipe(Effect.provide(client(server, { clockOffset: 3_600_000, correctClockSkew: false }))))
      assert.strictEqual(yield* server.attempts, 1)
    }))

  it.effect("does not share its correction with another client", () =>
    Effect.gen(function*() {
      const server = yield* service("RequestTimeTooSkewed", 3_600)
      yield* inTime(Effect.zipRight(
        Effect.provide(call, client(server)),
        Effect.provide(call, client(server))
      ))
      assert.strictEqual(yield* server.attempts, 4)
    }))

  it.effect("also learns the service's time from a success", () =>
    Effect.gen(function*() {
      const reply: Reply = { status: 200, headers: { date: new Date(start + 3_600_000).toUTCString() }, body: "ok" }
      const server = yield* scriptedHttpClient(reply)
      const layer = SageMakerRuntime.layer({ region: "eu-west-1" }).pipe(Layer.provide([dating, server.http]))
      yield* inTime(Effect.zipRight(call, call).pipe(Effect.provide(layer)))
      const dates = (yield* server.requests).map(({ headers }) => headers["x-amz-date"])
      assert.deepStrictEqual(dates, ["2026-11-21T12:00:00.000Z", "2026-11-21T13:00:00.000Z"])
    }))

  it.effect("does not retry other error responses because of its correction", () =>
    Effect.gen(function*() {
      const headers = { date: new Date(start + 3_600_000).toUTCString(), "x-amzn-errortype": "ValidationError" }
      const server = yield* scriptedHttpClient({ status: 400, headers })
      const layer = SageMakerRuntime.layer({ region: "eu-west-1" }).pipe(Layer.provide([dating, server.http]))
      const error = yield* inTime(Effect.flip(call).pipe(Effect.provide(layer)))
      assert.include(error, { _tag: "ValidationError", retry: "never", attempts: 1 })
    }))
})
