import { assert, it } from "@effect/vitest"
import { Effect, Fiber, Schema, Stream, TestClock } from "effect"
import { AsyncInference } from "effect-sagemaker-runtime"
import { Emulator } from "effect-sagemaker-runtime/testing"
import { describe } from "vitest"
import { asyncClient, failureOf, notified, outputOf, recordingModel, send } from "../support/asyncEmulator.ts"

type NotificationConfig = Emulator.AsyncInferenceNotificationConfig

const SuccessTopic = "arn:aws:sns:eu-west-1:123456789012:success"
const ErrorTopic = "arn:aws:sns:eu-west-1:123456789012:error"

const model = (handler: Emulator.EmulatorEndpoint["handler"], NotificationConfig?: NotificationConfig) =>
  asyncClient({
    endpoints: [
      Emulator.endpoint("model", handler, { AsyncInferenceConfig: { OutputConfig: { NotificationConfig } } })
    ]
  })

const both: NotificationConfig = {
  IncludeInferenceResponseIn: ["SUCCESS_NOTIFICATION_TOPIC", "ERROR_NOTIFICATION_TOPIC"]
}

describe("A notification has the members of SageMaker's JSON object", () => {
  it.effect("for a completed request", () =>
    Effect.gen(function*() {
      yield* TestClock.setTime(Date.UTC(2026, 10, 28))
      const { objects } = yield* Emulator.Emulator
      yield* objects.put("s3://inputs/one", new TextEncoder().encode("one"))
      const { OutputLocation } = yield* send({
        InferenceId: "one",
        InputLocation: "s3://inputs/one",
        ContentType: "text/csv",
        Accept: "application/json"
      })
      yield* TestClock.adjust("90 seconds")
      assert.deepStrictEqual(yield* notified(1), [{
        awsRegion: "eu-west-1",
        eventTime: "2026-11-28T00:01:30.000Z",
        receivedTime: "2026-11-28T00:00:00.000Z",
        invocationStatus: "Completed",
        requestParameters: {
          accept: "application/json",
          contentType: "text/csv",
          endpointName: "model",
          inputLocation: "s3://inputs/one"
        },
        responseParameters: { contentType: "application/json", outputLocation: OutputLocation! },
        inferenceId: "one",
        eventVersion: "1.0",
        eventSource: "aws:sagemaker",
        eventName: "InferenceResult"
      }])
    }).pipe(Effect.provide(
      model(() => Effect.delay(Effect.succeed({ Body: "{}", ContentType: "application/json" }), "90 seconds"))
    )))

  it.effect("for a failed request, without the response of the container", () =>
    Effect.gen(function*() {
      const { FailureLocation } = yield* send({ InferenceId: "one" })
      assert.deepStrictEqual(yield* notified(1), [{
        awsRegion: "eu-west-1",
        eventTime: "1970-01-01T00:00:00.000Z",
        receivedTime: "1970-01-01T00:00:00.000Z",
        invocationStatus: "Failed",
        requestParameters: { endpointName: "model" },
        failureReason: "ClientError: Received client error (422) from model. " +
          "See the SageMaker Endpoint logs in your account for more information.",
        responseParameters: { contentType: "application/json", failureLocation: FailureLocation! },
        inferenceId: "one",
        eventVersion: "1.0",
        eventSource: "aws:sagemaker",
        eventName: "InferenceResult"
      }])
    }).pipe(Effect.provide(model(() => Effect.fail(Emulator.containerError({ status: 422, body: "secret" }))))))

  it.effect("for an expired request", () =>
    Effect.gen(function*() {
      yield* send({ InferenceId: "one" })
      yield* TestClock.adjust("6 hours")
      const [notification] = yield* notified(1)
      assert.include(notification, { invocationStatus: "Failed", eventTime: "1970-01-01T06:00:00.000Z" })
      assert.include(notification?.failureReason, "RequestTTLSeconds")
    }).pipe(Effect.provide(asyncClient({ endpoints: [recordingModel(1, { InitialInstanceCount: 0 }).endpoint] }))))
})

describe("TopicArn", () => {
  const topics = { SuccessTopic, ErrorTopic }
  for (
    const [status, handler, topic] of [
      ["Completed", () => Effect.succeed("x"), SuccessTopic],
      ["Failed", () => Effect.fail("x"), ErrorTopic]
    ] as const
  ) {
    it.effect(`of a notification "${status}" is the configured topic, and is not in the JSON`, () =>
      Effect.gen(function*() {
        yield* send({ InferenceId: "one" })
        const [notification] = yield* notified(1)
        assert.include(notification, { invocationStatus: status })
        assert.strictEqual(notification?.TopicArn, topic)
        assert.notInclude(JSON.stringify(notification), "Topic")
      }).pipe(Effect.provide(model(handler, topics))))
  }

  it.effect("is absent without a configured topic", () =>
    Effect.gen(function*() {
      yield* send({ InferenceId: "one" })
      assert.isUndefined((yield* notified(1))[0]?.TopicArn)
    }).pipe(Effect.provide(model(() => Effect.succeed("x")))))
})

describe("IncludeInferenceResponseIn", () => {
  const bodies = (handler: Emulator.EmulatorEndpoint["handler"], config: NotificationConfig) =>
    Effect.gen(function*() {
      yield* send({ InferenceId: "one" })
      return (yield* notified(1))[0]?.responseBody
    }).pipe(Effect.provide(model(handler, config)))

  it.effect("includes an output in Base64", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* bodies(() => Effect.succeed("héllo"), both), {
        content: "aMOpbGxv",
        encoding: "BASE64"
      })
    }))

  it.effect("includes a failure as text", () =>
    Effect.gen(function*() {
      const body = yield* bodies(() => Effect.fail("out of memory"), both)
      assert.include(body?.content, "out of memory")
      assert.notProperty(body, "encoding")
    }))

  it.effect("includes outputs of at most 128 KB", () =>
    Effect.gen(function*() {
      const output = (size: number) => bodies(() => Effect.succeed(new Uint8Array(size)), both)
      assert.isDefined(yield* output(131_072))
      assert.isUndefined(yield* output(131_073))
    }))

  it.effect("does not include responses of the other topic", () =>
    Effect.gen(function*() {
      const success = { IncludeInferenceResponseIn: ["SUCCESS_NOTIFICATION_TOPIC"] } as const
      const error = { IncludeInferenceResponseIn: ["ERROR_NOTIFICATION_TOPIC"] } as const
      assert.isUndefined(yield* bodies(() => Effect.succeed("x"), error))
      assert.isUndefined(yield* bodies(() => Effect.fail("x"), success))
    }))
})

describe("The stream of notifications", () => {
  it.effect("has those from before and after its start, for each of its runs", () =>
    Effect.gen(function*() {
      yield* send({ InferenceId: "one" })
      yield* outputOf("one")
      const both = yield* Effect.fork(notified(2))
      const first = yield* notified(1)
      yield* send({ InferenceId: "two" })
      assert.deepStrictEqual(first.map(({ inferenceId }) => inferenceId), ["one"])
      assert.deepStrictEqual((yield* Fiber.join(both)).map(({ inferenceId }) => inferenceId), ["one", "two"])
    }).pipe(Effect.provide(model(() => Effect.succeed("x")))))

  it.effect("has a notification when the objects of the request are stored", () =>
    Effect.gen(function*() {
      const { notifications, objects } = yield* Emulator.Emulator
      const seen = yield* notifications.pipe(
        Stream.take(2),
        Stream.mapEffect(({ responseParameters: { failureLocation, outputLocation } = {} }) =>
          objects.get(outputLocation ?? failureLocation ?? "")
        ),
        Stream.runCollect,
        Effect.fork
      )
      yield* send({ InferenceId: "one" })
      yield* outputOf("one")
      yield* send({ InferenceId: "two", Body: "fail" })
      yield* failureOf("two")
      for (const body of yield* Fiber.join(seen)) {
        assert.isDefined(body)
      }
    }).pipe(Effect.provide(model(({ Body }) => Body.byteLength === 4 ? Effect.fail("x") : Effect.succeed("x")))))

  it.effect("ends when the layer's scope closes", () =>
    Effect.gen(function*() {
      const notifications = yield* Effect.map(Emulator.Emulator, ({ notifications }) => notifications).pipe(
        Effect.flatMap((stream) =>
          Effect.tap(
            Effect.forkDaemon(Stream.runCollect(stream)),
            () => Effect.zipRight(send({ InferenceId: "one" }), outputOf("one"))
          )
        ),
        Effect.provide(model(() => Effect.succeed("x")))
      )
      assert.strictEqual((yield* Fiber.join(notifications)).length, 1)
    }))

  it.effect("is decoded by AsyncInference.Completion, with duplicates too", () =>
    Effect.gen(function*() {
      yield* send({ InferenceId: "one" })
      yield* send({ InferenceId: "two", Body: "fail" })
      const { notifications } = yield* Emulator.Emulator
      const completions = yield* notifications.pipe(
        Stream.flatMap((notification) => Stream.make(notification, notification)),
        Stream.mapEffect(Schema.decodeUnknown(AsyncInference.Completion)),
        Stream.take(4),
        Stream.runCollect
      )
      assert.deepStrictEqual(Array.from(completions, ({ inferenceId, status }) => [inferenceId, status]), [
        ["one", "Completed"],
        ["one", "Completed"],
        ["two", "Failed"],
        ["two", "Failed"]
      ])
    }).pipe(Effect.provide(model(({ Body }) => Body.byteLength === 4 ? Effect.fail("x") : Effect.succeed("x")))))
})
