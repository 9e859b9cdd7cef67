import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Schedule, Schema, Stream } from "effect"
import {
  Credentials,
  InvokeEndpoint,
  invokeEndpoint,
  invokeEndpointAsync,
  RetryPolicy,
  SageMakerError,
  SageMakerRuntime,
  Signer,
  streamEndpoint
} from "effect-sagemaker-runtime"
import { Emulator, MockRuntime } from "effect-sagemaker-runtime/testing"
import { inspect } from "node:util"
import { refusal, type Reply, scriptedRuntime } from "./support/scriptedHttpClient.ts"

const predicates = {
  "endpoint-not-found": SageMakerError.isEndpointNotFound,
  "inference-component-required": SageMakerError.isInferenceComponentRequired,
  "no-capacity": SageMakerError.isNoCapacity
}

const reasons = Object.keys(predicates) as ReadonlyArray<SageMakerError.ValidationReason>

const matching = (error: unknown) => reasons.filter((reason) => predicates[reason](error))

const noCapacity =
  "Inference Component has no capacity to process this request. ApplicationAutoScaling may be in-progress (if " +
  "configured) or try to increase the capacity by invoking UpdateInferenceComponentRuntimeConfig API."

const componentRequired =
  "Inference Component Name header is required for endpoints to which you plan to deploy inference components. " +
  "Please include Inference Component Name header or consider using SageMaker models."

const recognised: ReadonlyArray<readonly [text: string, reason: SageMakerError.ValidationReason]> = [
  ["Endpoint churn-2026 of account 123456789012 not found.", "endpoint-not-found"],
  ["endpoint churn-2026 of account 123456789012 was Not Found", "endpoint-not-found"],
  ["Endpoint churn-2026 not found", "endpoint-not-found"],
  ["Endpoint \"churn-2026\" does not exist.", "endpoint-not-found"],
  ["Could not find endpoint \"arn:aws:sagemaker:eu-west-1:123456789012:endpoint/churn\".", "endpoint-not-found"],
  ["Endpoint no-capacity of account 123456789012 not found.", "endpoint-not-found"],
  [componentRequired, "inference-component-required"],
  ["Inference Component Name header is required for this endpoint", "inference-component-required"],
  ["InferenceComponentName is required.", "inference-component-required"],
  [noCapacity, "no-capacity"],
  [noCapacity.toUpperCase(), "no-capacity"],
  ["Inference component llama of endpoint chat has no capacity", "no-capacity"],
  ["Endpoint chat of account 123456789012 has no in-service instances.", "no-capacity"],
  ["The variant AllTraffic does not have enough capacity.", "no-capacity"]
]

const otherTexts = [
  "Inference Component Name header is not allowed for endpoints to which you dont plan to deploy inference components. " +
  "Please remove the Inference Component Name header and try again.",
  "Endpoint churn is not a multi-model endpoint and does not support target model header.",
  "Endpoint not-found of account 123456789012 is not in service.",
  "Variant blue of endpoint churn not found.",
  "Request 6d1 is missing a target model header",
  `Received client error (400) from primary with message "${noCapacity}". See https://example.com`,
  "Received client error (400) from primary with message \"Endpoint has no capacity\". See https://example.com",
  "Session abc not found",
  ""
]

describe("The reason of a ValidationError is recognised in the service's text", () => {
  for (const [text, reason] of recognised) {
    it(text, () => {
      assert.deepStrictEqual(matching(new SageMakerError.ValidationError({ message: text })), [reason])
    })
  }

  for (const text of otherTexts) {
    it(`and no other text has one: ${text}`, () => {
      assert.deepStrictEqual(matching(new SageMakerError.ValidationError({ message: text })), [])
    })
  }

  it("in linear time", () => {
    for (const words of ["endpoint ", "endpoint of account ", "inference component a ", "could not "]) {
      assert.deepStrictEqual(matching(new SageMakerError.ValidationError({ message: words.repeat(100_000) })), [])
    }
  })
})

type Call = (endpoint: string, body: string) => Effect.Effect<unknown, unknown, SageMakerRuntime.SageMakerRuntime>

const operations: { readonly [name: string]: Call } = {
  invokeEndpoint: (EndpointName, Body) => invokeEndpoint({ EndpointName, Body }),
  invokeEndpointAsync: (EndpointName, Body) => Effect.asVoid(invokeEndpointAsync({ EndpointName, Body })),
  streamEndpoint: (EndpointName, Body) => Stream.runDrain(streamEndpoint({ EndpointName, Body }))
}

describe("Every operation has the same reason", () => {
  for (const [name, call] of Object.entries(operations)) {
    for (const [text, reason] of recognised) {
      it.effect(`${name}: ${text}`, () =>
        Effect.gen(function*() {
          const server = yield* scriptedRuntime(refusal(400, "ValidationError", { Message: text }))
          const error = yield* Effect.flip(call("churn-2026", "reading")).pipe(Effect.provide(server.layer))
          assert.deepStrictEqual(matching(error), [reason])
        }))

      it.effect(`${name}, if the text repeats the request: ${text}`, () =>
        Effect.gen(function*() {
          const server = yield* scriptedRuntime(refusal(400, "ValidationError", { Message: text }))
          const error = yield* Effect.flip(call("churn-2026", text)).pipe(Effect.provide(server.layer))
          assert.deepStrictEqual(matching(error), [reason])
          assert.deepInclude(error as object, { _tag: "ValidationError", reason })
        }))
    }
  }
})

const failWith = (reply: Reply) =>
  Effect.gen(function*() {
    const server = yield* scriptedRuntime(reply)
    return yield* Effect.flip(invokeEndpoint({ EndpointName: "churn", Body: noCapacity })).pipe(
      Effect.provide(server.layer)
    )
  })

describe("The reason of a rejected request", () => {
  it.effect("is the same after encoding and decoding the error", () =>
    Effect.gen(function*() {
      const error = yield* failWith(refusal(400, "ValidationError", { Message: noCapacity }))
      const encoded = yield* Schema.encodeUnknown(SageMakerError.ValidationError)(error)
      assert.notInclude(inspect(encoded), "ApplicationAutoScaling")
      const decoded = yield* Schema.decodeUnknown(SageMakerError.ValidationError)(JSON.parse(JSON.stringify(encoded)))
      assert.deepStrictEqual(matching(decoded), ["no-capacity"])
    }))

  it.effect("is also recognised by the service's ErrorCode", () =>
    Effect.gen(function*() {
      const error = yield* failWith(refusal(400, "ValidationError", { ErrorCode: "NO_SUCH_ENDPOINT", Message: null }))
      assert.deepStrictEqual(matching(error), ["endpoint-not-found"])
    }))

  it.effect("is recognised in a plain-text body", () =>
    Effect.gen(function*() {
      const error = yield* failWith({
        status: 400,
        headers: { "x-amzn-errortype": "ValidationError:http://internal.amazon.com/coral/" },
        body: noCapacity
      })
      assert.deepStrictEqual(matching(error), ["no-capacity"])
    }))

  it.effect("is not read from a member of the response body", () =>
    Effect.gen(function*() {
      const error = yield* failWith(refusal(400, "ValidationError", { reason: "no-capacity", Message: "bad header" }))
      assert.deepStrictEqual(matching(error), [])
      assert.notProperty(error, "reason")
    }))

  it.effect("is not read from the text of a container", () =>
    Effect.gen(function*() {
      for (const [text] of recognised) {
        const error = yield* failWith(
          refusal(424, "ModelError", { Message: text, OriginalMessage: text, OriginalStatusCode: 400 })
        )
        assert.strictEqual(error._tag, "ModelError")
        assert.deepStrictEqual(matching(error), [])
      }
    }))

  it("is absent from values that are no ValidationError", () => {
    for (const value of [undefined, null, noCapacity, { _tag: "ValidationError", message: noCapacity }]) {
      assert.deepStrictEqual(matching(value), [])
    }
  })
})

const emulated = (...endpoints: ReadonlyArray<Emulator.EmulatorEndpoint>) =>
  SageMakerRuntime.layer({ region: "eu-west-1" }).pipe(
    Layer.provide([Signer.layer, Emulator.layerHttpClient({ endpoints })]),
    Layer.provide(Credentials.layer(Emulator.credentials)),
    Layer.provide(RetryPolicy.layer(RetryPolicy.none))
  )

describe("A test double that fails with a reason", () => {
  for (const reason of reasons) {
    const failing = Effect.fail(new SageMakerError.ValidationError({ reason }))

    it.live(`${reason}: the emulator sends the service's text`, () =>
      Effect.gen(function*() {
        const error = yield* Effect.flip(invokeEndpoint({ EndpointName: "chat", Body: "{}" }))
        assert.deepStrictEqual(matching(error), [reason])
        assert.deepStrictEqual(
          matching(new SageMakerError.ValidationError({ message: error.message })),
          [reason]
        )
      }).pipe(Effect.provide(emulated(Emulator.endpoint("chat", () => failing)))))

    it.effect(`${reason}: MockRuntime keeps it`, () =>
      Effect.gen(function*() {
        const error = yield* Effect.flip(invokeEndpoint({ EndpointName: "chat", Body: "{}" }))
        assert.deepStrictEqual(matching(error), [reason])
      }).pipe(Effect.provide(MockRuntime.layer(MockRuntime.on(InvokeEndpoint.operation, () => failing)))))
  }

  it.live("The emulator reports an endpoint that does not exist", () =>
    Effect.gen(function*() {
      for (const call of Object.values(operations)) {
        const error = yield* Effect.flip(call("chat", "{}"))
        assert.deepStrictEqual(matching(error), ["endpoint-not-found"])
      }
    }).pipe(Effect.provide(emulated())))

  it.effect("MockRuntime keeps the complete text of a received error", () =>
    Effect.gen(function*() {
      const received = yield* failWith(refusal(400, "ValidationError", { Message: componentRequired + noCapacity }))
      const mock = MockRuntime.layer(MockRuntime.on(InvokeEndpoint.operation, () => Effect.fail(received)))
      const error = yield* Effect.flip(invokeEndpoint({ EndpointName: "chat", Body: "{}" })).pipe(Effect.provide(mock))
      assert.strictEqual((error as SageMakerError.ValidationError).serviceMessage, componentRequired + noCapacity)
    }))
})

it.effect("A predicate refines the error of catchIf, and ends a retry", () =>
  Effect.gen(function*() {
    const server = yield* scriptedRuntime(
      refusal(400, "ValidationError", { Message: noCapacity }),
      refusal(400, "ValidationError", { Message: "Endpoint chat of account 123456789012 not found." })
    )
    const reason = yield* invokeEndpoint({ EndpointName: "chat", Body: "{}" }).pipe(
      Effect.retry({ while: SageMakerError.isNoCapacity, schedule: Schedule.recurs(3) }),
      Effect.catchIf(SageMakerError.isEndpointNotFound, (error) => Effect.succeed(error.reason)),
      Effect.provide(server.layer)
    )
    assert.strictEqual(reason, "endpoint-not-found")
    assert.strictEqual(yield* server.attempts, 2)
  }))
