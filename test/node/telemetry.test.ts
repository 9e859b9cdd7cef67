import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Layer, Redacted, TestClock } from "effect"
import { BearerToken, Credentials } from "effect-sagemaker-runtime"
import { NodeSageMaker } from "effect-sagemaker-runtime/node"
import type { ServerResponse } from "node:http"
import { CurrentMonitor, type Monitor } from "../../src/internal/telemetry/monitor.ts"
import { anonymousNodeClient } from "../support/anonymousClient.ts"
import { call } from "../support/call.ts"
import { eventually } from "../support/eventually.ts"
import { makeTestMetrics, valueOfSeries } from "../support/metrics.ts"
import { serve } from "../support/server.ts"

const keys = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "secret" }

describe("The metrics of a client for Node", () => {
  it.scopedLive("count open connections, and requests that wait for one", () =>
    Effect.gen(function*() {
      const held: Array<ServerResponse> = []
      const server = yield* serve((_, response) => void held.push(response))
      const { record, series } = makeTestMetrics()
      const value = (name: string) => Effect.map(series, (_) => valueOfSeries(_, `sagemaker_runtime.${name}`))
      const layer = anonymousNodeClient(server.url, { connections: 2 }).pipe(record())
      yield* Effect.gen(function*() {
        const calls = yield* Effect.replicateEffect(Effect.fork(call), 4)
        yield* eventually(() => held.length === 2)
        assert.strictEqual(yield* value("connections"), 2)
        assert.strictEqual(yield* value("queued"), 2)
        yield* Fiber.interrupt(calls[3]!)
        assert.strictEqual(yield* value("queued"), 1)
        held.forEach((response) => response.end("ok"))
        yield* eventually(() => held.length === 3)
        assert.strictEqual(yield* value("queued"), 0)
        held.at(-1)?.end("ok")
        yield* Fiber.joinAll(calls.slice(0, 3))
      }).pipe(Effect.provide(layer))
      yield* eventually(() => server.sockets.size === 0)
      assert.strictEqual(yield* value("connections"), 0)
      assert.strictEqual(yield* value("in_flight"), 0)
    }))

  it.scopedLive("count connections and credentials of NodeSageMaker.layer", () =>
    Effect.gen(function*() {
      const server = yield* serve((_, response) => void response.end("ok"))
      const { record, series } = makeTestMetrics()
      const layer = NodeSageMaker.layer({
        region: "eu-west-1",
        endpoint: server.url,
        credentials: () => Promise.resolve(keys),
        http: { proxy: false, connections: 1 }
      }).pipe(record())
      yield* Effect.gen(function*() {
        yield* Effect.replicateEffect(call, 3)
        const recorded = yield* series
        assert.strictEqual(valueOfSeries(recorded, "sagemaker_runtime.connections"), 1)
        assert.strictEqual(valueOfSeries(recorded, "sagemaker_runtime.credentials.refreshes"), 1)
        assert.strictEqual(valueOfSeries(recorded, "sagemaker_runtime.attempts"), 3)
      }).pipe(Effect.provide(layer))
    }))
})

/** The results of loads that a layer reports. */
const reportedLoads = <A, E>(
  layer: Layer.Layer<A, E>,
  use: Effect.Effect<unknown, unknown, A>
) =>
  Effect.gen(function*() {
    const loads: Array<boolean> = []
    const nothing = () => {}
    const monitor: Monitor = {
      retryQuota: nothing,
      connections: nothing,
      queued: nothing,
      circuit: nothing,
      credentialsRefreshed: (exit) => void loads.push(Exit.isSuccess(exit)),
      batch: () => ({ rows: nothing, requests: nothing, divided: nothing, concurrency: nothing })
    }
    yield* use.pipe(Effect.exit, Effect.provide(Layer.provide(layer, Layer.succeed(CurrentMonitor, monitor))))
    return loads
  })

const get = Effect.flatMap(Credentials.Credentials, (credentials) => credentials.get)

describe("A load of credentials is reported", () => {
  it.effect("once for each refresh", () =>
    Effect.gen(function*() {
      const expiration = new Date(60 * 60_000)
      const layer = Credentials.layerProvider(() => Promise.resolve({ ...keys, expiration }))
      const use = get.pipe(
        Effect.zipRight(get),
        Effect.zipRight(TestClock.adjust("56 minutes")),
        Effect.zipRight(get),
        Effect.zipRight(Effect.promise(() => new Promise((resolve) => setTimeout(resolve, 5))))
      )
      assert.deepStrictEqual(yield* reportedLoads(layer, use), [true, true])
    }))

  it.effect("when it fails", () =>
    Effect.gen(function*() {
      const layer = Credentials.layerProvider(() => Promise.reject(new Error("secret")))
      assert.deepStrictEqual(yield* reportedLoads(layer, get), [false])
    }))

  it.effect("once for all sources of Credentials.firstOf", () =>
    Effect.gen(function*() {
      const layer = Credentials.firstOf(
        Credentials.layerProvider(() => Promise.reject(new Error("secret"))),
        Credentials.layerProvider(() => Promise.resolve(keys))
      )
      assert.deepStrictEqual(yield* reportedLoads(layer, get), [true])
    }))

  it.effect("for a bearer token", () =>
    Effect.gen(function*() {
      const layer = BearerToken.layer({ region: "eu-west-1" }).pipe(Layer.provide(Credentials.layer(keys)))
      const token = Effect.map(Effect.flatMap(BearerToken.BearerToken, (_) => _.get), Redacted.value)
      assert.deepStrictEqual(yield* reportedLoads(layer, Effect.zipRight(token, token)), [true])
    }))
})
