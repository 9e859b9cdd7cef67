import { assert, describe, it } from "@effect/vitest"
import { Effect, Stream } from "effect"
import { SageMakerError } from "effect-sagemaker-runtime"
import { Emulator } from "effect-sagemaker-runtime/testing"

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes)

const endpoints = [
  Emulator.endpoint("echo", ({ Body, ContentType }) => Effect.succeed({ Body, ContentType })),
  Emulator.endpoint("story", () =>
    Effect.succeed(Stream.concat(
      Stream.make("once ", "upon "),
      Stream.fail(new SageMakerError.ModelStreamError({ message: "lost", ErrorCode: "StreamBroken" }))
    ))),
  Emulator.endpoint("binary", () => Effect.succeed(new Uint8Array([255, 0])))
]

const withPage = Effect.provide(
  Emulator.layer({ endpoints, credentials: "anonymous", page: { hosts: ["Emulator.Test"] } })
)

const bytesOf = (body: Uint8Array | Stream.Stream<Uint8Array, unknown>) =>
  body instanceof Uint8Array
    ? Effect.succeed(body)
    : Effect.map(Stream.runCollect(body), (chunks) => new Uint8Array(Buffer.concat([...chunks])))

const send = (method: string, target: string, headers: Record<string, string> = {}, body = "") =>
  Effect.flatMap(Emulator.Emulator, ({ handle }) =>
    handle({
      method,
      target,
      headers: { host: "127.0.0.1:4566", ...headers },
      body: new TextEncoder().encode(body)
    })).pipe(
      Effect.flatMap((response) => Effect.map(bytesOf(response.body), (body) => ({ ...response, body: text(body) })))
    )

const html = { accept: "text/html,application/xhtml+xml" }

const tokenHeaders = Effect.map(send("GET", "/", html), ({ body }) => ({
  "x-emulator-token": /name="token" content="([0-9a-f]{32})"/.exec(body)?.[1] ?? ""
}))

const lines = (body: string) => body.trim().split("\n").map((line) => JSON.parse(line))

describe("The page of the emulator", () => {
  it.effect("has a strict policy, and a nonce for each response", () =>
    Effect.gen(function*() {
      const first = yield* send("GET", "/", html)
      const second = yield* send("GET", "/", html)
      assert.strictEqual(first.status, 200)
      const policy = first.headers["content-security-policy"] ?? ""
      assert.match(policy, /^default-src 'none'; script-src 'nonce-[0-9a-f]{32}';/)
      assert.notStrictEqual(policy, second.headers["content-security-policy"])
      assert.include(first.headers, { "x-content-type-options": "nosniff", "x-frame-options": "DENY" })
      assert.isUndefined(first.headers["access-control-allow-origin"])
      assert.notMatch(first.body, /\s(?:on\w+|style)=|https?:\/\//)
    }).pipe(withPage))

  it.effect("needs an address that no other site can have", () =>
    Effect.gen(function*() {
      const status = (host: string) => Effect.map(send("GET", "/", { ...html, host }), (response) => response.status)
      for (
        const host of [
          "localhost:4566",
          "127.0.0.1",
          "[::1]:80",
          "192.168.1.2:4566",
          "emulator.test",
          "EMULATOR.TEST:1"
        ]
      ) {
        assert.strictEqual(yield* status(host), 200, host)
      }
      for (
        const host of [
          "evil.example",
          "evil.example:4566",
          "127.0.0.1.evil.example",
          "",
          "[::1",
          "a@127.0.0.1",
          "localhost.evil"
        ]
      ) {
        assert.strictEqual(yield* status(host), 403, host)
      }
    }).pipe(withPage))

  it.effect("accepts its requests only with its token and from its origin", () =>
    Effect.gen(function*() {
      const token = yield* tokenHeaders
      const state = (headers: Record<string, string>) =>
        Effect.map(send("GET", "/_emulator/state", headers), (response) => response.status)
      assert.strictEqual(yield* state(token), 200)
      assert.strictEqual(
        yield* state({ ...token, "origin": "http://127.0.0.1:4566", "sec-fetch-site": "same-origin" }),
        200
      )
      const rejected: ReadonlyArray<Record<string, string>> = [
        {},
        { "x-emulator-token": "" },
        { ...token, origin: "http://evil.example" },
        { ...token, origin: "http://127.0.0.1:4567" },
        { ...token, origin: "null" },
        { ...token, "sec-fetch-site": "cross-site" },
        { ...token, "sec-fetch-site": "same-site" },
        { ...token, host: "evil.example" }
      ]
      for (const headers of rejected) {
        assert.strictEqual(yield* state(headers), 403, JSON.stringify(headers))
      }
      const other = yield* Effect.provide(tokenHeaders, Emulator.layer({ endpoints, page: true }))
      assert.strictEqual(yield* state(other), 403)
    }).pipe(withPage))

  it.effect("sends requests, and lists them with those of clients", () =>
    Effect.gen(function*() {
      const token = yield* tokenHeaders
      const target = (endpoint: string, operation: string) =>
        `/_emulator/send?endpoint=${endpoint}&operation=${operation}&contentType=text%2Fplain`
      const echo = lines((yield* send("POST", target("echo", "InvokeEndpoint"), token, "héllo")).body)
      assert.include(echo[0], { status: 200 })
      assert.include(echo[0].headers, { "content-type": "text/plain" })
      assert.deepStrictEqual(echo.slice(1), [{ text: "héllo" }, { end: "complete" }])
      const story = lines((yield* send("POST", target("story", "InvokeEndpointWithResponseStream"), token)).body)
      assert.deepStrictEqual(story.slice(1, 3), [{ text: "once " }, { text: "upon " }])
      assert.match(story[3].text, /^\nModelStreamError: \{.*"lost"/)
      const binary = lines((yield* send("POST", target("binary", "InvokeEndpoint"), token)).body)
      assert.deepStrictEqual(binary[1], { base64: "/wA=" })
      const unknown = lines((yield* send("POST", target("absent", "InvokeEndpoint"), token)).body)
      assert.include(unknown[0], { status: 400 })
      assert.strictEqual((yield* send("POST", target("echo", "Other"), token)).status, 400)
      yield* send("POST", "/endpoints/echo/invocations", {}, "12345")
      yield* send("POST", "/endpoints/absent/invocations")
      const { requests } = JSON.parse((yield* send("GET", "/_emulator/state", token)).body)
      assert.deepStrictEqual(
        requests.slice(0, 2).map((
          entry: Record<string, unknown>
        ) => [entry["endpoint"], entry["status"], entry["error"], entry["isFromPage"], entry["requestBytes"]]),
        [["absent", 400, "ValidationError", false, 0], ["echo", 200, undefined, false, 5]]
      )
      assert.lengthOf(requests, 6)
    }).pipe(withPage))

  it.effect("records payloads only while that is switched on, and the start of each", () =>
    Effect.gen(function*() {
      const token = yield* tokenHeaders
      const payloads = (id: number) => send("GET", `/_emulator/payloads?id=${id}`, token)
      yield* send("POST", "/endpoints/echo/invocations", {}, "before")
      yield* send("POST", "/_emulator/recording?on=true", token)
      yield* send("POST", "/endpoints/echo/invocations", {}, "x".repeat(100_000))
      assert.deepStrictEqual(JSON.parse((yield* payloads(1)).body), {})
      const { request } = JSON.parse((yield* payloads(2)).body)
      assert.include(request, { size: 100_000, isCut: true })
      assert.strictEqual(request.parts[0].text.length, 32_768)
      yield* send("POST", "/_emulator/recording?on=false", token)
      assert.deepStrictEqual(JSON.parse((yield* payloads(2)).body), {})
      assert.strictEqual((yield* payloads(99)).status, 404)
    }).pipe(withPage))

  it.effect("lists at most 200 requests", () =>
    Effect.gen(function*() {
      const token = yield* tokenHeaders
      yield* Effect.repeatN(send("POST", `/endpoints/${"x".repeat(5_000)}/invocations`), 299)
      const { requests } = JSON.parse((yield* send("GET", "/_emulator/state", token)).body)
      assert.lengthOf(requests, 200)
      assert.include(requests[0], { id: 300 })
      assert.lengthOf(requests[0].endpoint, 128)
    }).pipe(withPage))

  it.effect("is absent if it is switched off, and never replaces Amazon S3", () =>
    Effect.gen(function*() {
      assert.strictEqual((yield* send("GET", "/", html)).status, 404)
      assert.strictEqual((yield* send("GET", "/_emulator/state")).status, 404)
      const { handleS3 } = yield* Emulator.Emulator
      const listed = yield* handleS3({ method: "GET", target: "/", headers: { host: "127.0.0.1" }, body: Stream.empty })
      assert.strictEqual(listed.status, 200)
    }).pipe(Effect.provide(Emulator.layer({ endpoints, credentials: "anonymous" }))))
})
