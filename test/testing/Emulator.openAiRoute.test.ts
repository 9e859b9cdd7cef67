import { HttpClient, HttpClientRequest, HttpServerResponse } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Redacted, Ref, Stream } from "effect"
import {
  BearerToken,
  Credentials,
  ModelEndpoint,
  RetryPolicy,
  SageMakerError,
  SageMakerRuntime,
  Signer,
  Tokens
} from "effect-sagemaker-runtime"
import { Emulator } from "effect-sagemaker-runtime/testing"
import { pickMembersOf } from "../support/pickMembersOf.ts"

const region = "eu-west-1"
const request = { messages: [{ role: "user" as const, content: "Hi" }] }

const chunks = ["Hel", "lo"].map((content) => ({ choices: [{ index: 0, delta: { content }, finish_reason: null }] }))
const events = [...chunks, { choices: [{ index: 0, delta: {}, finish_reason: "stop" }] }].map((chunk) =>
  `data: ${JSON.stringify({ object: "chat.completion.chunk", ...chunk })}\n\n`
)

const completion = {
  id: "1",
  object: "chat.completion",
  created: 1,
  model: "",
  choices: [{ index: 0, message: { role: "assistant", content: "Hello" }, finish_reason: "stop" }]
}

const isStreaming = ({ Body }: Emulator.EmulatorRequest) => new TextDecoder().decode(Body).includes("\"stream\":true")

const vllm = Emulator.endpoint("vllm", (input) =>
  Effect.succeed(
    isStreaming(input)
      ? Stream.concat(Stream.fromIterable(events), Stream.make("data: [DONE]\n\n"))
      : JSON.stringify(completion)
  ))

const failing = (name: string, error: unknown) => Emulator.endpoint(name, () => Effect.fail(error))

const live = (
  options: Emulator.EmulatorOptions,
  keys: Credentials.CredentialsInput = Emulator.credentials
) =>
  SageMakerRuntime.layer({ region }).pipe(
    Layer.provideMerge(Layer.merge(Signer.layer, BearerToken.layer({ region }))),
    Layer.provideMerge(Emulator.layerHttpClient({ region, ...options })),
    Layer.provide(Credentials.layer(keys)),
    Layer.provide(RetryPolicy.layer(RetryPolicy.none))
  )

const url = "https://runtime.sagemaker.eu-west-1.amazonaws.com/endpoints/vllm/openai/v1/chat/completions"

/** The status and the error of a request with these headers. */
const send = (headers: Record<string, string>, target = url) =>
  HttpClientRequest.post(target).pipe(
    HttpClientRequest.setHeaders(headers),
    HttpClientRequest.bodyUnsafeJson({ model: "", ...request }),
    HttpClient.execute,
    Effect.flatMap((response) =>
      Effect.map(
        response.json,
        (body) => ({ status: response.status, body: body as object, headers: response.headers })
      )
    )
  )

const tokenOf = (keys: Credentials.CredentialsInput, options: Partial<BearerToken.MakeOptions> = {}) =>
  Effect.map(BearerToken.make(keys, { region, date: new Date(), ...options }), Redacted.value)

describe("The emulated OpenAI-compatible route", () => {
  it.live("responds as the container does, whole and as a stream", () =>
    Effect.gen(function*() {
      const model = ModelEndpoint.openAiChat("vllm", { inferenceComponent: "adapter-7" })
      const { response, value } = yield* model.invokeWithResponse(request)
      assert.strictEqual(value.choices[0]?.message.content, "Hello")
      assert.strictEqual(response.ContentType, "application/json")
      const collected = yield* Tokens.collect(model.stream(request))
      assert.strictEqual(collected.text, "Hello")
    }).pipe(Effect.provide(live({ endpoints: [vllm] }))))

  it.live("passes the members and the component of the path to the handler", () =>
    Effect.gen(function*() {
      const seen = yield* Ref.make<Emulator.EmulatorRequest | undefined>(undefined)
      const spy = Emulator.endpoint("vllm", (input) => Effect.as(Ref.set(seen, input), JSON.stringify(completion)))
      yield* ModelEndpoint.openAiChat("vllm", {
        inferenceComponent: "adapter-7",
        CustomAttributes: "a=1",
        SessionId: "s"
      })
        .invoke(request).pipe(Effect.provide(live({ endpoints: [spy] })))
      assert.deepInclude((yield* Ref.get(seen))!, {
        operation: "OpenAiChatCompletion",
        EndpointName: "vllm",
        InferenceComponentName: "adapter-7",
        CustomAttributes: "a=1",
        SessionId: "s"
      })
    }))

  it.live("accepts only tokens of its credentials and region that have not expired, and no signature", () =>
    Effect.gen(function*() {
      const valid = yield* tokenOf(Emulator.credentials)
      const past = (millis: number) => new Date(Date.now() - millis)
      const tampered = (change: (presigned: string) => string) =>
        `sagemaker-api-key-${btoa(change(atob(valid.slice("sagemaker-api-key-".length))))}`
      const other = { ...Emulator.credentials, secretAccessKey: "another-secret" }
      const rejected: Record<string, string> = {
        "no token": "",
        "another scheme": `Basic ${valid}`,
        "an OpenAI key": "Bearer sk-123",
        "no Base64": "Bearer sagemaker-api-key-%%%",
        "another region": `Bearer ${yield* tokenOf(Emulator.credentials, { region: "us-east-1" })}`,
        "another secret": `Bearer ${yield* tokenOf(other)}`,
        "another access key": `Bearer ${yield* tokenOf({ ...other, accessKeyId: "AKIDOTHER" })}`,
        "a session token": `Bearer ${yield* tokenOf({ ...Emulator.credentials, sessionToken: "t" })}`,
        "an expired token": `Bearer ${yield* tokenOf(Emulator.credentials, {
          date: past(61_000),
          expiresIn: "1 minute"
        })}`,
        "a token of the future": `Bearer ${yield* tokenOf(Emulator.credentials, { date: past(-10 * 60_000) })}`,
        "a longer life": `Bearer ${tampered((text) => text.replace("Expires=43200", "Expires=43201"))}`,
        "another action": `Bearer ${tampered((text) => text.replace("CallWithBearerToken", "CallWithBearerTokens"))}`,
        "no version": `Bearer ${tampered((text) => text.replace("&Version=1", ""))}`,
        "another host": `Bearer ${tampered((text) => text.replace("sagemaker.amazonaws", "sagemaker.example"))}`,
        "a wrong signature": `Bearer ${tampered((text) => text.replace(/Signature=\w{4}/, "Signature=0000"))}`
      }
      for (const [name, authorization] of Object.entries(rejected)) {
        const { body, headers, status } = yield* send(authorization === "" ? {} : { authorization })
        assert.strictEqual(status, 403, name)
        assert.deepStrictEqual(Object.keys(body), ["error"], name)
        assert.notProperty(headers, "x-amzn-errortype")
      }
      const unsigned = HttpClientRequest.post(url).pipe(HttpClientRequest.bodyUnsafeJson(request))
      const signed = yield* Effect.flatMap(
        Signer.Signer,
        ({ sign }) => sign(unsigned, { service: "sagemaker", region })
      )
      assert.strictEqual((yield* HttpClient.execute(signed)).status, 403)
      assert.strictEqual((yield* send({ authorization: `Bearer ${valid}` })).status, 200)
      const almost = yield* tokenOf(Emulator.credentials, { date: past(50_000), expiresIn: "1 minute" })
      assert.strictEqual((yield* send({ authorization: `Bearer ${almost}` })).status, 200)
    }).pipe(Effect.provide(live({ endpoints: [vllm] }))))

  it.live("rejects the header of the component, and has no other path", () =>
    Effect.gen(function*() {
      const authorization = `Bearer ${yield* tokenOf(Emulator.credentials)}`
      const { body, status } = yield* send({ authorization, "x-amzn-sagemaker-inference-component": "a" })
      assert.strictEqual(status, 400)
      assert.nestedPropertyVal(body, "error.code", "validation_error")
      for (
        const path of [
          "openai/v1/models",
          "openai/v1/embeddings",
          "inference-components/a/invocations",
          "openai/v1/chat/completions/x"
        ]
      ) {
        const response = yield* send({ authorization }, url.replace("openai/v1/chat/completions", path))
        assert.isAtLeast(response.status, 400)
      }
    }).pipe(Effect.provide(live({ endpoints: [vllm] }))))

  it.live("wraps the errors of the container and of the service", () => {
    const containerBody = "{\"error\":{\"message\":\"too \\\"long\\\"\",\"code\":400}}"
    const endpoints = [
      failing("client", Emulator.containerError({ status: 422, body: containerBody })),
      failing("server", Emulator.containerError({ status: 500, body: "crashed" })),
      failing("timeout", Emulator.containerError({ status: 0, body: "timed out" })),
      failing("cold", new SageMakerError.ValidationError({ reason: "no-capacity" })),
      failing("loading", new SageMakerError.ModelNotReadyException({})),
      failing("down", new SageMakerError.ServiceUnavailable({})),
      failing("throttled", new SageMakerError.ThrottlingError({})),
      failing("bug", new Error("bug")),
      Emulator.endpoint("defect", () => Effect.die("defect")),
      Emulator.endpoint(
        "raw",
        () => HttpServerResponse.json({ error: { message: "raw", code: 404 } }, { status: 404 })
      ),
      Emulator.endpoint(
        "html",
        () => Effect.fail(new SageMakerError.UnknownServiceError({ message: "x", status: 502, body: "<html>" }))
      )
    ]
    const expected: Record<string, object> = {
      client: { _tag: "ModelError", status: 400, OriginalStatusCode: 422, OriginalMessage: containerBody },
      server: { _tag: "ModelError", status: 424, OriginalStatusCode: 500, OriginalMessage: "crashed" },
      timeout: { _tag: "ModelError", status: 424, OriginalStatusCode: 0, OriginalMessage: "timed out" },
      cold: { _tag: "ValidationError", reason: "no-capacity", status: 400 },
      loading: { _tag: "ModelNotReadyException", status: 429 },
      down: { _tag: "ServiceUnavailable", status: 503 },
      throttled: { _tag: "ThrottlingError" },
      bug: { _tag: "ModelError", OriginalStatusCode: 500 },
      defect: { _tag: "ModelError", OriginalStatusCode: 500 },
      raw: { _tag: "ModelError", status: 404, OriginalStatusCode: 404, OriginalMessage: "raw" },
      html: { _tag: "UnknownServiceError", status: 502 },
      missing: { _tag: "ValidationError", reason: "endpoint-not-found" }
    }
    return Effect.gen(function*() {
      for (const [name, members] of Object.entries(expected)) {
        const error = yield* Effect.flip(ModelEndpoint.openAiChat(name).invoke(request))
        assert.deepStrictEqual(pickMembersOf(error, members), members, name)
        assert.notMatch(error.message, /123456789012|console\.aws|Received|timed out|crashed/)
      }
    }).pipe(Effect.provide(live({ endpoints })))
  })

  it.live("closes the connection if the stream of the container fails", () => {
    const cut = Emulator.endpoint(
      "cut",
      () => Effect.succeed(Stream.concat(Stream.make(events[0]!), Stream.fail("cut")))
    )
    return Effect.gen(function*() {
      const error = yield* Effect.flip(Tokens.collect(ModelEndpoint.openAiChat("cut").stream(request)))
      assert.strictEqual(error._tag, "TransportError")
    }).pipe(Effect.provide(live({ endpoints: [cut] })))
  })

  it.live("accepts any authorization if the emulator is anonymous", () =>
    Effect.gen(function*() {
      assert.strictEqual((yield* send({})).status, 200)
    }).pipe(Effect.provide(live({ endpoints: [vllm], credentials: "anonymous" }))))
})
