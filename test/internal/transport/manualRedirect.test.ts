import { FetchHttpClient, HttpClient } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { invokeEndpoint, RetryPolicy, type SageMakerRuntime } from "effect-sagemaker-runtime"
import { anonymousClient } from "../../support/anonymousClient.ts"
import { call, input } from "../../support/call.ts"
import { serve } from "../../support/server.ts"

const responding = serve((_, response) => response.end("ok"))

const redirecting = (status: number) =>
  Effect.gen(function*() {
    const elsewhere = yield* responding
    const service = yield* serve((_, response) =>
      response.writeHead(status, { location: elsewhere.url, "x-amzn-requestid": "request-1" }).end("moved")
    )
    return { elsewhere, service }
  })

const decorated = Layer.effect(
  HttpClient.HttpClient,
  Effect.map(
    HttpClient.HttpClient,
    (client) => client.pipe(HttpClient.filterStatusOk, HttpClient.retryTransient({ times: 2 }))
  )
).pipe(Layer.provide(FetchHttpClient.layer))

const clients: ReadonlyArray<readonly [string, Layer.Layer<HttpClient.HttpClient>]> = [
  ["fetch", FetchHttpClient.layer],
  [
    "fetch with redirect: follow",
    Layer.provide(FetchHttpClient.layer, Layer.succeed(FetchHttpClient.RequestInit, { redirect: "follow" }))
  ],
  ["fetch with retryTransient and filterStatusOk", decorated]
]

describe("A redirect to another host", () => {
  for (const [name, http] of clients) {
    for (const status of [301, 302, 303, 307, 308]) {
      it.scopedLive(`with status ${status} is an error and is not followed by ${name}`, () =>
        Effect.gen(function*() {
          const { elsewhere, service } = yield* redirecting(status)
          const client = yield* Layer.build(anonymousClient(service.url, http))
          for (const round of [1, 2]) {
            const error = yield* call.pipe(RetryPolicy.use(RetryPolicy.none), Effect.flip, Effect.provide(client))
            assert.deepInclude(error, { _tag: "UnknownServiceError", status, requestId: "request-1" }, `round ${round}`)
          }
          assert.strictEqual(service.seen().length, 2)
          assert.strictEqual(elsewhere.seen().length, 0)
        }))
    }
  }
})

const headersOf = (
  http: Layer.Layer<HttpClient.HttpClient>,
  ...calls: ReadonlyArray<Effect.Effect<unknown, unknown, SageMakerRuntime.SageMakerRuntime>>
) =>
  Effect.gen(function*() {
    const service = yield* responding
    yield* Effect.all(calls).pipe(Effect.provide(anonymousClient(service.url, http)))
    return service.seen().map(({ headers }) => headers)
  })

const init = (headers: Record<string, string>) => Layer.succeed(FetchHttpClient.RequestInit, { headers })

describe("FetchHttpClient.RequestInit", () => {
  it.scopedLive("provided to the layer applies to every call", () =>
    Effect.gen(function*() {
      const http = Layer.provide(FetchHttpClient.layer, init({ "x-mine": "layer" }))
      const seen = yield* headersOf(http, call, call)
      assert.deepStrictEqual(seen.map((headers) => headers["x-mine"]), ["layer", "layer"])
    }))

  it.scopedLive("provided to a call applies to that call only", () =>
    Effect.gen(function*() {
      const mine = Effect.provide(call, init({ "x-mine": "call" }))
      for (const calls of [[mine, call, mine], [call, mine, call]]) {
        const seen = yield* headersOf(FetchHttpClient.layer, ...calls)
        assert.deepStrictEqual(
          seen.map((headers) => headers["x-mine"]),
          calls.map((one) => one === mine ? "call" : undefined)
        )
      }
    }))

  it.scopedLive("provided to the layer applies again after a call with other options", () =>
    Effect.gen(function*() {
      const http = Layer.provide(FetchHttpClient.layer, init({ "x-layer": "layer" }))
      const mine = Effect.provide(call, init({ "x-mine": "call" }))
      const seen = yield* headersOf(http, mine, call)
      assert.strictEqual(seen[0]?.["x-mine"], "call")
      assert.strictEqual(seen[1]?.["x-layer"], "layer")
      assert.notProperty(seen[1], "x-mine")
    }))

  it.scopedLive("is overridden by the members that the call provides, for that call only", () =>
    Effect.gen(function*() {
      const http = Layer.provide(FetchHttpClient.layer, init({ accept: "application/layer" }))
      const own = invokeEndpoint({ ...input, Accept: "application/call" })
      const seen = yield* headersOf(http, own, call, own)
      assert.deepStrictEqual(seen.map(({ accept }) => accept), [
        "application/call",
        "application/layer",
        "application/call"
      ])
    }))

  it.scopedLive("does not replace the headers and method of the request", () =>
    Effect.gen(function*() {
      const http = Layer.provide(
        FetchHttpClient.layer,
        Layer.succeed(FetchHttpClient.RequestInit, { method: "GET", headers: { "content-type": "text/other" } })
      )
      const service = yield* responding
      yield* Effect.repeatN(call, 1).pipe(Effect.provide(anonymousClient(service.url, http)))
      assert.deepStrictEqual(service.seen().map(({ method }) => method), ["POST", "POST"])
      assert.deepStrictEqual(service.seen().map(({ headers }) => headers["content-type"]), ["text/plain", "text/plain"])
    }))
})

const counting = () => {
  const urls: Array<string> = []
  const fetch: typeof globalThis.fetch = (url, options) => {
    urls.push(url instanceof Request ? url.url : `${url}`)
    return globalThis.fetch(url, options)
  }
  return { fetch, urls }
}

describe("FetchHttpClient.Fetch", () => {
  it.scopedLive("provided to the layer sends each call once", () =>
    Effect.gen(function*() {
      const service = yield* responding
      const { fetch, urls } = counting()
      const http = Layer.provide(FetchHttpClient.layer, Layer.succeed(FetchHttpClient.Fetch, fetch))
      yield* Effect.repeatN(call, 2).pipe(Effect.provide(anonymousClient(service.url, http)))
      assert.strictEqual(urls.length, 3)
      assert.strictEqual(service.seen().length, 3)
    }))

  it.scopedLive("provided to a call sends that call, including the first one", () =>
    Effect.gen(function*() {
      const service = yield* responding
      const { fetch, urls } = counting()
      const mine = Effect.provideService(call, FetchHttpClient.Fetch, fetch)
      yield* Effect.all([mine, call, mine]).pipe(Effect.provide(anonymousClient(service.url, FetchHttpClient.layer)))
      assert.strictEqual(urls.length, 2)
      assert.strictEqual(service.seen().length, 3)
    }))

  it.scopedLive("receives only the request of the call", () =>
    Effect.gen(function*() {
      const service = yield* responding
      const { fetch, urls } = counting()
      const http = Layer.provide(decorated, Layer.succeed(FetchHttpClient.Fetch, fetch))
      yield* Effect.all([call, call, call], { concurrency: "unbounded" }).pipe(
        Effect.provide(anonymousClient(service.url, http))
      )
      assert.strictEqual(urls.length, service.seen().length)
      assert.strictEqual(urls.length, 3)
    }))
})
