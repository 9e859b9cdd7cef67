import { assert, describe, it } from "@effect/vitest"
import { Array, Deferred, Duration, Effect, Fiber, pipe, Ref, Schedule, TestClock } from "effect"
import { Codec, invokeEndpoint, ModelEndpoint, RetryPolicy, SageMakerError } from "effect-sagemaker-runtime"
import { notReady, ok, refusal, type Reply, scriptedRuntime } from "./support/scriptedHttpClient.ts"

const model = ModelEndpoint.make("cold", { request: Codec.text, response: Codec.text, TargetVariant: "blue" })
const everyFive = Schedule.spaced("5 seconds")
const scaledToZero = refusal(400, "ValidationError", {
  Message:
    "Inference Component has no capacity to process this request. ApplicationAutoScaling may be in-progress (if " +
    "configured) or try to increase the capacity by invoking UpdateInferenceComponentRuntimeConfig API."
})
const modelError = refusal(424, "ModelError", { Message: "no input", OriginalStatusCode: 400 })

describe("ModelEndpoint.warmUp", () => {
  it.effect("sends requests until the model is ready, and reports its progress", () =>
    Effect.gen(function*() {
      const server = yield* scriptedRuntime(notReady, notReady, notReady, ok)
      const told = yield* Ref.make<ReadonlyArray<readonly [number, number]>>([])
      const onProgress = ({ attempts, elapsed }: ModelEndpoint.WarmUpProgress) =>
        Ref.update(told, (before) => [...before, [attempts, Duration.toMillis(elapsed)] as const])
      const fiber = yield* ModelEndpoint.warmUp(model, everyFive, { onProgress }).pipe(
        Effect.provide(server.layer),
        Effect.fork
      )
      yield* TestClock.adjust("14 seconds")
      assert.isNull(fiber.unsafePoll())
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(yield* Fiber.join(fiber), { attempts: 4, elapsed: Duration.seconds(15) })
      assert.deepStrictEqual(yield* Ref.get(told), [[1, 0], [2, 5000], [3, 10_000]])
      assert.strictEqual(yield* server.attempts, 4)
      const [request] = yield* server.requests
      assert.strictEqual(request!.headers["x-amzn-sagemaker-target-variant"], "blue")
    }))

  it.effect("accepts any response of the container as ready if no value is given", () =>
    Effect.gen(function*() {
      const server = yield* scriptedRuntime(modelError)
      assert.strictEqual((yield* ModelEndpoint.warmUp(model, everyFive).pipe(Effect.provide(server.layer))).attempts, 1)
      const { attempts } = yield* pipe(model, ModelEndpoint.warmUp(everyFive), Effect.provide(server.layer))
      assert.strictEqual(attempts, 1)
    }))

  it.effect("sends the given value and requires a success", () =>
    Effect.gen(function*() {
      const server = yield* scriptedRuntime(modelError)
      const error = yield* ModelEndpoint.warmUp(model, everyFive, { value: "hello", TargetVariant: "green" }).pipe(
        Effect.provide(server.layer),
        Effect.flip
      )
      assert.strictEqual(error._tag, "ModelError")
      const [request] = yield* server.requests
      assert.include(request!.headers, { "content-type": "text/plain", "x-amzn-sagemaker-target-variant": "green" })
    }))

  it.effect("ends with its schedule", () =>
    Effect.gen(function*() {
      const server = yield* scriptedRuntime(notReady)
      const fiber = yield* ModelEndpoint.warmUp(model, Schedule.intersect(everyFive, Schedule.recurs(2))).pipe(
        Effect.provide(server.layer),
        Effect.flip,
        Effect.fork
      )
      yield* TestClock.adjust("1 hour")
      assert.strictEqual((yield* Fiber.join(fiber))._tag, "ModelNotReadyException")
      assert.strictEqual(yield* server.attempts, 3)
    }))

  it.effect("retries other failures by the client's policy, and does not use its quota", () =>
    Effect.gen(function*() {
      const unavailable = refusal(503, "ServiceUnavailable")
      const server = yield* scriptedRuntime(unavailable, notReady, unavailable, unavailable, ok)
      const fiber = yield* ModelEndpoint.warmUp(model, everyFive).pipe(
        Effect.provide(server.layer),
        RetryPolicy.use(RetryPolicy.standard({ maxAttempts: 3 })),
        Effect.fork
      )
      yield* TestClock.adjust("1 minute")
      assert.strictEqual((yield* Fiber.join(fiber)).attempts, 2)
      assert.strictEqual(yield* server.attempts, 5)
      const refused = yield* scriptedRuntime(refusal(400, "ValidationError", { Message: "no such endpoint" }))
      const error = yield* ModelEndpoint.warmUp(model, everyFive).pipe(Effect.provide(refused.layer), Effect.flip)
      assert.strictEqual(error._tag, "ValidationError")
    }))
})

describe("ModelEndpoint.warmUp of a model that is scaled to zero", () => {
  it.effect("sends requests until an instance has started and the model is loaded", () =>
    Effect.gen(function*() {
      const server = yield* scriptedRuntime(scaledToZero, scaledToZero, notReady, ok)
      const told = yield* Ref.make<ReadonlyArray<number>>([])
      const fiber = yield* ModelEndpoint.warmUp(model, everyFive, {
        InferenceComponentName: "llama",
        onProgress: ({ elapsed }) => Ref.update(told, Array.append(Duration.toSeconds(elapsed)))
      }).pipe(Effect.provide(server.layer), Effect.fork)
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(yield* Fiber.join(fiber), { attempts: 4, elapsed: Duration.seconds(15) })
      assert.deepStrictEqual(yield* Ref.get(told), [0, 5, 10])
      const [request] = yield* server.requests
      assert.strictEqual(request!.headers["x-amzn-sagemaker-inference-component"], "llama")
    }))

  it.effect("is not retried by the client's policy", () =>
    Effect.gen(function*() {
      const server = yield* scriptedRuntime(scaledToZero)
      const error = yield* ModelEndpoint.warmUp(model, Schedule.stop).pipe(
        RetryPolicy.use(RetryPolicy.fromSchedule(Schedule.recurs(5), { while: () => true })),
        Effect.provide(server.layer),
        Effect.flip
      )
      assert.isTrue(SageMakerError.isNoCapacity(error))
      assert.strictEqual(yield* server.attempts, 1)
    }))

  it.effect("waits with a given value, too", () =>
    Effect.gen(function*() {
      const server = yield* scriptedRuntime(scaledToZero, ok)
      const fiber = yield* ModelEndpoint.warmUp(model, everyFive, { value: "hello" }).pipe(
        Effect.provide(server.layer),
        Effect.fork
      )
      yield* TestClock.adjust("5 seconds")
      assert.strictEqual((yield* Fiber.join(fiber)).attempts, 2)
    }))

  it.effect("fails immediately with any other ValidationError", () =>
    Effect.gen(function*() {
      const server = yield* scriptedRuntime(
        scaledToZero,
        refusal(400, "ValidationError", { Message: "Endpoint cold of account 123456789012 not found." })
      )
      const fiber = yield* ModelEndpoint.warmUp(model, everyFive).pipe(
        Effect.provide(server.layer),
        Effect.flip,
        Effect.fork
      )
      yield* TestClock.adjust("5 seconds")
      assert.isTrue(SageMakerError.isEndpointNotFound(yield* Fiber.join(fiber)))
    }))

  it.effect("has a default schedule: delays of 4 to 18 seconds for 15 minutes", () =>
    Effect.gen(function*() {
      const server = yield* scriptedRuntime(scaledToZero)
      const told = yield* Ref.make<ReadonlyArray<number>>([])
      const onProgress = ({ elapsed }: ModelEndpoint.WarmUpProgress) =>
        Ref.update(told, Array.append(Duration.toMillis(elapsed)))
      const fiber = yield* ModelEndpoint.warmUp(model, undefined, { onProgress }).pipe(
        Effect.provide(server.layer),
        Effect.flip,
        Effect.fork
      )
      yield* TestClock.adjust("20 minutes")
      assert.isTrue(SageMakerError.isNoCapacity(yield* Fiber.join(fiber)))
      const times = yield* Ref.get(told)
      const delays = times.slice(1).map((time, at) => time - times[at]!)
      assert.isTrue(delays.every((delay) => delay >= 3_999 && delay <= 18_001), String(delays))
      assert.isAtMost(delays[0]!, 6_001)
      assert.isAtLeast(delays.at(-1)!, 11_999)
      assert.isAtLeast(times.at(-1)!, 15 * 60_000)
      assert.isAtMost(times.at(-1)!, 15 * 60_000 + 18_001)
      const piped = yield* scriptedRuntime(ok)
      yield* pipe(model, ModelEndpoint.warmUp(), Effect.provide(piped.layer))
    }))
})

/** A server whose replies take a time, and which counts the requests in progress. */
const slowServer = (delay: Duration.DurationInput, ...replies: ReadonlyArray<Reply>) =>
  Effect.gen(function*() {
    let running = 0
    let most = 0
    let sent = 0
    let ended = 0
    const reply = Effect.suspend(() => {
      running += 1
      most = Math.max(most, running)
      const next = replies[Math.min(sent, replies.length - 1)]! as { readonly status: number; readonly body: string }
      sent += 1
      return Effect.as(Effect.sleep(delay), new Response(next.body, next)).pipe(
        Effect.onExit(() =>
          Effect.sync(() => {
            running -= 1
            ended += 1
          })
        )
      )
    })
    const server = yield* scriptedRuntime(reply)
    return {
      ...server,
      running: Effect.sync(() => running),
      most: Effect.sync(() => most),
      ended: Effect.sync(() => ended)
    }
  })

describe("Concurrent calls of ModelEndpoint.warmUp share their requests", () => {
  it.effect("if they start together", () =>
    Effect.gen(function*() {
      const server = yield* slowServer("1 second", scaledToZero, notReady, ok)
      const calls = yield* Effect.fork(
        Effect.all(
          Array.makeBy(50, () => ModelEndpoint.warmUp(model, everyFive)),
          { concurrency: "unbounded" }
        ).pipe(Effect.provide(server.layer))
      )
      yield* TestClock.adjust("1 minute")
      const all = yield* Fiber.join(calls)
      assert.deepStrictEqual(all, Array.replicate({ attempts: 3, elapsed: Duration.seconds(13) }, 50))
      assert.strictEqual(yield* server.attempts, 3)
    }))

  it.effect("if they start at different times", () =>
    Effect.gen(function*() {
      const server = yield* slowServer("10 millis", ...Array.replicate(scaledToZero, 6), ok)
      const calls = yield* Effect.fork(
        Effect.all(
          Array.makeBy(20, (index) =>
            Effect.delay(ModelEndpoint.warmUp(model, Schedule.spaced("4 seconds")), index * 190)),
          { concurrency: "unbounded" }
        ).pipe(Effect.provide(server.layer))
      )
      yield* TestClock.adjust("2 seconds")
      assert.strictEqual(yield* server.attempts, 1)
      yield* TestClock.adjust("1 minute")
      yield* Fiber.join(calls)
      assert.isAtMost(yield* server.attempts, 8)
      assert.strictEqual(yield* server.most, 1)
    }))

  it.effect("and one at a time, if they send different values", () =>
    Effect.gen(function*() {
      const server = yield* slowServer("1 second", scaledToZero, ok)
      const calls = yield* Effect.fork(
        Effect.all(
          ["a", "b", "c", undefined].map((value) =>
            ModelEndpoint.warmUp(model, everyFive, value === undefined ? {} : { value })
          ),
          { concurrency: "unbounded" }
        ).pipe(Effect.provide(server.layer))
      )
      yield* TestClock.adjust("1 minute")
      yield* Fiber.join(calls)
      assert.strictEqual(yield* server.most, 1)
      assert.strictEqual(yield* server.attempts, 5)
    }))

  it.effect("but not those for another component, variant, endpoint or client", () =>
    Effect.gen(function*() {
      const server = yield* slowServer("1 second", ok)
      const other = yield* slowServer("1 second", ok)
      const warmUp = (options: ModelEndpoint.WarmUpOptions<string>, of = model) =>
        ModelEndpoint.warmUp(of, everyFive, options)
      const calls = yield* Effect.fork(Effect.all([
        Effect.provide(warmUp({}), server.layer),
        Effect.provide(warmUp({ InferenceComponentName: "a" }), server.layer),
        Effect.provide(warmUp({ InferenceComponentName: "b" }), server.layer),
        Effect.provide(warmUp({ TargetVariant: "green" }), server.layer),
        Effect.provide(warmUp({}, { ...model, name: "colder" }), server.layer),
        Effect.provide(warmUp({}), other.layer)
      ], { concurrency: "unbounded" }))
      yield* TestClock.adjust("1 second")
      yield* Fiber.join(calls)
      assert.deepStrictEqual([yield* server.attempts, yield* other.attempts], [5, 1])
    }))

  it.effect("but not those that follow each other", () =>
    Effect.gen(function*() {
      const server = yield* scriptedRuntime(scaledToZero, ok)
      yield* Effect.gen(function*() {
        yield* Effect.flip(ModelEndpoint.warmUp(model, Schedule.stop))
        yield* ModelEndpoint.warmUp(model, Schedule.stop)
      }).pipe(Effect.provide(server.layer))
      assert.strictEqual(yield* server.attempts, 2)
    }))

  it.effect("and each has its own schedule and progress", () =>
    Effect.gen(function*() {
      const server = yield* slowServer("0 millis", ...Array.replicate(scaledToZero, 3), ok)
      const [fast, slow, once] = yield* Effect.all([
        Effect.fork(ModelEndpoint.warmUp(model, everyFive)),
        Effect.fork(ModelEndpoint.warmUp(model, Schedule.spaced("1 minute"))),
        Effect.fork(Effect.flip(ModelEndpoint.warmUp(model, Schedule.stop)))
      ]).pipe(Effect.provide(server.layer))
      yield* TestClock.adjust("1 minute")
      assert.isTrue(SageMakerError.isNoCapacity(yield* Fiber.join(once)))
      assert.deepStrictEqual(yield* Fiber.join(fast), { attempts: 4, elapsed: Duration.seconds(15) })
      assert.deepStrictEqual(yield* Fiber.join(slow), { attempts: 2, elapsed: Duration.minutes(1) })
    }))

  it.effect("and a failure reaches each of them", () =>
    Effect.gen(function*() {
      const server = yield* slowServer("1 second", refusal(403, "AccessDeniedException", { Message: "no" }))
      const calls = yield* Effect.fork(
        Effect.all(
          Array.makeBy(3, () => Effect.flip(ModelEndpoint.warmUp(model, everyFive))),
          { concurrency: "unbounded" }
        ).pipe(Effect.provide(server.layer))
      )
      yield* TestClock.adjust("1 second")
      const tags: ReadonlyArray<string> = (yield* Fiber.join(calls)).map(({ _tag }) => _tag)
      assert.deepStrictEqual(tags, Array.replicate("AccessDeniedError", 3))
      assert.strictEqual(yield* server.attempts, 1)
    }))

  it.effect("and continue if the call that sent the request is interrupted", () =>
    Effect.gen(function*() {
      const server = yield* slowServer("10 seconds", scaledToZero, ok)
      yield* Effect.gen(function*() {
        const first = yield* Effect.fork(ModelEndpoint.warmUp(model, everyFive))
        yield* TestClock.adjust("1 second")
        const second = yield* Effect.fork(ModelEndpoint.warmUp(model, everyFive))
        yield* TestClock.adjust("1 second")
        yield* Fiber.interrupt(first)
        assert.strictEqual(yield* server.running, 1)
        yield* TestClock.adjust("1 minute")
        assert.deepStrictEqual(yield* Fiber.join(second), { attempts: 2, elapsed: Duration.seconds(24) })
        assert.strictEqual(yield* server.attempts, 2)
      }).pipe(Effect.provide(server.layer))
    }))

  it.effect("and the request is aborted if all of them are interrupted, whatever they send", () =>
    Effect.gen(function*() {
      const server = yield* slowServer("10 seconds", ok)
      yield* Effect.gen(function*() {
        const calls = yield* Effect.forEach(
          [undefined, undefined, "a", "b"],
          (value) => Effect.fork(ModelEndpoint.warmUp(model, everyFive, value === undefined ? {} : { value }))
        )
        yield* TestClock.adjust("1 second")
        assert.deepStrictEqual([yield* server.running, yield* server.attempts], [1, 1])
        yield* Fiber.interruptAll(calls)
        assert.strictEqual(yield* server.running, 0)
        assert.deepStrictEqual(yield* server.aborted, [true])
      }).pipe(Effect.provide(server.layer))
    }))

  it.effect("and a call sends a request if the call that it waits for is interrupted", () =>
    Effect.gen(function*() {
      const server = yield* slowServer("10 seconds", ok)
      yield* Effect.gen(function*() {
        const first = yield* Effect.fork(ModelEndpoint.warmUp(model, everyFive))
        yield* TestClock.adjust("1 second")
        const second = yield* Effect.fork(ModelEndpoint.warmUp(model, everyFive, { value: "a" }))
        yield* TestClock.adjust("1 second")
        yield* Fiber.interrupt(first)
        yield* TestClock.adjust("10 seconds")
        assert.deepStrictEqual(yield* Fiber.join(second), { attempts: 1, elapsed: Duration.seconds(11) })
      }).pipe(Effect.provide(server.layer))
    }))

  it.effect("and a defect of onProgress ends its own call only", () =>
    Effect.gen(function*() {
      const server = yield* slowServer("0 millis", scaledToZero, ok)
      yield* Effect.gen(function*() {
        const broken = yield* Effect.fork(
          ModelEndpoint.warmUp(model, everyFive, { onProgress: () => Effect.die("bug") })
        )
        const call = yield* Effect.fork(ModelEndpoint.warmUp(model, everyFive))
        yield* TestClock.adjust("5 seconds")
        assert.strictEqual((yield* Fiber.await(broken))._tag, "Failure")
        assert.strictEqual((yield* Fiber.join(call)).attempts, 2)
      }).pipe(Effect.provide(server.layer))
    }))

  it.effect("and calls of other functions are not delayed", () =>
    Effect.gen(function*() {
      const gate = yield* Deferred.make<Response>()
      const server = yield* scriptedRuntime(Deferred.await(gate), ok)
      yield* Effect.gen(function*() {
        const waiting = yield* Effect.fork(ModelEndpoint.warmUp(model, everyFive))
        yield* TestClock.adjust("1 second")
        yield* invokeEndpoint({ EndpointName: "cold", Body: "" })
        yield* Fiber.interrupt(waiting)
      }).pipe(Effect.provide(server.layer))
    }))
})
