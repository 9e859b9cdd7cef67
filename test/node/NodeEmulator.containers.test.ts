import {
  InvokeEndpointAsyncCommand,
  InvokeEndpointCommand,
  InvokeEndpointWithResponseStreamCommand,
  SageMakerRuntimeClient
} from "@aws-sdk/client-sagemaker-runtime"
import { FetchHttpClient } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, TestClock } from "effect"
import { Codec, Container, Credentials, SageMakerRuntime, Signer, Tokens } from "effect-sagemaker-runtime"
import { NodeEmulator, NodeHttpClient } from "effect-sagemaker-runtime/node"
import { Emulator } from "effect-sagemaker-runtime/testing"
import { connect } from "node:net"
import { servingContainers } from "../support/servingContainers.ts"

const keys = { accessKeyId: "AKIDEMULATOR", secretAccessKey: "emulator-secret-access-key" }

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes)

/** The emulator on a port, in front of the containers. */
const emulator = Layer.unwrapScoped(Effect.map(servingContainers, (servers) =>
  NodeEmulator.layer({
    region: "eu-west-1",
    endpoints: Object.entries(servers).map(([name, { url }]) => Emulator.container(name, url))
  }).pipe(Layer.provide(NodeHttpClient.layer({ proxy: false })))))

/** Runs calls of AWS SDK v3. */
const withSdk = <A>(call: (client: SageMakerRuntimeClient) => Promise<A>) =>
  Effect.flatMap(NodeEmulator.NodeEmulator, ({ url }) =>
    Effect.acquireUseRelease(
      Effect.sync(() =>
        new SageMakerRuntimeClient({ region: "eu-west-1", endpoint: url, credentials: keys, maxAttempts: 1 })
      ),
      (client) => Effect.promise(() => call(client)),
      (client) => Effect.sync(() => client.destroy())
    ))

/** This client, over HTTP. */
const client = Layer.unwrapEffect(
  Effect.map(
    NodeEmulator.NodeEmulator,
    ({ url }) =>
      SageMakerRuntime.layer({ region: "eu-west-1", endpoint: url }).pipe(
        Layer.provide([Signer.layer, FetchHttpClient.layer]),
        Layer.provide(Credentials.layer(Emulator.credentials))
      )
  )
)

const chat = { messages: [{ role: "user" as const, content: "Hi" }] }

const contents = (events: string): string =>
  [...events.matchAll(/"content":"([^"]*)"/g)].map(([, content]) => content).join("")

describe("Containers behind the emulator, called by AWS SDK v3", () => {
  it.live("stream server-sent events", () =>
    Effect.gen(function*() {
      const events = yield* withSdk(async (sdk) => {
        const { Body, ContentType } = await sdk.send(
          new InvokeEndpointWithResponseStreamCommand({
            EndpointName: "vllm",
            Body: JSON.stringify({ ...chat, stream: true }),
            ContentType: "application/json"
          })
        )
        assert.strictEqual(ContentType, "text/event-stream; charset=utf-8")
        const parts: Array<Uint8Array> = []
        for await (const { PayloadPart } of Body ?? []) {
          parts.push(PayloadPart?.Bytes ?? new Uint8Array())
        }
        assert.isAbove(parts.length, 2)
        return Buffer.concat(parts).toString()
      })
      assert.strictEqual(contents(events), "Hello world ✓")
      assert.isTrue(events.endsWith("data: [DONE]\n\n"))
    }).pipe(Effect.provide(emulator)))

  it.live("respond to whole requests, and with their errors", () =>
    Effect.gen(function*() {
      const predictions = yield* withSdk((sdk) =>
        sdk.send(
          new InvokeEndpointCommand({ EndpointName: "mlflow", Body: "a,b\n1,2\n3,4\n", ContentType: "text/csv" })
        )
      )
      assert.strictEqual(text(predictions.Body ?? new Uint8Array()), "{\"predictions\":[3,7]}")
      const error = yield* withSdk((sdk) =>
        sdk.send(new InvokeEndpointCommand({ EndpointName: "mlflow", Body: "{}", ContentType: "application/json" }))
          .then(() => undefined, (failure: unknown) => failure)
      )
      assert.deepInclude(error, { name: "ModelError", OriginalStatusCode: 400 })
    }).pipe(Effect.provide(emulator)))

  it.live("run asynchronous requests of stored inputs", () =>
    Effect.gen(function*() {
      const { objects, outcome } = yield* Emulator.Emulator
      yield* objects.put("s3://inputs/rows.csv", new TextEncoder().encode("a,b\n5,6\n"))
      const { InferenceId } = yield* withSdk((sdk) =>
        sdk.send(
          new InvokeEndpointAsyncCommand({
            EndpointName: "mlflow",
            InputLocation: "s3://inputs/rows.csv",
            ContentType: "text/csv"
          })
        )
      )
      const output = yield* Effect.flatten(outcome(InferenceId ?? ""))
      assert.strictEqual(text(output), "{\"predictions\":[11]}")
    }).pipe(Effect.provide(emulator)))
})

describe("Containers behind the emulator, called by this client", () => {
  it.live("vLLM streams tokens and completes chats", () =>
    Effect.gen(function*() {
      const model = Container.vllm("vllm").chat
      const { text: streamed } = yield* Tokens.collect(model.stream(chat))
      assert.strictEqual(streamed, "Hello world ✓")
      const completion = yield* model.invoke(chat)
      assert.strictEqual(completion.choices[0]?.message.content, "Hello world ✓")
    }).pipe(Effect.provide(Layer.provideMerge(client, emulator))))

  it.live("MLflow predicts", () =>
    Effect.gen(function*() {
      const model = Container.mlflow("mlflow")
      const { predictions } = yield* model.predict({
        dataframe_split: { columns: ["a", "b"], data: [[1, 2], [3, 4]] }
      })
      assert.deepStrictEqual(predictions, [3, 7])
    }).pipe(Effect.provide(Layer.provideMerge(client, emulator))))

  it.live("Triton infers with JSON and with binary tensors", () =>
    Effect.gen(function*() {
      for (const binary of [false, true]) {
        const model = Container.triton("triton", { binary })
        const inputs = { x: Codec.ndarray(Float32Array.of(1, 2.5, -3), { shape: [3, 1] }) }
        const { outputs } = yield* model.infer({ inputs })
        assert.deepStrictEqual(outputs["x_doubled"]?.data, Float32Array.of(2, 5, -6))
      }
    }).pipe(Effect.provide(Layer.provideMerge(client, emulator))))
})

/** The headers of every recorded request. */
const userAgent =
  "Boto3/1.43.11 md/Botocore#1.43.11 ua/2.1 os/linux md/arch#x86_64 lang/python#3.11.7 md/pyimpl#CPython " +
  "m/b,e,Z,D,N cfg/retry-mode#legacy Botocore/1.43.11"

/** The signed part of a request that boto3 1.43 sent with the emulator's credentials on 2026-11-29, and its body. */
interface Recorded {
  readonly target: string
  readonly headers: ReadonlyArray<string>
  readonly time: string
  readonly signature: string
  readonly body: string
}

const recorded: { readonly [operation: string]: Recorded } = {
  invoke_endpoint: {
    target: "mlflow/invocations",
    headers: [
      "Content-Type: text/csv",
      "Accept: application/json",
      "X-Amzn-SageMaker-Custom-Attributes: tenant=7",
      "X-Amzn-SageMaker-Target-Variant: blue"
    ],
    time: "20261129T005003Z",
    signature: "beb68c53a35115adb7439bf83b8ebb32526e8e3a6855f10dc26f97cb14f64eec",
    body: "a,b\n1,2\n"
  },
  invoke_endpoint_with_response_stream: {
    target: "vllm/invocations-response-stream",
    headers: ["Content-Type: application/json", "X-Amzn-SageMaker-Accept: text/event-stream"],
    time: "20261129T005003Z",
    signature: "75b963ce48546f045ac485c98d6dc9b3433942a937f26b340ad4522df6e75b6e",
    body: "{\"messages\":[],\"stream\":true}"
  },
  invoke_endpoint_async: {
    target: "mlflow/async-invocations",
    headers: ["X-Amzn-SageMaker-InputLocation: s3://inputs/rows.csv", "X-Amzn-SageMaker-Content-Type: text/csv"],
    time: "20261129T005004Z",
    signature: "5cb7d2440b8507e41b7c8778c9835f11142ed8397008da2cdc3722b16ff45077",
    body: ""
  }
}

/** The bytes of the request, in the order of botocore. */
const toMessage = ({ body, headers, signature, target, time }: Recorded): string => {
  const signed = [...headers.map((header) => header.split(":", 1)[0]!.toLowerCase()), "host", "x-amz-date"].toSorted()
  return [
    `POST /endpoints/${target} HTTP/1.1`,
    "Host: 127.0.0.1:18765",
    "Accept-Encoding: identity",
    ...headers,
    `User-Agent: ${userAgent}`,
    `X-Amz-Date: ${time}`,
    "Authorization: AWS4-HMAC-SHA256 Credential=AKIDEMULATOR/20261129/eu-west-1/sagemaker/aws4_request, " +
    `SignedHeaders=${signed.join(";")}, Signature=${signature}`,
    "amz-sdk-invocation-id: d0f239db-8e3a-472a-a3ae-7636c423490f",
    "amz-sdk-request: attempt=1",
    `Content-Length: ${body.length}`,
    "Connection: close",
    "",
    body
  ].join("\r\n")
}

/** Sends bytes to the emulator and reads the response until the connection ends. */
const exchange = (message: string): Effect.Effect<Buffer, never, NodeEmulator.NodeEmulator> =>
  Effect.flatMap(NodeEmulator.NodeEmulator, ({ url }) =>
    Effect.async((resume) => {
      const received: Array<Buffer> = []
      const socket = connect(Number(new URL(url).port), "127.0.0.1", () => socket.write(message))
      socket.on("data", (chunk) => received.push(chunk)).once("close", () =>
        resume(Effect.succeed(Buffer.concat(received))))
    }))

describe("Containers behind the emulator, called by boto3", () => {
  it.effect("respond to its signed requests", () =>
    Effect.gen(function*() {
      yield* TestClock.setTime(Date.parse("2026-11-29T00:50:10Z"))
      const { objects, outcome } = yield* Emulator.Emulator
      yield* objects.put("s3://inputs/rows.csv", new TextEncoder().encode("a,b\n5,6\n"))
      const invoked = String(yield* exchange(toMessage(recorded["invoke_endpoint"]!)))
      assert.match(invoked, /^HTTP\/1.1 200 OK\r\n/)
      assert.match(invoked, /x-amzn-invoked-production-variant: blue\r\n/)
      assert.include(invoked, "{\"predictions\":[3]}")
      const streamed = String(yield* exchange(toMessage(recorded["invoke_endpoint_with_response_stream"]!)))
      assert.match(streamed, /x-amzn-sagemaker-content-type: text\/event-stream; charset=utf-8\r\n/)
      assert.include(streamed, "PayloadPart")
      assert.include(streamed, "[DONE]")
      const submitted = String(yield* exchange(toMessage(recorded["invoke_endpoint_async"]!)))
      assert.match(submitted, /^HTTP\/1.1 202 /)
      const [, id = ""] = /"InferenceId":"([^"]+)"/.exec(submitted) ?? []
      assert.strictEqual(text(yield* Effect.flatten(outcome(id))), "{\"predictions\":[11]}")
    }).pipe(Effect.provide(emulator)))

  it.effect("reject a changed request", () =>
    Effect.gen(function*() {
      yield* TestClock.setTime(Date.parse("2026-11-29T00:50:10Z"))
      const request = { ...recorded["invoke_endpoint"]!, body: "a,b\n9,9\n" }
      assert.match(String(yield* exchange(toMessage(request))), /^HTTP\/1.1 403 /)
    }).pipe(Effect.provide(emulator)))
})
