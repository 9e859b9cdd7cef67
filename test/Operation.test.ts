import { HttpClientRequest } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Either, Schedule, Schema } from "effect"
import { Operation, RetryPolicy, SageMakerRuntime, Timeouts } from "effect-sagemaker-runtime"
import { advanceClock, withFixedRandom } from "./support/call.ts"
import { describeVariant, type Input } from "./support/customOperation.ts"
import { refusal, type Reply, scriptedRuntime, scriptedRuntimeWith } from "./support/scriptedHttpClient.ts"
import { recordingTracer } from "./support/tracer.ts"

const input: Input = { EndpointName: "anomaly-v2", Variant: "blue" }

const execute = (given: Input = input) =>
  Effect.flatMap(SageMakerRuntime.SageMakerRuntime, (runtime) => runtime.execute(describeVariant, given))

const ready: Reply = { status: 200, body: "ready", headers: { "x-amzn-requestid": "request-1" } }
const busy = refusal(429, "VariantBusy", { Seconds: 3 })

const endOf = (...replies: ReadonlyArray<Reply>) =>
  Effect.gen(function*() {
    const server = yield* scriptedRuntime(...replies)
    const error = yield* execute().pipe(Effect.flip, Effect.provide(server.layer), advanceClock("10 minutes"))
    return { error, attempts: yield* server.attempts }
  })

describe("A custom operation", () => {
  it.effect("sends its request and decodes its output", () =>
    Effect.gen(function*() {
      const server = yield* scriptedRuntime(ready)
      const output = yield* Effect.provide(execute(), server.layer)
      assert.deepStrictEqual(output, {
        state: "ready",
        $metadata: { requestId: "request-1", httpStatusCode: 200, attempts: 1, totalRetryDelay: 0 }
      })
      const [request] = yield* server.requests
      assert.strictEqual(request?.method, "GET")
      assert.strictEqual(request?.url, "https://runtime.sagemaker.eu-west-1.amazonaws.com/mine/anomaly-v2")
      assert.strictEqual(request?.headers["x-mine-variant"], "blue")
    }))

  it.effect("uses the params and settings of the client", () =>
    Effect.gen(function*() {
      const server = yield* scriptedRuntimeWith(
        { params: { Variant: "much-too-long" }, validation: { max: false } },
        ready
      )
      yield* execute({ EndpointName: "anomaly-v2" } as Input).pipe(Effect.provide(server.layer))
      assert.strictEqual((yield* server.requests)[0]?.headers["x-mine-variant"], "much-too-long")
    }))

  it.effect("keeps an input that is not a plain object, with and without params", () =>
    Effect.gen(function*() {
      class Wanted {
        readonly #variant = "blue"
        get variant() {
          return this.#variant
        }
      }
      const given = [new Wanted(), "blue", "", 7, ["blue"], new Uint8Array([1]), new Map([["a", 1]]), () => "blue"]
      const seen: Array<unknown> = []
      const spying: Operation.Operation<unknown, void> = {
        name: "Spy",
        encode: (value) =>
          Effect.sync(() => {
            seen.push(value)
            return HttpClientRequest.get("/mine")
          }),
        decode: () => Effect.void,
        errors: []
      }
      const server = yield* scriptedRuntimeWith({ params: { Variant: "bound" } }, ready)
      yield* Effect.forEach(
        given,
        (value) => Effect.flatMap(SageMakerRuntime.SageMakerRuntime, (runtime) => runtime.execute(spying, value))
      ).pipe(Effect.provide(server.layer))
      given.forEach((value, index) => assert.strictEqual(seen[index], value))
      assert.lengthOf(seen, given.length)
    }))

  it.effect("is rejected before sending if a member violates its constraint", () =>
    Effect.gen(function*() {
      const server = yield* scriptedRuntime(ready)
      const error = yield* execute({ ...input, Variant: "much-too-long" }).pipe(
        Effect.flip,
        Effect.provide(server.layer)
      )
      assert.deepInclude(error, { _tag: "InvalidInputError", field: "Variant" })
      assert.strictEqual(yield* server.attempts, 0)
    }))

  it.effect("has a span with its name and attributes", () =>
    Effect.gen(function*() {
      const server = yield* scriptedRuntime(ready)
      const { layer, spans } = recordingTracer()
      yield* execute().pipe(Effect.provide([server.layer, layer]))
      assert.strictEqual(spans[0]?.name, "SageMakerRuntime.DescribeVariant")
      assert.strictEqual(spans[0]?.attributes.get("variant"), "blue")
    }))
})

describe("The headers of a custom operation", () => {
  const { decode, encode } = Operation.headers({ Variant: ["X-Mine-Variant", Schema.String] })

  it("are decoded whatever the case of their names in the table", () =>
    assert.deepStrictEqual(decode({ "x-mine-variant": "blue" }), { Variant: "blue" }))

  it("are encoded with names in lower case", () =>
    assert.deepStrictEqual(
      encode({ Variant: "blue" }, { min: true, max: true, pattern: true }),
      Either.right({ "x-mine-variant": "blue" })
    ))
})

describe("The errors of a custom operation", () => {
  it.effect("are decoded from the response, including the members of the class", () =>
    Effect.gen(function*() {
      const { attempts, error } = yield* endOf(refusal(404, "VariantMissing", { Variants: ["a"], message: "no blue" }))
      assert.deepInclude(error, {
        _tag: "VariantMissing",
        status: 404,
        code: "VariantMissing",
        requestId: "request-1",
        message: "no blue",
        attempts: 1
      })
      assert.deepStrictEqual(error._tag === "VariantMissing" ? error.Variants : undefined, ["a"])
      assert.strictEqual(attempts, 1)
    }))

  it.effect("do not need the members of service errors", () =>
    Effect.gen(function*() {
      const { error } = yield* endOf(refusal(400, "VariantBroken", { message: "m" }))
      assert.strictEqual(error._tag, "VariantBroken")
    }))

  it.effect("are retried by their retry member", () =>
    Effect.gen(function*() {
      const { attempts, error } = yield* endOf(busy)
      assert.strictEqual(error._tag === "VariantBusy" ? error.Seconds : undefined, 3)
      assert.strictEqual(attempts, 3)
      const server = yield* scriptedRuntime(busy, ready)
      const { $metadata } = yield* execute().pipe(
        Effect.provide(server.layer),
        withFixedRandom(1),
        advanceClock("1 minute")
      )
      assert.deepInclude($metadata, { attempts: 2, totalRetryDelay: 1_000 })
    }))

  it.effect("are not retried without a retry member", () =>
    Effect.gen(function*() {
      assert.strictEqual((yield* endOf(refusal(500, "VariantBroken"))).attempts, 1)
    }))

  it.effect("can be retried by a schedule that handles them", () =>
    Effect.gen(function*() {
      const server = yield* scriptedRuntime(refusal(500, "VariantBroken"), ready)
      const policy = RetryPolicy.fromSchedule(Schedule.recurs(2), { while: ({ _tag }) => _tag === "VariantBroken" })
      const { $metadata } = yield* execute().pipe(RetryPolicy.use(policy), Effect.provide(server.layer))
      assert.strictEqual($metadata.attempts, 2)
    }))

  it.effect("can follow from a successful response", () =>
    Effect.gen(function*() {
      const { error } = yield* endOf({ status: 299, body: "" })
      assert.deepStrictEqual(error._tag === "VariantMissing" ? error.Variants : undefined, ["of-a-success"])
    }))

  it.effect("are replaced by a readable error if the response does not fit the class", () =>
    Effect.gen(function*() {
      const { error } = yield* endOf(refusal(409, "VariantBusy", { Seconds: "three" }))
      assert.deepInclude(error, { _tag: "UnknownServiceError", status: 409, code: "VariantBusy" })
    }))

  it.effect("are added to the other errors of a call", () =>
    Effect.gen(function*() {
      assert.strictEqual((yield* endOf(refusal(403, "AccessDeniedException"))).error._tag, "AccessDeniedError")
      assert.strictEqual((yield* endOf(refusal(400, "ThrottlingException"))).error._tag, "ThrottlingError")
      assert.strictEqual((yield* endOf(refusal(424, "ModelError"))).error._tag, "UnknownServiceError")
      assert.strictEqual((yield* endOf(Effect.never)).error._tag, "TimeoutError")
    }))

  it.effect("do not contain the sensitive headers of the operation", () =>
    Effect.gen(function*() {
      const server = yield* scriptedRuntime(refusal(404, "VariantMissing", { message: "no blue for canary-secret" }))
      const error = yield* execute({ ...input, Secret: "canary-secret" }).pipe(
        Timeouts.use({ total: "1 minute" }),
        Effect.flip,
        Effect.provide(server.layer)
      )
      assert.strictEqual(error._tag === "VariantMissing" ? error.message : undefined, "No such variant")
    }))
})
