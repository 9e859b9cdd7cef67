import { HttpClient, HttpClientRequest } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Either, Layer, Stream } from "effect"
import {
  Credentials,
  invokeEndpoint,
  invokeEndpointAsync,
  RetryPolicy,
  SageMakerError,
  SageMakerRuntime,
  Signer,
  streamEndpoint
} from "effect-sagemaker-runtime"
import { Emulator } from "effect-sagemaker-runtime/testing"

const responding = (response: Emulator.ContainerErrorResponse) =>
  Emulator.endpoint("vllm-1", () => Effect.fail(Emulator.containerError(response)))

const client = (endpoint: Emulator.EmulatorEndpoint) =>
  SageMakerRuntime.layer({ region: "eu-west-1" }).pipe(
    Layer.provide(Signer.layer),
    Layer.provideMerge(Emulator.layerHttpClient({ endpoints: [endpoint] })),
    Layer.provide(Credentials.layer(Emulator.credentials)),
    Layer.provide(RetryPolicy.layer(RetryPolicy.none))
  )

const input = { EndpointName: "vllm-1", Body: "{}" }

const detail = "{\"detail\":[{\"msg\":\"field required\"}]}"

const seeLog = "See https://eu-west-1.console.aws.amazon.com/cloudwatch/home?region=eu-west-1" +
  "#logEventViewer:group=/aws/sagemaker/Endpoints/vllm-1 in account 123456789012 for more information."

const modelError = (error: unknown): SageMakerError.ModelError => {
  assert.instanceOf(error, SageMakerError.ModelError)
  return error
}

describe("An error response of a container", () => {
  for (
    const [status, side] of [
      [400, "client"],
      [422, "client"],
      [429, "client"],
      [500, "server"],
      [503, "server"],
      [507, "server"],
      [0, "server"]
    ] as const
  ) {
    it.live(`with status ${status} reaches the client as a ModelError, before a stream too`, () =>
      Effect.gen(function*() {
        const calls = [Effect.flip(invokeEndpoint(input)), Effect.flip(Stream.runDrain(streamEndpoint(input)))]
        for (const call of calls) {
          const error = modelError(yield* call)
          assert.include(error, {
            status: 424,
            code: "ModelError",
            retry: "never",
            OriginalStatusCode: status,
            OriginalMessage: detail,
            LogStreamArn: "arn:aws:logs:eu-west-1:123456789012:log-group:/aws/sagemaker/Endpoints/vllm-1",
            serviceMessage: `Received ${side} error (${status}) from primary with message "${detail}". ${seeLog}`
          })
          assert.strictEqual(
            error.message,
            `Received ${side} error (${status}) from primary with message <redacted>. ${seeLog}`
          )
        }
      }).pipe(Effect.provide(client(responding({ status, body: detail, contentType: "application/json" })))))
  }

  it.live("has the JSON members of the service", () =>
    Effect.gen(function*() {
      const response = yield* HttpClient.execute(
        HttpClientRequest.post("https://runtime.sagemaker.us-east-1.amazonaws.com/endpoints/vllm-1/invocations")
      )
      assert.strictEqual(response.status, 424)
      assert.strictEqual(response.headers["x-amzn-errortype"], "ModelError")
      assert.deepInclude(yield* response.json, {
        ErrorCode: "CLIENT_ERROR_FROM_MODEL",
        OriginalMessage: "",
        OriginalStatusCode: 404
      })
    }).pipe(Effect.provide(Emulator.layerHttpClient({
      endpoints: [responding({ status: 404, body: new Uint8Array() })],
      credentials: "anonymous"
    }))))

  it.live("can have any text and any bytes as its body", () =>
    Effect.gen(function*() {
      const body = "<html>\r\n\"Traceback\" \u0000 héllo \". See \ud83d\ude00"
      for (const each of [body, new TextEncoder().encode(body)]) {
        const error = yield* Effect.flip(invokeEndpoint(input)).pipe(
          Effect.provide(client(responding({ status: 500, body: each })))
        )
        assert.strictEqual(modelError(error).OriginalMessage, body)
        assert.notInclude(error.message, "Traceback")
      }
    }))

  it.live("during a response stream is a ModelStreamError after the parts before it", () =>
    Effect.gen(function*() {
      const parts: Array<string> = []
      const error = yield* streamEndpoint(input).pipe(
        Stream.runForEach((part) => Effect.sync(() => parts.push(new TextDecoder().decode(part)))),
        Effect.flip
      )
      assert.deepStrictEqual(parts, ["one", "two"])
      assert.include(error, {
        _tag: "ModelStreamError",
        ErrorCode: "StreamBroken",
        serviceMessage: `Received server error (500) from primary with message "out of memory". ${seeLog}`
      })
    }).pipe(Effect.provide(client(
      Emulator.endpoint("vllm-1", () =>
        Effect.succeed(
          Stream.concat(
            Stream.make("one", "two"),
            Stream.fail(Emulator.containerError({ status: 500, body: "out of memory" }))
          )
        ))
    ))))

  it.live("in a streamed body of InvokeEndpoint is a ModelError", () =>
    Effect.gen(function*() {
      const error = modelError(yield* Effect.flip(invokeEndpoint(input)))
      assert.include(error, { OriginalStatusCode: 413, OriginalMessage: "too long" })
    }).pipe(Effect.provide(client(
      Emulator.endpoint("vllm-1", () =>
        Effect.succeed(Stream.fail(Emulator.containerError({ status: 413, body: "too long" }))))
    ))))

  it.live("becomes the failure object of an asynchronous inference request", () =>
    Effect.gen(function*() {
      const { FailureLocation = "", InferenceId = "" } = yield* invokeEndpointAsync(input)
      const { objects, outcome } = yield* Emulator.Emulator
      const failure = Either.getOrThrow(Either.flip(yield* outcome(InferenceId)))
      assert.deepInclude(JSON.parse(failure), { OriginalStatusCode: 400, OriginalMessage: detail })
      assert.strictEqual(new TextDecoder().decode(yield* objects.get(FailureLocation)), failure)
    }).pipe(Effect.provide(client(responding({ status: 400, body: detail })))))

  it.live("can be yielded in a generator", () =>
    Effect.gen(function*() {
      assert.include(modelError(yield* Effect.flip(invokeEndpoint(input))), { OriginalStatusCode: 404 })
    }).pipe(Effect.provide(client(
      Emulator.endpoint("vllm-1", () =>
        Effect.gen(function*() {
          return yield* Emulator.containerError({ status: 404, body: "no such model" })
        }))
    ))))
})

it.live("Any other failure of a handler is a response of the container with status 500", () =>
  Effect.gen(function*() {
    const error = modelError(yield* Effect.flip(invokeEndpoint(input)))
    assert.include(error, { OriginalStatusCode: 500, OriginalMessage: "out of memory" })
    assert.strictEqual(
      error.serviceMessage,
      `Received server error (500) from primary with message "out of memory". ${seeLog}`
    )
  }).pipe(Effect.provide(client(Emulator.endpoint("vllm-1", () => Effect.fail({ message: "out of memory" }))))))
