import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { Pool } from "undici"
import { OriginPools } from "../../../../src/node/internal/http/originPools.ts"
import { eventually } from "../../../support/eventually.ts"
import { serve } from "../../../support/server.ts"

const send = (pools: OriginPools, origin: string) =>
  Effect.async<string>((resume) => {
    pools.dispatch({ origin, path: "/", method: "GET" }, {
      onRequestStart: () => undefined,
      onResponseStart: () => undefined,
      onResponseData: () => undefined,
      onResponseEnd: () => resume(Effect.succeed("ended")),
      onResponseError: (_, error) => resume(Effect.succeed(error.message))
    })
  })

const makePools = (keepAliveMillis = 20) =>
  Effect.acquireRelease(
    Effect.sync(() =>
      new OriginPools(
        (origin) => new Pool(origin, { keepAliveTimeout: keepAliveMillis, keepAliveMaxTimeout: keepAliveMillis }),
        keepAliveMillis
      )
    ),
    (pools) => Effect.promise(() => pools.destroy())
  )

describe("The pools of origins", () => {
  it.scopedLive("are removed when their connections have closed", () =>
    Effect.gen(function*() {
      const servers = yield* Effect.replicateEffect(serve((_, response) => response.end("ok")), 20)
      const pools = yield* makePools()
      for (const { url } of servers) {
        assert.strictEqual(yield* send(pools, url), "ended")
      }
      assert.isAtLeast(pools.size, 1)
      yield* eventually(() => pools.size === 0)
      yield* eventually(() => servers.every(({ sockets }) => sockets.size === 0))
    }))

  it.scopedLive("are removed when nothing can be connected to", () =>
    Effect.gen(function*() {
      const pools = yield* makePools()
      assert.include(yield* send(pools, "http://127.0.0.1:1"), "ECONNREFUSED")
      yield* eventually(() => pools.size === 0)
    }))

  it.scopedLive("are used again while they have connections", () =>
    Effect.gen(function*() {
      const server = yield* serve((_, response) => response.end("ok"))
      const pools = yield* makePools(60_000)
      yield* Effect.replicateEffect(send(pools, server.url), 20)
      assert.strictEqual(pools.size, 1)
      assert.isAtMost(server.connections(), 2)
    }))

  it.scopedLive("accept no request after they are destroyed", () =>
    Effect.gen(function*() {
      const pools = yield* makePools()
      yield* Effect.promise(() => pools.destroy())
      assert.throws(() => pools.dispatch({ origin: "http://127.0.0.1:1", path: "/", method: "GET" }, {}), /closed/)
    }))
})
