import { assert, describe, it } from "@effect/vitest"
import { type Duration, Effect, Stream } from "effect"
import { streamEndpoint } from "effect-sagemaker-runtime"
import type { NodeHttpClient } from "effect-sagemaker-runtime/node"
import type { ServerResponse } from "node:http"
import { anonymousNodeClient } from "../support/anonymousClient.ts"
import { certificates } from "../support/certificates.ts"
import { eventually } from "../support/eventually.ts"
import { forwardProxy } from "../support/proxy.ts"
import { serve, serveTls } from "../support/server.ts"
import { part } from "../support/streamServer.ts"

describe("Abandoned requests", () => {
  const frame = part(new Uint8Array(64))

  const writeFrame = (_: unknown, response: ServerResponse) => {
    response.writeHead(200, { "content-type": "application/vnd.amazon.eventstream" }).write(frame)
  }

  const abandonStreams = (url: string, pause: Duration.DurationInput, options: NodeHttpClient.NodeHttpClientOptions) =>
    streamEndpoint({ EndpointName: "story", Body: "once" }).pipe(
      Stream.take(1),
      Stream.runDrain,
      Effect.zipRight(Effect.sleep(pause)),
      Effect.replicateEffect(10),
      Effect.zipRight(Effect.sleep("100 millis")),
      Effect.provide(anonymousNodeClient(url, options))
    )

  const pauses = ["0 millis", "20 millis"] as const
  const limits = [{}, { connections: 1 }] as const
  const cases = pauses.flatMap((pause) => limits.map((options) => [pause, options] as const))

  it.scopedLive.each(cases)(
    "open one connection each: streams, %s apart, %j",
    ([pause, options]) =>
      Effect.gen(function*() {
        const server = yield* serve(writeFrame)
        yield* Effect.zipRight(
          abandonStreams(server.url, pause, options),
          Effect.sync(() => assert.strictEqual(server.sockets.size, 0))
        )
        assert.deepStrictEqual([server.seen().length, server.connections()], [10, 10])
      })
  )

  it.scopedLive.each(cases)(
    "open one connection each: streams over TLS, %s apart, %j",
    ([pause, options]) =>
      Effect.gen(function*() {
        const { ca } = yield* certificates
        const server = yield* serveTls(writeFrame)
        yield* abandonStreams(server.url, pause, { ...options, ca })
        assert.strictEqual(server.connections(), 10)
        yield* eventually(() => server.sockets.size === 0)
      })
  )

  it.scopedLive.each([...cases.map((_) => [..._, serve] as const), ...cases.map((_) => [..._, serveTls] as const)])(
    "open one tunnel each: streams through a proxy, %s apart, %j",
    ([pause, options, target]) =>
      Effect.gen(function*() {
        const { ca } = yield* certificates
        const proxy = yield* forwardProxy()
        const server = yield* target(writeFrame)
        yield* abandonStreams(server.url, pause, { ...options, ca, proxy: proxy.url })
        assert.deepStrictEqual([proxy.tunnels.length, proxy.connections(), server.connections()], [10, 10, 10])
        yield* eventually(() => server.sockets.size === 0 && proxy.sockets.size === 0)
      })
  )
})
