import { Cookies, HttpBody, HttpClientRequest, UrlParams } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { Chunk, Effect, Option, Stream } from "effect"
import { NodeHttpClient } from "effect-sagemaker-runtime/node"
import type { IncomingMessage, ServerResponse } from "node:http"
import { inspect } from "node:util"
import { serve } from "../support/server.ts"

const bytes = (...values: ReadonlyArray<number>) => Uint8Array.from(values)

const received = (handler: (request: IncomingMessage, response: ServerResponse) => void) =>
  Effect.gen(function*() {
    const server = yield* serve(handler)
    const client = yield* NodeHttpClient.make()
    return yield* client.get(`${server.url}/a?b=c`)
  })

const reply = (body: string | Uint8Array = "", headers: { readonly [name: string]: string | Array<string> } = {}) =>
  received((_, response) => response.writeHead(200, headers).end(body))

const whole = (stream: Stream.Stream<Uint8Array, unknown>) =>
  Effect.map(Stream.runCollect(stream), (chunks) => Array.from(Buffer.concat(Chunk.toReadonlyArray(chunks))))

describe("A response", () => {
  it.scopedLive("has its status, cookies and headers, with repeated headers joined", () =>
    Effect.gen(function*() {
      const response = yield* received((_, response) =>
        response.writeHead(418, { "X-One": "1", "x-many": ["a", "b"], "set-cookie": ["k=v; Path=/", "l=w"] }).end()
      )
      assert.strictEqual(response.status, 418)
      assert.strictEqual(response.headers["x-one"], "1")
      assert.strictEqual(response.headers["x-many"], "a, b")
      assert.strictEqual(response.headers["set-cookie"], "k=v; Path=/, l=w")
      assert.deepStrictEqual(Cookies.toRecord(response.cookies), { k: "v", l: "w" })
      assert.deepStrictEqual(response.remoteAddress, Option.none())
      assert.strictEqual(response.request.method, "GET")
    }))

  it.scopedLive("has one cookie or none", () =>
    Effect.gen(function*() {
      const one = yield* reply("", { "set-cookie": "k=v" })
      assert.deepStrictEqual(Cookies.toRecord(one.cookies), { k: "v" })
      assert.isTrue(Cookies.isEmpty((yield* reply()).cookies))
    }))

  it.scopedLive("can be read repeatedly in every form", () =>
    Effect.gen(function*() {
      const response = yield* reply(`{"a":"ä"}`)
      assert.strictEqual(yield* response.text, `{"a":"ä"}`)
      assert.deepStrictEqual(yield* response.json, { a: "ä" })
      assert.deepStrictEqual(yield* response.json, { a: "ä" })
      assert.strictEqual(Buffer.from(yield* response.arrayBuffer).toString(), `{"a":"ä"}`)
    }))

  it.scopedLive("can be read by concurrent readers", () =>
    Effect.gen(function*() {
      const response = yield* reply("text")
      const texts = yield* Effect.all([response.text, response.text, response.text], { concurrency: "unbounded" })
      assert.deepStrictEqual(texts, ["text", "text", "text"])
    }))

  it.scopedLive("can be read by concurrent readers while its body is still arriving", () =>
    Effect.gen(function*() {
      const response = yield* received((_, response) => {
        response.flushHeaders()
        setTimeout(() => response.end("late"), 100)
      })
      const texts = yield* Effect.all([response.text, response.text], { concurrency: 2 })
      assert.deepStrictEqual(texts, ["late", "late"])
    }))

  it.scopedLive("that was read as a whole fails as a stream with ResponseError", () =>
    Effect.gen(function*() {
      const text = yield* reply("text")
      yield* text.text
      const stream = yield* reply("stream")
      yield* whole(stream.stream)
      for (const response of [text, stream]) {
        const error = yield* Effect.flip(Stream.runCollect(response.stream))
        assert.deepInclude(error, { _tag: "ResponseError", reason: "Decode" })
      }
    }))

  it.scopedLive("gives each reader its own buffer", () =>
    Effect.gen(function*() {
      const response = yield* reply(bytes(0, 128, 255))
      const first = new Uint8Array(yield* response.arrayBuffer)
      first.fill(7)
      assert.deepStrictEqual(new Uint8Array(yield* response.arrayBuffer), bytes(0, 128, 255))
    }))

  it.scopedLive("can be read as URL parameters and as form data", () =>
    Effect.gen(function*() {
      const form = yield* reply("a=1&b=x%20y&a=2", { "content-type": "application/x-www-form-urlencoded" })
      assert.deepStrictEqual(yield* form.urlParamsBody, UrlParams.fromInput([["a", "1"], ["b", "x y"], ["a", "2"]]))
      assert.deepStrictEqual([...yield* form.formData], [["a", "1"], ["b", "x y"], ["a", "2"]])
    }))

  it.scopedLive("can be read as a stream of bytes", () =>
    Effect.gen(function*() {
      const response = yield* reply(bytes(0, 128, 255))
      assert.deepStrictEqual(yield* whole(response.stream), [0, 128, 255])
    }))

  it.scopedLive("of one megabyte arrives unchanged", () =>
    Effect.gen(function*() {
      const sent = Uint8Array.from({ length: 1_000_003 }, (_, index) => index % 251)
      const response = yield* reply(sent)
      assert.isTrue(Buffer.from(sent).equals(new Uint8Array(yield* response.arrayBuffer)))
    }))

  it.scopedLive("without a body is empty in every form", () =>
    Effect.gen(function*() {
      const response = yield* received((_, response) => response.writeHead(204).end())
      assert.strictEqual(yield* response.text, "")
      assert.strictEqual(yield* response.json, null)
      assert.strictEqual((yield* response.arrayBuffer).byteLength, 0)
      assert.deepStrictEqual(yield* response.urlParamsBody, [])
      assert.deepStrictEqual(yield* whole((yield* reply()).stream), [])
    }))

  it.scopedLive("that cannot be parsed fails with ResponseError", () =>
    Effect.gen(function*() {
      const response = yield* reply("{")
      const errors = [yield* Effect.flip(response.json), yield* Effect.flip(response.formData)]
      assert.deepStrictEqual(errors.map(({ _tag, reason }) => [_tag, reason]), [
        ["ResponseError", "Decode"],
        ["ResponseError", "Decode"]
      ])
    }))

  it.scopedLive("prints its status and request, but not its body", () =>
    Effect.gen(function*() {
      const response = yield* reply("confidential")
      yield* response.text
      for (const text of [inspect(response), JSON.stringify(response)]) {
        assert.include(text, "200")
        assert.notInclude(text, "confidential")
      }
    }))

  it.scopedLive("follows informational responses", () =>
    Effect.gen(function*() {
      const response = yield* received((_, response) => {
        response.writeProcessing()
        response.writeEarlyHints({ link: "</a>; rel=preload" })
        response.writeHead(200, { "x-last": "yes" }).end("final")
      })
      assert.strictEqual(response.status, 200)
      assert.deepInclude(response.headers, { "x-last": "yes" })
      assert.notProperty(response.headers, "link")
      assert.strictEqual(yield* response.text, "final")
    }))

  it.scopedLive("to HEAD has no body", () =>
    Effect.gen(function*() {
      const server = yield* serve((_, response) => response.writeHead(200, { "content-length": "5" }).end())
      const client = yield* NodeHttpClient.make()
      const response = yield* client.head(server.url)
      assert.deepStrictEqual([response.headers["content-length"], yield* response.text], ["5", ""])
    }))
})

const echo = (change: (request: HttpClientRequest.HttpClientRequest) => HttpClientRequest.HttpClientRequest) =>
  Effect.gen(function*() {
    const server = yield* serve((request, response) => {
      const chunks: Array<Buffer> = []
      request.on("data", (chunk: Buffer) => chunks.push(chunk))
      request.on("end", () => {
        const { "content-length": length, "content-type": type, "transfer-encoding": coding, host } = request.headers
        const body = Buffer.concat(chunks).toString("latin1")
        response.end(JSON.stringify({ url: request.url, length, type, coding, host, body }))
      })
    })
    const client = yield* NodeHttpClient.make()
    const response = yield* client.execute(change(HttpClientRequest.post(`${server.url}/a%20b?c=d&c=e`)))
    const { host, ...rest } = (yield* response.json) as { readonly [name: string]: string }
    assert.strictEqual(rest["url"], "/a%20b?c=d&c=e")
    assert.strictEqual(`http://${host}`, server.url)
    return rest
  })

const raw = (body: unknown) => HttpClientRequest.setBody(HttpBody.raw(body))

describe("A request body", () => {
  const plain = [
    ["of none", (request: HttpClientRequest.HttpClientRequest) => request, { length: "0", body: "" }],
    ["of text", HttpClientRequest.bodyText("ä"), { length: "2", type: "text/plain", body: "Ã¤" }],
    ["of no text", HttpClientRequest.bodyText(""), { length: "0", body: "" }],
    [
      "of bytes",
      HttpClientRequest.bodyUint8Array(bytes(0, 128, 255)),
      { length: "3", type: "application/octet-stream", body: "\0\x80\xff" }
    ],
    ["of a view of bytes", raw(bytes(1, 2, 3, 4).subarray(1, 3)), { length: "2", body: "\x02\x03" }],
    ["of an empty view of bytes", raw(bytes(1, 2).subarray(1, 1)), { length: "0", body: "" }],
    [
      "of a stream",
      HttpClientRequest.bodyStream(Stream.make(bytes(1), bytes(), bytes(2, 3))),
      { coding: "chunked", type: "application/octet-stream", body: "\x01\x02\x03" }
    ],
    [
      "of a stream of a known length",
      HttpClientRequest.setBody(HttpBody.stream(Stream.make(bytes(1), bytes(2, 3)), "a/b", 3)),
      { length: "3", type: "a/b", body: "\x01\x02\x03" }
    ],
    ["of raw text", raw("text"), { length: "4", body: "text" }],
    ["of raw bytes", raw(Buffer.from("bytes")), { length: "5", body: "bytes" }],
    ["of a Blob", raw(new Blob(["blob"], { type: "a/b" })), { length: "4", type: "a/b", body: "blob" }],
    ["of a buffer", raw(bytes(1, 2).buffer), { length: "2", body: "\x01\x02" }],
    [
      "of URL parameters",
      raw(new URLSearchParams({ a: "b c" })),
      { length: "5", type: "application/x-www-form-urlencoded;charset=UTF-8", body: "a=b+c" }
    ],
    ["of a web stream", raw(new Blob(["web"]).stream()), { length: "3", body: "web" }]
  ] as const

  it.scopedLive.each(plain)("%s arrives unchanged", ([, change, expected]) =>
    Effect.gen(function*() {
      assert.deepInclude(yield* echo(change), expected)
    }))

  it.scopedLive("of form data arrives with its boundary", () =>
    Effect.gen(function*() {
      const form = new FormData()
      form.append("name", "value")
      form.append("file", new Blob(["content"], { type: "a/b" }), "name.txt")
      const { body = "", type = "" } = yield* echo(HttpClientRequest.bodyFormData(form))
      const parsed = yield* Effect.promise(() => new Response(body, { headers: { "content-type": type } }).formData())
      const file = parsed.get("file") as File
      assert.deepStrictEqual([parsed.get("name"), file.name, file.type], ["value", "name.txt", "a/b"])
      assert.strictEqual(yield* Effect.promise(() => file.text()), "content")
    }))

  it.scopedLive("keeps a given content type", () =>
    Effect.gen(function*() {
      const change = (request: HttpClientRequest.HttpClientRequest) =>
        HttpClientRequest.setHeader(raw(new Blob(["x"], { type: "a/b" }))(request), "content-type", "c/d")
      assert.deepInclude(yield* echo(change), { type: "c/d" })
    }))

  it.scopedLive("that fails makes the request fail", () =>
    Effect.gen(function*() {
      const server = yield* serve((request) => request.resume())
      const client = yield* NodeHttpClient.make()
      const body = Stream.concat(Stream.make(bytes(1)), Stream.fail("no more"))
      const error = yield* Effect.flip(
        client.execute(HttpClientRequest.bodyStream(body)(HttpClientRequest.post(server.url)))
      )
      assert.deepInclude(error, { _tag: "RequestError", reason: "Transport" })
    }))

  it.scopedLive("of an unknown type is rejected", () =>
    Effect.gen(function*() {
      const used = new Blob(["x"]).stream()
      yield* Effect.promise(() => used.cancel())
      const client = yield* NodeHttpClient.make()
      const locked = new Blob(["x"]).stream()
      locked.getReader()
      const error = yield* Effect.flip(client.execute(raw(locked)(HttpClientRequest.post("http://127.0.0.1:1"))))
      assert.deepInclude(error, { _tag: "RequestError", reason: "Encode" })
    }))
})
