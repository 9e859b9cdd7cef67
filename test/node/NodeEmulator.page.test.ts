import { assert, it } from "@effect/vitest"
import { Effect, Stream } from "effect"
import { invokeEndpointWithBidirectionalStream } from "effect-sagemaker-runtime"
import { NodeEmulator, NodeSageMaker } from "effect-sagemaker-runtime/node"
import { Emulator } from "effect-sagemaker-runtime/testing"

const endpoints = [Emulator.bidirectional("echo", (parts) => Stream.map(parts, ({ Bytes }) => Bytes))]

const get = (url: string, headers: Record<string, string>) =>
  Effect.promise(async () => {
    const response = await fetch(url, { headers })
    return { status: response.status, body: await response.text() }
  })

const html = { accept: "text/html" }

it.live("The emulator has a page on a loopback address, and on other addresses if it is switched on", () =>
  Effect.gen(function*() {
    const cases: ReadonlyArray<readonly [Partial<NodeEmulator.NodeEmulatorOptions>, number]> = [
      [{}, 200],
      [{ host: "localhost" }, 200],
      [{ host: "127.0.0.1", page: false }, 404],
      [{ host: "0.0.0.0" }, 404],
      [{ host: "0.0.0.0", page: true }, 200],
      [{ host: "0.0.0.0", page: { hosts: ["models.internal"] } }, 200]
    ]
    for (const [options, expected] of cases) {
      yield* Effect.gen(function*() {
        const { hasPage, url } = yield* NodeEmulator.NodeEmulator
        assert.strictEqual((yield* get(url, html)).status, expected, JSON.stringify(options))
        assert.strictEqual(hasPage, expected === 200)
        assert.include((yield* get(url, { accept: "*/*" })).body, "<ListAllMyBucketsResult")
      }).pipe(Effect.provide(NodeEmulator.layer({ endpoints, credentials: "anonymous", ...options })))
    }
  }))

it.live("The page of the emulator lists bidirectional streams with their sizes", () =>
  Effect.gen(function*() {
    const { url } = yield* NodeEmulator.NodeEmulator
    const client = NodeSageMaker.layer({ region: "eu-west-1", endpoint: url, credentials: Emulator.credentials })
    yield* Effect.gen(function*() {
      const Body = Stream.make({ Bytes: new TextEncoder().encode("hello") })
      const output = yield* invokeEndpointWithBidirectionalStream({ EndpointName: "echo", Body })
      yield* Stream.runDrain(output.Body)
    }).pipe(Effect.scoped, Effect.provide(client))
    const [, token = ""] = /name="token" content="(\w+)"/.exec((yield* get(url, html)).body) ?? []
    const state = yield* get(`${url}/_emulator/state`, { "x-emulator-token": token })
    const [entry] = JSON.parse(state.body).requests
    assert.include(entry, { endpoint: "echo", operation: "InvokeEndpointWithBidirectionalStream", status: 200 })
    assert.isAbove(entry.requestBytes, 5)
    assert.isAbove(entry.responseBytes, 5)
    assert.isNumber(entry.duration)
  }).pipe(Effect.provide(NodeEmulator.layer({ endpoints }))))
