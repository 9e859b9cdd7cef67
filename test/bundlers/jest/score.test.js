const { createServer } = require("node:http")
const { Effect, Layer, Stream } = require("effect")
const { invokeEndpoint, InvokeEndpoint, SageMakerError, SageMakerRuntime, Signer, streamEndpoint } = require("effect-sagemaker-runtime")
const { NodeSageMaker } = require("effect-sagemaker-runtime/node")
const { Emulator, MockRuntime } = require("effect-sagemaker-runtime/testing")
const Timeouts = require("effect-sagemaker-runtime/Timeouts")

const text = ({ Body }) => new TextDecoder().decode(Body)

test("a mock layer", async () => {
  const mock = MockRuntime.layer(
    MockRuntime.on(InvokeEndpoint.operation, () => Effect.succeed({ Body: new TextEncoder().encode("0.9") }))
  )
  const score = invokeEndpoint({ EndpointName: "fraud", Body: "{}" })
  expect(text(await Effect.runPromise(Effect.provide(score, mock)))).toBe("0.9")
})

test("the emulator in process", async () => {
  const echo = Emulator.endpoint("echo", ({ Body }) => Effect.succeed(Body))
  const client = SageMakerRuntime.layer({ region: "eu-west-1" }).pipe(
    Layer.provide([Signer.layerAnonymous, Emulator.layerHttpClient({ endpoints: [echo], credentials: "anonymous" })])
  )
  const call = invokeEndpoint({ EndpointName: "echo", Body: "hello" })
  expect(text(await Effect.runPromise(Effect.provide(call, client)))).toBe("hello")
})

describe("a server", () => {
  const run = (effect) => Effect.runPromise(Effect.provide(effect, NodeSageMaker.layer()))

  test("a unary call", async () => {
    expect(text(await run(invokeEndpoint({ EndpointName: "echo", Body: "hello" })))).toBe("hello")
  })

  test("a stream", async () => {
    const parts = streamEndpoint({ EndpointName: "story", Body: "" }).pipe(Stream.decodeText(), Stream.mkString)
    expect(await run(parts)).toBe("once upon a time")
  })

  test("a typed error", async () => {
    const error = await run(Effect.flip(invokeEndpoint({ EndpointName: "absent", Body: "" })))
    expect(error).toBeInstanceOf(SageMakerError.ValidationError)
    expect(SageMakerError.isEndpointNotFound(error)).toBe(true)
  })

  test("a timeout and a refused connection", async () => {
    const slow = invokeEndpoint({ EndpointName: "slow", Body: "" }).pipe(Timeouts.use({ total: "200 millis" }), Effect.flip)
    expect((await run(slow))._tag).toBe("TimeoutError")
    const refused = invokeEndpoint({ EndpointName: "echo", Body: "" }).pipe(
      Effect.provide(NodeSageMaker.layer({ endpoint: "http://127.0.0.1:1" })),
      Effect.flip
    )
    const error = await Effect.runPromise(refused)
    expect(error._tag).toBe("TransportError")
    expect(error.reason).toBe("connect")
    expect(error.message).toContain("127.0.0.1:1")
  })

  test("a connection that is lost while a stream is read", async () => {
    const server = createServer((request, response) => {
      request.resume()
      response.writeHead(200, { "content-type": "application/vnd.amazon.eventstream" })
      response.write(new Uint8Array(8), () => response.socket.resetAndDestroy())
    })
    await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve))
    const client = NodeSageMaker.layer({ endpoint: `http://127.0.0.1:${server.address().port}` })
    const call = streamEndpoint({ EndpointName: "echo", Body: "" }).pipe(Stream.runDrain, Effect.flip)
    const error = await Effect.runPromise(Effect.provide(call, client))
    server.close()
    expect([error._tag, error.reason]).toEqual(["TransportError", "reset"])
  })

  test("credentials of a profile", async () => {
    const client = NodeSageMaker.layer({ profile: "process" })
    const call = Effect.provide(invokeEndpoint({ EndpointName: "echo", Body: "hello" }), client)
    expect(text(await Effect.runPromise(call))).toBe("hello")
  })
})
