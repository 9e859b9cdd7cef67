import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { Framing, invokeEndpointWithResponseStream, streamEndpoint } from "effect-sagemaker-runtime"
import { NodeHttpClient } from "effect-sagemaker-runtime/node"
import { Client } from "effect-sagemaker-runtime/promise"
import { execFile } from "node:child_process"
import { createServer } from "node:http"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { anonymousClient } from "../support/anonymousClient.ts"
import { eventually } from "../support/eventually.ts"
import { memoryInUse } from "../support/memory.ts"
import { listen } from "../support/server.ts"
import { part, streamServer } from "../support/streamServer.ts"
import { failureOf } from "./failureOf.ts"

const frame = part(new TextEncoder().encode("token\n"))

const input = { EndpointName: "story", Body: "Once" }

const clientOf = (url: string) => Client.make(anonymousClient(url, NodeHttpClient.layer({ proxy: false })))

type Scene = Effect.Effect.Success<ReturnType<typeof makeScene>>

const makeScene = (count = Infinity) =>
  Effect.gen(function*() {
    const server = yield* streamServer(frame, count)
    const client = yield* Effect.acquireRelease(
      Effect.sync(() => clientOf(server.url)),
      (client) => Effect.promise(() => client.close())
    )
    const closed = () => Effect.runPromise(eventually(() => server.streams.size === 0 && server.sockets.size === 0))
    return { client, closed, server }
  })

/** Tests with an endless stream, or one of `count` parts. */
const scene = (name: string, test: (scene: Scene) => Promise<void>, count?: number) =>
  it.scopedLive(name, () => Effect.flatMap(makeScene(count), (scene) => Effect.promise(() => test(scene))))

describe("iterate over a socket", () => {
  scene("`break` closes the connection", async ({ client, closed, server }) => {
    for await (const bytes of client.iterate(streamEndpoint(input))) {
      assert.strictEqual(new TextDecoder().decode(bytes), "token\n")
      break
    }
    await closed()
    assert.strictEqual(server.connections(), 1)
  })

  scene("an abort closes the connection", async ({ client, closed }) => {
    const controller = new AbortController()
    const loop = async () => {
      for await (const _ of client.iterate(streamEndpoint(input), controller)) {
        controller.abort(new Error("the user left"))
      }
    }
    assert.propertyVal(await failureOf(loop()), "name", "AbortError")
    await closed()
  })

  scene("a reader that pauses stops the server", async ({ client, server }) => {
    const iterator = client.iterate(streamEndpoint(input))[Symbol.asyncIterator]()
    await iterator.next()
    const written = () => [...server.sockets].map(({ bytesWritten }) => bytesWritten)[0] ?? 0
    await client.run(Effect.sleep(300))
    const before = written()
    await client.run(Effect.sleep(100))
    assert.isBelow(written() - before, 1_000_000)
    await iterator.return?.()
  })

  scene("a stream that is read to its end keeps the connection", async ({ client, server }) => {
    for (let left = 5; left > 0; left--) {
      let count = 0
      // oxlint-disable-next-line no-await-in-loop
      for await (const __ of client.iterate(Framing.lines.frame(streamEndpoint(input)))) {
        count++
      }
      assert.strictEqual(count, 3)
    }
    assert.isAtMost(server.connections(), 2)
  }, 3)
})

describe("open", () => {
  scene("gives response headers and body together, and keeps the connection after the last part", async (
    { client, server }
  ) => {
    for (let left = 5; left > 0; left--) {
      // oxlint-disable-next-line no-await-in-loop
      const response = await client.open(invokeEndpointWithResponseStream(input))
      assert.strictEqual(response.$metadata.httpStatusCode, 200)
      const texts: Array<string> = []
      // oxlint-disable-next-line no-await-in-loop
      for await (const bytes of response.Body) {
        texts.push(new TextDecoder().decode(bytes))
      }
      assert.deepStrictEqual(texts, ["token\n", "token\n", "token\n"])
      // oxlint-disable-next-line no-await-in-loop
      assert.propertyVal(await failureOf(response.Body[Symbol.asyncIterator]().next()), "_tag", "TransportError")
    }
    assert.isAtMost(server.connections(), 2)
  }, 3)

  scene("`break` closes the connection", async ({ client, closed }) => {
    const { Body } = await client.open(invokeEndpointWithResponseStream(input))
    for await (const _ of Body) {
      break
    }
    await closed()
  })

  scene("`close` closes the connection of a body that is not read", async ({ client, closed, server }) => {
    const response = await client.open(invokeEndpointWithResponseStream(input))
    assert.strictEqual(server.streams.size, 1)
    await response.close()
    await response.close()
    await closed()
    assert.propertyVal(await failureOf(response.Body[Symbol.asyncIterator]().next()), "_tag", "TransportError")
  })

  scene("`close` rejects the iteration that waits", async ({ client, closed }) => {
    const response = await client.open(invokeEndpointWithResponseStream(input))
    const iterator = response.Body[Symbol.asyncIterator]()
    const waiting = failureOf(
      (async () => {
        for (;;) {
          // oxlint-disable-next-line no-await-in-loop
          const { done } = await iterator.next()
          assert.isFalse(done)
        }
      })()
    )
    await client.run(Effect.sleep(5))
    await response.close()
    assert.propertyVal(await waiting, "name", "AbortError")
    await closed()
  })

  scene("`await using` closes the connection", async ({ client, closed }) => {
    const use = async () => {
      await using response = await client.open(invokeEndpointWithResponseStream(input))
      return response.$metadata.httpStatusCode
    }
    assert.strictEqual(await use(), 200)
    await closed()
  })

  scene("the body is also a stream, for a framing", async ({ client, closed }) => {
    const response = await client.open(invokeEndpointWithResponseStream(input))
    for await (const line of client.iterate(Framing.lines.frame(response.Body))) {
      assert.strictEqual(line, "token")
      break
    }
    await closed()
  })

  scene("the signal aborts the body, and a body that is not read", async ({ client, closed }) => {
    const controller = new AbortController()
    const [read] = await Promise.all([
      client.open(invokeEndpointWithResponseStream(input), controller),
      client.open(invokeEndpointWithResponseStream(input), controller)
    ])
    const iterator = read.Body[Symbol.asyncIterator]()
    await iterator.next()
    controller.abort()
    assert.propertyVal(await failureOf(iterator.next()), "name", "AbortError")
    await closed()
  })

  scene("`close` of the client closes the connection and rejects the iteration", async ({ client, closed }) => {
    const response = await client.open(invokeEndpointWithResponseStream(input))
    const iterator = response.Body[Symbol.asyncIterator]()
    await iterator.next()
    await client.close()
    assert.instanceOf(await failureOf(iterator.next()), Client.ClientClosedError)
    await closed()
    assert.instanceOf(
      await failureOf(client.open(invokeEndpointWithResponseStream(input))),
      Client.ClientClosedError
    )
  })
})

/** An endless stream from a server that keeps no record of its requests. */
const unrecorded = Effect.map(
  listen(createServer((request, response) => {
    request.resume()
    response.writeHead(200, { "content-type": "application/vnd.amazon.eventstream" })
    response.write(frame)
  })),
  ({ port, sockets }) => ({ client: clientOf(`http://127.0.0.1:${port}`), sockets })
)

it.scopedLive("1,000 aborted iterations leave no connection, no listener and no memory", () =>
  Effect.flatMap(unrecorded, ({ client, sockets }) =>
    Effect.promise(async () => {
      const shared = new AbortController()
      let listeners = 0
      const { signal } = shared
      const add = signal.addEventListener.bind(signal)
      const remove = signal.removeEventListener.bind(signal)
      signal.addEventListener = (...args: Parameters<typeof add>) => {
        listeners++
        add(...args)
      }
      signal.removeEventListener = (...args: Parameters<typeof remove>) => {
        listeners--
        remove(...args)
      }
      const abortOne = async () => {
        const controller = new AbortController()
        const loop = async () => {
          for await (const _ of client.iterate(streamEndpoint(input), controller)) {
            controller.abort()
          }
        }
        assert.propertyVal(await failureOf(loop()), "name", "AbortError")
      }
      const breakOne = async () => {
        for await (const _ of client.iterate(streamEndpoint(input), shared)) {
          break
        }
      }
      const repeat = async (count: number): Promise<void> => {
        await Promise.all(Array.from({ length: 10 }, abortOne))
        await Promise.all(Array.from({ length: 10 }, breakOne))
        return count > 20 ? repeat(count - 20) : undefined
      }
      await repeat(1_000)
      await Effect.runPromise(eventually(() => sockets.size === 0))
      const before = await Effect.runPromise(memoryInUse)
      await repeat(1_000)
      await Effect.runPromise(eventually(() => sockets.size === 0))
      assert.isBelow(await Effect.runPromise(memoryInUse) - before, 2 ** 20)
      assert.strictEqual(listeners, 0)
      await client.close()
    })))

const program = `
import { Effect, Layer, Stream } from "effect"
import { invokeEndpointWithResponseStream, streamEndpoint } from "effect-sagemaker-runtime"
import { NodeSageMaker } from "effect-sagemaker-runtime/node"
import { Client } from "effect-sagemaker-runtime/promise"

process.on("unhandledRejection", (error) => {
  console.log("unhandled", error)
})
const credentials = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "secret" }
const input = { EndpointName: "story", Body: "Once" }
const client = Client.make(NodeSageMaker.layer({ region: "eu-west-1", credentials, endpoint: process.argv[1] }))
const iterator = client.iterate(streamEndpoint(input))[Symbol.asyncIterator]()
await iterator.next()
const response = await client.open(invokeEndpointWithResponseStream(input))
const abandoned = client.iterate(streamEndpoint(input), { signal: AbortSignal.timeout(50) })[Symbol.asyncIterator]()
await abandoned.next()
await client.run(Effect.sleep(100))
const timer = client.run(Effect.sleep("1 hour")).catch(({ _tag }) => console.log(_tag))
await client.close()
await timer
console.log(response.$metadata.httpStatusCode, "closed")
`

it.scopedLive("a process exits by itself after close, without unhandled rejections", () =>
  Effect.gen(function*() {
    const { url } = yield* streamServer(frame)
    const { stderr, stdout } = yield* Effect.promise(() =>
      promisify(execFile)(process.execPath, ["--input-type=module", "--eval", program, url], {
        cwd: fileURLToPath(new URL("../..", import.meta.url)),
        timeout: 20_000
      })
    )
    assert.deepStrictEqual([stdout, stderr], ["ClientClosedError\n200 closed\n", ""])
  }))
