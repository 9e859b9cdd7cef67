import { FetchHttpClient, HttpClient, HttpClientError, HttpClientRequest } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Either, Fiber, Layer, Redacted, Stream } from "effect"
import { BearerToken, Credentials, ModelEndpoint, OpenAiRoute, RetryPolicy, Tokens } from "effect-sagemaker-runtime"
import { NodeEmulator, NodeHttpClient, NodeSageMaker } from "effect-sagemaker-runtime/node"
import { Emulator } from "effect-sagemaker-runtime/testing"
import { inspect } from "node:util"
import { eventually } from "./support/eventually.ts"
import { scriptedHttpClient } from "./support/scriptedHttpClient.ts"
import { serve } from "./support/server.ts"

const region = "eu-west-1"
const request = { messages: [{ role: "user" as const, content: "Hi" }] }
const body = JSON.stringify({ model: "", ...request })

const event = (delta: object, finish_reason: string | null = null) =>
  `data: ${JSON.stringify({ object: "chat.completion.chunk", choices: [{ index: 0, delta, finish_reason }] })}\n\n`

const endpoints = [
  Emulator.endpoint(
    "vllm",
    () =>
      Effect.succeed(
        Stream.make(event({ content: "Hel" }), event({ content: "lo" }), event({}, "stop"), "data: [DONE]\n\n")
      )
  )
]

const emulator = NodeEmulator.layer({ endpoints, region })
const tokens = BearerToken.layer({ region }).pipe(Layer.provide(Credentials.layer(Emulator.credentials)))

/** A `BearerToken` that counts its tokens. */
const countedTokens = () => {
  const state = { made: 0, invalidated: 0 }
  const service = {
    get: Effect.sync(() => Redacted.make(`token-${state.made += 1}`)),
    invalidate: Effect.sync(() => void (state.invalidated += 1))
  }
  return { state, layer: Layer.succeed(BearerToken.BearerToken, service) }
}

describe("OpenAiRoute.baseUrl", () => {
  it("is the path of the endpoint or component at AWS's or a custom service URL", () => {
    const base = (name: string, options: Partial<Parameters<typeof OpenAiRoute.baseUrl>[1]> = {}) =>
      Either.getOrThrow(OpenAiRoute.baseUrl(name, { region, ...options }))
    assert.strictEqual(base("llama"), "https://runtime.sagemaker.eu-west-1.amazonaws.com/endpoints/llama/openai/v1")
    assert.strictEqual(
      base("llama", { inferenceComponent: "a-1", region: "cn-north-1" }),
      "https://runtime.sagemaker.cn-north-1.amazonaws.com.cn/endpoints/llama/inference-components/a-1/openai/v1"
    )
    assert.strictEqual(
      base("llama", { endpoint: "http://127.0.0.1:8080/proxy/" }),
      "http://127.0.0.1:8080/proxy/endpoints/llama/openai/v1"
    )
    assert.strictEqual(
      base("llama", { useFipsEndpoint: true }),
      "https://runtime-fips.sagemaker.eu-west-1.amazonaws.com/endpoints/llama/openai/v1"
    )
  })

  it("fails for names and options that are invalid", () => {
    const throwing = Object.defineProperty({}, "region", { enumerable: true, get: () => assert.fail() })
    for (
      const [name, options] of [
        ["..", {}],
        ["", {}],
        ["a/b", {}],
        [undefined, {}],
        ["a", { inferenceComponent: "../b" }],
        ["a", { inferenceComponent: "" }],
        ["a", { region: "" }],
        ["a", { endpoint: "ftp://x" }],
        ["a", undefined],
        ["a", null],
        ["a", throwing]
      ] as const
    ) {
      const given = options === throwing || !options ? options : { region, ...options }
      assert.isTrue(Either.isLeft(OpenAiRoute.baseUrl(name as string, given as never)))
    }
  })
})

describe("OpenAiRoute.make", () => {
  it.scopedLive("sends requests that the route accepts, with its own token, and streams the response", () =>
    Effect.gen(function*() {
      const { url: endpoint } = yield* NodeEmulator.NodeEmulator
      const route = yield* OpenAiRoute.make("vllm", { region, endpoint })
      const post = {
        method: "POST",
        body,
        headers: { authorization: "Bearer sk-unused", "content-type": "application/json" }
      }
      const url = `${route.baseURL}/chat/completions`
      for (
        const [target, options] of [
          [url, post],
          [new URL(url), post],
          [new Request(url, post), undefined],
          [url, new Request("https://example.com", post)]
        ] as const
      ) {
        const response = yield* Effect.promise(() => route.fetch(target, options))
        assert.strictEqual(response.status, 200)
        assert.include(yield* Effect.promise(() => response.text()), "[DONE]")
      }
    }).pipe(Effect.provide([emulator, tokens])))

  it.effect("gets a token for each request and discards it after 401 and 403", () =>
    Effect.gen(function*() {
      const { layer, state } = countedTokens()
      const sent: Array<string | null> = []
      const statuses = [200, 401, 403, 429, 500]
      const send: typeof globalThis.fetch = (_, init) => {
        sent.push(new Headers(init?.headers).get("authorization"))
        assert.strictEqual(init?.redirect, "manual")
        return Promise.resolve(new Response(null, { status: statuses[sent.length - 1]! }))
      }
      const { baseURL, fetch } = yield* Effect.provide(OpenAiRoute.make("vllm", { region, fetch: send }), layer)
      for (const _ of statuses) {
        yield* Effect.promise(() => fetch(`${baseURL}/chat/completions`, { method: "POST", body, redirect: "follow" }))
      }
      assert.deepStrictEqual(sent, statuses.map((_, at) => `Bearer token-${at + 1}`))
      assert.strictEqual(state.invalidated, 2)
    }))

  it.effect("rejects URLs outside the route and sends no token to them", () =>
    Effect.gen(function*() {
      const { layer, state } = countedTokens()
      const send: typeof globalThis.fetch = () => assert.fail("must not be sent")
      const { baseURL, fetch } = yield* Effect.provide(OpenAiRoute.make("vllm", { region, fetch: send }), layer)
      const { origin } = new URL(baseURL)
      for (
        const url of [
          "https://api.openai.com/v1/chat/completions",
          "/chat/completions",
          "",
          baseURL,
          `${baseURL}x/chat`,
          `${baseURL}/../../../other/openai/v1/chat/completions`,
          `${baseURL}/%2e%2e/%2e%2e/x`,
          `${origin}/endpoints/other/invocations`,
          baseURL.replace("https://", "http://") + "/chat/completions",
          baseURL.replace("https://", "https://user@") + "/x"
        ]
      ) {
        const error = yield* Effect.flip(
          Effect.tryPromise({ try: () => fetch(url), catch: (error) => error as { _tag: string } })
        )
        assert.strictEqual(error._tag, "InvalidInputError", url)
      }
      assert.strictEqual(state.made, 0)
    }))

  it.effect("rejects with CredentialsError if there is no token, and with the reason of the signal", () =>
    Effect.gen(function*() {
      const none = BearerToken.layer({ region }).pipe(
        Layer.provide(Credentials.layer({ accessKeyId: "", secretAccessKey: "x" }))
      )
      const pending = Layer.succeed(BearerToken.BearerToken, { get: Effect.never, invalidate: Effect.void })
      const failed = yield* Effect.provide(OpenAiRoute.make("vllm", { region }), none)
      const error = yield* Effect.flip(
        Effect.tryPromise({ try: () => failed.fetch(`${failed.baseURL}/x`), catch: (_) => _ as { _tag: string } })
      )
      assert.strictEqual(error._tag, "CredentialsError")
      const { baseURL, fetch } = yield* Effect.provide(OpenAiRoute.make("vllm", { region }), pending)
      const controller = new AbortController()
      const reason = new Error("stopped")
      const promise = fetch(`${baseURL}/x`, { signal: controller.signal })
      controller.abort(reason)
      assert.strictEqual(
        yield* Effect.flip(Effect.tryPromise({ try: () => promise, catch: (_) => _ as object })),
        reason
      )
      const aborted = fetch(new Request(`${baseURL}/x`, { signal: controller.signal }))
      assert.strictEqual(
        yield* Effect.flip(Effect.tryPromise({ try: () => aborted, catch: (_) => _ as object })),
        reason
      )
    }))

  it.effect("fails for a fetch that is no function", () =>
    Effect.gen(function*() {
      const { layer } = countedTokens()
      const error = yield* Effect.flip(
        Effect.provide(OpenAiRoute.make("vllm", { region, fetch: "fetch" as never }), layer)
      )
      assert.strictEqual(error._tag, "ConfigurationError")
    }))
})

describe("OpenAiRoute.layerHttpClient", () => {
  const route = (
    layer: Layer.Layer<HttpClient.HttpClient>,
    bearer: Layer.Layer<BearerToken.BearerToken>,
    endpoint?: string
  ) =>
    OpenAiRoute.layerHttpClient("vllm", { region, ...(endpoint === undefined ? {} : { endpoint }) }).pipe(
      Layer.provide([layer, bearer])
    )

  it.scopedLive("adds the base URL and a token to requests, on fetch and on undici", () =>
    Effect.gen(function*() {
      const { url } = yield* NodeEmulator.NodeEmulator
      for (const http of [FetchHttpClient.layer, Layer.orDie(NodeHttpClient.layer())]) {
        for (
          const path of ["/chat/completions", "chat/completions", `${url}/endpoints/vllm/openai/v1/chat/completions`]
        ) {
          const text = yield* HttpClientRequest.post(path).pipe(
            HttpClientRequest.bearerToken("sk-unused"),
            HttpClientRequest.bodyUnsafeJson({ model: "", ...request }),
            HttpClient.execute,
            Effect.flatMap((response) => response.text),
            Effect.provide(route(http, Layer.orDie(tokens), url))
          )
          assert.include(text, "[DONE]")
        }
      }
    }).pipe(Effect.provide(emulator)))

  it.scopedLive("does not follow redirects, and does not change the context of the caller", () =>
    Effect.gen(function*() {
      const sent: Array<string> = []
      const server = yield* serve((message, response) => {
        sent.push(message.url!)
        response.writeHead(Number(message.headers["x-status"]), { location: "/elsewhere" }).end()
      })
      const { layer } = countedTokens()
      for (const http of [FetchHttpClient.layer, Layer.orDie(NodeHttpClient.layer())]) {
        yield* Effect.gen(function*() {
          for (const status of [301, 302, 303, 307, 308]) {
            const before = yield* Effect.context<never>()
            const post = HttpClientRequest.post("/chat/completions", { headers: { "x-status": `${status}` } })
            const response = yield* HttpClient.execute(post)
            assert.strictEqual(response.status, status)
            assert.deepStrictEqual(yield* Effect.context<never>(), before)
          }
        }).pipe(Effect.provide(route(http, layer, server.url)))
      }
      assert.deepStrictEqual(sent, Array.from({ length: 10 }, () => "/endpoints/vllm/openai/v1/chat/completions"))
    }))

  it.effect("gets a token for each request, discards it after 401 and 403, and prints no token", () =>
    Effect.gen(function*() {
      const { layer, state } = countedTokens()
      const server = yield* scriptedHttpClient({ status: 200 }, { status: 401 }, { status: 403 }, {
        transport: new Error("x")
      })
      yield* Effect.gen(function*() {
        for (const status of [200, 401, 403]) {
          const response = yield* HttpClient.post("/chat/completions")
          assert.strictEqual(response.status, status)
          assert.notInclude(`${JSON.stringify(response)} ${inspect(response, { depth: 9 })}`, "token-")
        }
        const error = yield* Effect.flip(HttpClient.post("/chat/completions"))
        assert.notInclude(
          `${JSON.stringify(error)} ${inspect(error, { depth: 9, showHidden: true, customInspect: false })}`,
          "token-"
        )
      }).pipe(Effect.provide(route(server.http, layer)))
      assert.deepStrictEqual(state, { made: 4, invalidated: 2 })
      const sent = (yield* server.requests).map(({ headers }) => headers["authorization"])
      assert.deepStrictEqual(sent, [1, 2, 3, 4].map((count) => `Bearer token-${count}`))
    }))

  it.effect("fails with RequestError for a URL outside the route and without a token, also after later changes", () =>
    Effect.gen(function*() {
      const { layer, state } = countedTokens()
      const server = yield* scriptedHttpClient({ status: 200 })
      const http = yield* HttpClient.HttpClient.pipe(Effect.provide(route(server.http, layer)))
      const moved = HttpClient.mapRequest(http, HttpClientRequest.prependUrl("https://api.openai.com/v1"))
      for (
        const send of [
          http.get("https://api.openai.com/v1/models"),
          http.get("//example.com/x"),
          moved.get("/models"),
          http.get("/../../x")
        ]
      ) {
        const error = yield* Effect.flip(send)
        assert.strictEqual(error.reason, "InvalidUrl")
      }
      assert.strictEqual(state.made, 0)
      const none = BearerToken.layer({ region }).pipe(
        Layer.provide(Credentials.layer({ accessKeyId: "", secretAccessKey: "x" }))
      )
      const error = yield* Effect.flip(Effect.provide(HttpClient.post("/x"), route(server.http, Layer.orDie(none))))
      assert.instanceOf(error, HttpClientError.RequestError)
      assert.strictEqual(yield* server.attempts, 0)
    }))

  it.scopedLive("closes the connection when the reader of a response is interrupted or leaves", () =>
    Effect.gen(function*() {
      let open = 0
      const server = yield* serve((_, response) => {
        open += 1
        response.once("close", () => (open -= 1))
        response.writeHead(200, { "content-type": "text/event-stream" })
        response.write(event({ content: "Hel" }))
      })
      const { layer } = countedTokens()
      for (const http of [FetchHttpClient.layer, Layer.orDie(NodeHttpClient.layer())]) {
        yield* Effect.gen(function*() {
          const chunks = Stream.unwrap(Effect.map(HttpClient.post("/chat/completions"), ({ stream }) => stream))
          yield* Stream.runDrain(Stream.take(chunks, 1))
          yield* eventually(() => open === 0)
          const reading = yield* Effect.fork(Stream.runDrain(chunks))
          yield* eventually(() => open === 1)
          yield* Fiber.interrupt(reading)
          yield* eventually(() => open === 0)
        }).pipe(Effect.provide(route(http, layer, server.url)))
      }
    }))

  it.scopedLive("keeps the errors of a response typed, without the token", () =>
    Effect.gen(function*() {
      const server = yield* serve((_, response) => {
        response.writeHead(200, { "content-length": "100" })
        response.write("{")
        setTimeout(() => response.destroy(), 20)
      })
      const { layer } = countedTokens()
      const read = Effect.flatMap(HttpClient.post("/chat/completions"), ({ json }) => json)
      const error = yield* Effect.flip(Effect.provide(read, route(FetchHttpClient.layer, layer, server.url)))
      assert.strictEqual(error._tag, "ResponseError")
      assert.notInclude(inspect(error, { depth: 9, showHidden: true }), "token-")
    }))
})

describe("The region", () => {
  const node = NodeSageMaker.layer({ region: "ap-south-1", credentials: Emulator.credentials })

  it.scoped("is the one of NodeSageMaker.layer by default", () =>
    Effect.gen(function*() {
      const { baseURL } = yield* OpenAiRoute.make("llama")
      assert.strictEqual(baseURL, "https://runtime.sagemaker.ap-south-1.amazonaws.com/endpoints/llama/openai/v1")
      const token = Redacted.value(yield* Effect.flatMap(BearerToken.BearerToken, ({ get }) => get))
      assert.include(atob(token.slice("sagemaker-api-key-".length)), "%2Fap-south-1%2Fsagemaker%2F")
    }).pipe(Effect.provide(BearerToken.layer().pipe(Layer.provideMerge(node)))))

  it.effect("is required without it", () =>
    Effect.gen(function*() {
      const layer = BearerToken.layer().pipe(Layer.provide(Credentials.layer(Emulator.credentials)))
      const error = yield* Effect.flip(Effect.provide(BearerToken.BearerToken, layer))
      assert.strictEqual(error.setting, "region")
      const { layer: counted } = countedTokens()
      assert.strictEqual(
        (yield* Effect.flip(Effect.provide(OpenAiRoute.make("llama"), counted)))._tag,
        "ConfigurationError"
      )
    }))
})

describe("ModelEndpoint.openAiChat over a socket", () => {
  const client = (endpoint: string) =>
    BearerToken.layer().pipe(
      Layer.provideMerge(
        NodeSageMaker.layer({ region, endpoint, credentials: Emulator.credentials, retry: RetryPolicy.none })
      )
    )

  it.scopedLive("streams from the emulator", () =>
    Effect.gen(function*() {
      const { url } = yield* NodeEmulator.NodeEmulator
      const { text } = yield* Tokens.collect(ModelEndpoint.openAiChat("vllm").stream(request)).pipe(
        Effect.provide(client(url))
      )
      assert.strictEqual(text, "Hello")
    }).pipe(Effect.provide(emulator)))

  it.scopedLive("closes the socket when a stream or a call is interrupted, and when a stream is left", () =>
    Effect.gen(function*() {
      const server = yield* serve((_, response) => {
        response.writeHead(200, { "content-type": "text/event-stream" })
        response.write(event({ content: "Hel" }))
      })
      const model = ModelEndpoint.openAiChat("vllm")
      yield* Effect.gen(function*() {
        const first = yield* Deferred.make<void>()
        const streaming = yield* Effect.fork(
          Stream.runForEach(model.stream(request), () => Deferred.succeed(first, undefined))
        )
        yield* Deferred.await(first)
        assert.strictEqual(server.sockets.size, 1)
        yield* Fiber.interrupt(streaming)
        yield* eventually(() => server.sockets.size === 0)
        yield* Stream.runDrain(Stream.take(model.stream(request), 1))
        yield* eventually(() => server.sockets.size === 0)
        const calling = yield* Effect.fork(model.invoke(request))
        yield* eventually(() => server.sockets.size === 1)
        yield* Fiber.interrupt(calling)
        yield* eventually(() => server.sockets.size === 0)
      }).pipe(Effect.provide(client(server.url)))
    }))
})
