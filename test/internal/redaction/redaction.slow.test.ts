import { HttpClientError, HttpClientResponse } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Redacted, Schema } from "effect"
import {
  Codec,
  Credentials,
  InvokeEndpoint,
  invokeEndpoint,
  ModelEndpoint,
  type Operation,
  SageMakerError,
  SageMakerRuntime,
  Signer,
  Timeouts
} from "effect-sagemaker-runtime"
import { inspect } from "node:util"
import { captureOutput } from "../../support/captureOutput.ts"
import {
  Body,
  callAgainst,
  CustomAttributes,
  errorResponse,
  input,
  keys,
  type Request,
  signed,
  story
} from "../../support/redactionCalls.ts"
import { bodyCutError, stalledBody } from "../../support/responseBodies.ts"
import type { Responder } from "../../support/scriptedHttpClient.ts"

const canary = /canary/i

const assertNothingPrinted = <A, E>(effect: Effect.Effect<A, E>) =>
  Effect.map(captureOutput(effect), ({ error, texts }) => {
    const leaks = texts.filter(([, text]) => canary.test(text)).map(([way, text]) => `${way}: ${text.slice(0, 300)}`)
    assert.strictEqual(leaks[0], undefined)
    return error as SageMakerError.SageMakerError
  })

/** The parts of a request that a service might repeat in its response. */
const echo = ({ headers }: Request, body = Body): string =>
  [
    `authorization:${headers["authorization"]}`,
    `x-amz-security-token:${headers["x-amz-security-token"]}`,
    `x-amzn-sagemaker-custom-attributes:${headers["x-amzn-sagemaker-custom-attributes"]}`,
    body
  ].join("\n")

const errorResponses: ReadonlyArray<
  readonly [string, SageMakerError.SageMakerError["_tag"], Responder]
> = [
  [
    "a model error with the request",
    "ModelError",
    errorResponse(424, "ModelError", (request) => ({
      OriginalStatusCode: 400,
      OriginalMessage: echo(request),
      Message: `Received client error (400) from primary with message "${echo(request)}". See https://logs.example/`
    }))
  ],
  [
    "a model error with a part of the request",
    "ModelError",
    errorResponse(
      424,
      "ModelError",
      () => ({ Message: `Received server error (500) with message "no ${Body.slice(4, 30)}"` })
    )
  ],
  [
    "a truncated model error",
    "ModelError",
    errorResponse(
      424,
      "ModelError",
      () => ({ Message: `Received server error (500) with message "no ${Body.slice(4, 30)}` })
    )
  ],
  [
    "a validation error",
    "ValidationError",
    errorResponse(400, "ValidationError", (_) => ({ message: `Value ${echo(_)}` }))
  ],
  [
    "a validation error with the request as JSON",
    "ValidationError",
    errorResponse(
      400,
      "ValidationError",
      () => ({ message: `Value ${JSON.stringify({ Body, CustomAttributes })} is invalid` })
    )
  ],
  [
    "a validation error with two messages",
    "ValidationError",
    errorResponse(400, "ValidationError", () => ({ Message: Body, message: CustomAttributes }))
  ],
  [
    "ModelNotReadyException",
    "ModelNotReadyException",
    errorResponse(429, "ModelNotReadyException", (_) => ({ Message: echo(_) }))
  ],
  ["InternalFailure", "InternalFailure", errorResponse(500, "InternalFailure", (_) => ({ Message: echo(_) }))],
  [
    "ServiceUnavailable",
    "ServiceUnavailable",
    errorResponse(503, "ServiceUnavailable", (_) => ({ Message: echo(_) }))
  ],
  [
    "InternalDependencyException",
    "InternalDependencyException",
    errorResponse(530, "InternalDependencyException", (_) => ({ Message: echo(_) }))
  ],
  [
    "a signature error with the canonical request",
    "AccessDeniedError",
    errorResponse(403, "InvalidSignatureException", ({ headers }) => ({
      message: [
        "The request signature we calculated does not match the signature you provided.",
        "The Canonical String for this request should have been 'POST",
        "/endpoints/anomaly-v2/invocations",
        "",
        ...Object.entries(headers).toSorted(([a], [b]) => a < b ? -1 : 1).map(([name, value]) =>
          `${name}:${value.trim().replace(/ +/g, " ")}`
        ),
        "'"
      ].join("\n")
    }))
  ],
  ["an expired token", "AccessDeniedError", errorResponse(403, "ExpiredTokenException", (_) => ({ message: echo(_) }))],
  ["a throttling error", "ThrottlingError", errorResponse(400, "ThrottlingException", (_) => ({ message: echo(_) }))],
  ["a 413 response", "PayloadTooLargeError", errorResponse(413, undefined, echo)],
  ["an unknown code", "UnknownServiceError", errorResponse(418, "Teapot", (_) => ({ message: echo(_) }))],
  [
    "an HTML error of a gateway",
    "UnknownServiceError",
    errorResponse(502, undefined, (_) => `<html><pre>${echo(_)}</pre></html>`)
  ],
  [
    "an invalid code",
    "UnknownServiceError",
    errorResponse(400, undefined, (_) => ({ __type: echo(_), code: echo(_), message: echo(_) }))
  ]
]

describe("The test helper that prints errors", () => {
  it.effect("covers every way to print an error", () =>
    Effect.gen(function*() {
      const { texts } = yield* captureOutput(new SageMakerError.SigningError({ message: "canary" }))
      const seen = new Set(texts.filter(([, text]) => canary.test(text)).map(([way]) => way))
      for (
        const way of ["String", "inspect", "Cause.pretty", "Cause.toJSON", "log 0", "log 1", "log 5", "span program"]
      ) {
        assert.isTrue(seen.has(way), way)
      }
    }))
})

describe("An error response that repeats the request does not print the request:", () => {
  for (const [what, tag, exchange] of errorResponses) {
    it.effect(what, () =>
      Effect.gen(function*() {
        const error = yield* assertNothingPrinted(callAgainst(invokeEndpoint(input), exchange))
        assert.strictEqual(error._tag, tag)
      }))
  }

  it.effect("a large body, repeated completely", () =>
    Effect.gen(function*() {
      const large = `canary ${"reading ".repeat(2_000)}`
      const exchange = errorResponse(400, "ValidationError", (request) => ({ message: echo(request, large) }))
      yield* assertNothingPrinted(callAgainst(invokeEndpoint({ ...input, Body: large }), exchange))
    }))

  it.effect("a redirect URL that contains the request", () =>
    assertNothingPrinted(callAgainst(invokeEndpoint(input), (request) =>
      Effect.succeed(
        new Response(null, {
          status: 307,
          headers: { location: `https://canary.example/?${encodeURIComponent(echo(request))}` }
        })
      ))))
})

class Listed extends Schema.TaggedError<Listed>()("Listed", {
  ...SageMakerError.serviceFields({ status: 400, code: "Listed", retry: "never", message: "Listed" }),
  Details: Schema.optional(Schema.Array(Schema.String))
}) {}

describe("A message is kept if it shares only", () => {
  const messageFor = (Body: string, message: string) =>
    Effect.map(
      Effect.flip(
        callAgainst(invokeEndpoint({ ...input, Body }), errorResponse(400, "ValidationError", () => ({ message })))
      ),
      (error) => error.message
    )

  it.effect("words with the body", () =>
    Effect.gen(function*() {
      const message = "The value of the member must be text: try the request again"
      assert.strictEqual(yield* messageFor(story.Body, message), message)
      const prose = "The model said that the input of the endpoint could not be read by it at all"
      assert.strictEqual(yield* messageFor("the input could not be what the model has said it was", prose), prose)
    }))

  it.effect("a short body with it", () =>
    Effect.gen(function*() {
      for (const Body of ["null", "true", "0", "End", "[]", " "]) {
        const message = "Endpoint null of account 123456789012 not found: true is not [] or null"
        assert.strictEqual(yield* messageFor(Body, message), message)
      }
    }))
})

type Encoding = readonly [name: string, encode: (text: string) => string]

const hex = (text: string): string => Buffer.from(text).toString("hex")

const encodings: ReadonlyArray<Encoding> = [
  ["as sent", (text) => text],
  ["in upper case", (text) => text.toUpperCase()],
  ["in lower case", (text) => text.toLowerCase()],
  ["in Base64", (text) => Buffer.from(text).toString("base64")],
  ["in URL-safe Base64", (text) => Buffer.from(text).toString("base64url")],
  ["in Base64 within other text", (text) => Buffer.from(`prefix ${text} suffix`).toString("base64")],
  ["in Base64 on several lines", (text) => Buffer.from(text).toString("base64").replace(/(.{8})/g, "$1\n")],
  ["in hexadecimal digits", hex],
  ["in hexadecimal digits with colons", (text) => hex(text).replace(/(..)(?!$)/g, "$1:")],
  ["percent-encoded", encodeURIComponent],
  ["percent-encoded twice", (text) => encodeURIComponent(encodeURIComponent(text))],
  ["percent-encoded completely", (text) => hex(text).replace(/(..)/g, "%$1")],
  ["with HTML entities", (text) => text.replace(/[^a-z]/gi, (character) => `&#${character.codePointAt(0)};`)],
  ["with hexadecimal HTML entities", (text) => text.replace(/./gsu, (_) => `&#x${_.codePointAt(0)?.toString(16)};`)],
  ["with JSON escapes", (text) => text.replace(/[^]/g, (_) => `\\u${_.charCodeAt(0).toString(16).padStart(4, "0")}`)],
  ["as a JSON string in a JSON string", (text) => JSON.stringify(JSON.stringify(text))],
  ["with other punctuation", (text) => text.replace(/[^\p{L}\p{N}]+/gu, " / ")],
  ["in Base64 after other text", (text) => `x${Buffer.from(text).toString("base64")}`],
  ["in hexadecimal digits after another digit", (text) => `a${hex(text)}`],
  ["as a list of bytes", (text) => Array.from(Buffer.from(text), (byte) => `0x${byte.toString(16)}`).join(", ")],
  ["with code point escapes", (text) => text.replace(/./gsu, (_) => `\\u{${_.codePointAt(0)?.toString(16)}}`)],
  ["with octal escapes", (text) => text.replace(/[ -~]/g, (_) => `\\${_.charCodeAt(0).toString(8).padStart(3, "0")}`)],
  ["with entities without semicolons", (text) => text.replace(/./gsu, (_) => `&#${_.codePointAt(0)} `)],
  ["with entities with zeros", (text) => text.replace(/./gsu, (_) => `&#x0000${_.codePointAt(0)?.toString(16)};`)],
  ["with other spaces", (text) => Array.from(text).join("\u00a0")],
  ["with combining marks", (text) => Array.from(text).join("\u0332")],
  ["in full width", (text) => text.replace(/[!-~]/g, (_) => String.fromCharCode(_.charCodeAt(0) + 0xfee0))],
  ["in quoted-printable", (text) => hex(text).replace(/(..)/g, (_) => `=${_.toUpperCase()}`)],
  [
    "with UTF-16 percent escapes",
    (text) => text.replace(/[^]/g, (_) => `%u${_.charCodeAt(0).toString(16).padStart(4, "0")}`)
  ],
  ["with escaped bytes", (text) => hex(text).replace(/(..)/g, "\\x$1")],
  ["with octal bytes", (text) => Array.from(Buffer.from(text), (_) => `\\${_.toString(8).padStart(3, "0")}`).join("")],
  ["in hexadecimal digits with dots", (text) => hex(text).replace(/(..)/g, "$1.")],
  ["as a list of decimal bytes", (text) => JSON.stringify(Array.from(Buffer.from(text)))],
  ["as the JSON of a Buffer", (text) => JSON.stringify(Buffer.from(text))],
  ["with colours", (text) => text.replace(/(.{3})/gsu, "$1\u001b[31m")],
  ["one character per line", (text) => Array.from(text).join("\n")]
]

/** Bodies of 8 letters and digits or more. */
const bodies = [
  "hunter42",
  "{\"patient\":\"Ödön Kovács\"}",
  "4111 1111 1111 1111",
  "秘密の文章です、読まないでください",
  "a+b=c; x*y=z!",
  "Straße der Größe"
]

/** Bodies of symbols and punctuation. */
const symbolBodies = ["😀🎉🚀🔥😀🎉🚀🔥", "!?#+!?#+!?"]

describe("A service message is not printed if it repeats a body of 8 characters or more", () => {
  for (const [name, encode] of encodings) {
    it.effect(
      name,
      () =>
        Effect.forEach(
          name === "with other punctuation" ? bodies : [...bodies, ...symbolBodies],
          (body) =>
            Effect.gen(function*() {
              const message = `cannot read ${encode(body)} here`
              const error = yield* Effect.flip(
                callAgainst(
                  invokeEndpoint({ ...input, Body: body }),
                  errorResponse(400, "ValidationError", () => ({ message }))
                )
              )
              const printed = inspect(error, { showHidden: true, getters: true, customInspect: false, depth: 10 })
              assert.notInclude(printed, encode(body))
              assert.strictEqual((error as SageMakerError.ValidationError).serviceMessage, message)
            })
        )
    )
  }

  it.effect("in a code, a request ID, or both", () =>
    Effect.gen(function*() {
      const body = "{\"code\":\"hunter42\",\"__type\":\"Hunter42\"}"
      const { error, texts } = yield* captureOutput(
        callAgainst(invokeEndpoint({ ...input, Body: body }), () =>
          Effect.succeed(
            new Response(body, {
              status: 400,
              headers: { "x-amzn-requestid": "HUNTER42", "x-amzn-errortype": "hunter42:http://x/" }
            })
          ))
      )
      assert.deepStrictEqual(texts.filter(([, text]) => /hunter42/i.test(text)), [])
      assert.deepInclude(error, { _tag: "UnknownServiceError", message: "The service responded with status 400" })
    }))

  it.effect("at the end of a long list", () =>
    Effect.gen(function*() {
      const Details = ["- ".repeat(2_050), "hunter42"]
      const operation: Operation.Operation<InvokeEndpoint.InvokeEndpointInput, void, Listed> = {
        ...InvokeEndpoint.operation,
        decode: () => Effect.void,
        errors: [Listed]
      }
      const error = yield* callAgainst(
        Effect.flatMap(
          SageMakerRuntime.SageMakerRuntime,
          (runtime) => runtime.execute(operation, { ...input, Body: "hunter42" })
        ),
        errorResponse(400, "Listed", () => ({ message: "m", Details }))
      ).pipe(Effect.flip)
      assert.strictEqual(error._tag, "Listed")
      assert.notInclude(JSON.stringify(error), "hunter42")
    }))

  it.effect("in a number", () =>
    Effect.gen(function*() {
      const members = { Message: "m", OriginalStatusCode: 4_111_111_111_111_111 }
      const error = yield* Effect.flip(
        callAgainst(
          invokeEndpoint({ ...input, Body: "4111 1111 1111 1111" }),
          errorResponse(424, "ModelError", () => members)
        )
      )
      assert.isUndefined((error as SageMakerError.ModelError).OriginalStatusCode)
    }))

  it.effect("in the request ID of a successful response", () =>
    Effect.gen(function*() {
      for (
        const requestId of [
          "hunter42",
          "a b",
          "a\u001b[31mb",
          "x".repeat(129),
          "id-hunter42-1",
          "HUNTER_42",
          "aHVudGVyNDI"
        ]
      ) {
        const { $metadata } = yield* callAgainst(
          invokeEndpoint({ ...input, Body: "hunter42" }),
          () => Effect.succeed(new Response("", { headers: { "x-amzn-requestid": requestId } }))
        )
        assert.isUndefined($metadata.requestId)
      }
    }))
})

describe("A service message that is expensive to compare", () => {
  const block = "0123456789abcdef"
  const cases: ReadonlyArray<readonly [string, body: string, message: string]> = [
    ["repeats a block", block.repeat(4_000), block.repeat(4_000)],
    ["repeats a character", "a".repeat(64_000), "a".repeat(64_000)],
    ["has many quotation marks", "\"".repeat(64_000), "\"'".repeat(32_000)],
    ["has many backslashes", "\\".repeat(64_000), "\\".repeat(64_000)],
    ["has many percent signs", "%25".repeat(20_000), "%25".repeat(20_000)],
    ["has many entities", "&amp;".repeat(12_000), "&amp;".repeat(12_000)],
    ["has many numbers", "12 ".repeat(20_000), Array.from({ length: 9_000 }, (_, at) => at).join(" ")],
    ["has many Base64 runs", "QUJDREVGRw== ".repeat(5_000), "QUJDREVGRw== ".repeat(5_000)],
    ["begins many quotations", "x", " with message \"".repeat(4_000)]
  ]

  for (const [name, body, message] of cases) {
    it.effect(`${name}: the call ends`, () =>
      Effect.gen(function*() {
        const error = yield* Effect.flip(
          callAgainst(invokeEndpoint({ ...input, Body: body }), errorResponse(424, "ModelError", () => ({ message })))
        )
        assert.strictEqual(error._tag, "ModelError")
      }), 2_000)
  }
})

describe("A service message", () => {
  const messageFor = (Body: Uint8Array | string, message: string) =>
    Effect.map(
      Effect.flip(
        callAgainst(invokeEndpoint({ ...input, Body }), errorResponse(400, "ValidationError", () => ({ message })))
      ),
      (error) => error.message
    )

  it.effect("with usual words and names is kept", () =>
    Effect.gen(function*() {
      const chat = JSON.stringify({
        messages: [{ role: "user", content: "Explain why my endpoint was not found and what the model expects" }],
        max_tokens: 512
      })
      const messages = [
        "Endpoint anomaly-v2 of account 123456789012 not found.",
        "Inference Component has no capacity to process this request. ApplicationAutoScaling may be in-progress",
        "1 validation error detected: Value at 'body' failed to satisfy constraint: Member must not be null",
        "Invocation timed out while waiting for a response from container primary. Check the latency metrics."
      ]
      for (const message of messages) {
        assert.strictEqual(yield* messageFor(chat, message), message)
      }
    }))

  it.effect("is on one line", () =>
    Effect.gen(function*() {
      const message = yield* messageFor("{}", "the\r\nfirst\u001b[2J\u2028line \u202e x")
      assert.strictEqual(message, "the first line   x")
    }))

  it.effect("is not printed if the body has more than 64 KiB", () =>
    Effect.gen(function*() {
      const message = yield* messageFor(new Uint8Array(64 * 1024 + 1), "Endpoint x not found")
      assert.strictEqual(message, "The service rejected the request as invalid")
    }))

  it.effect("that quotes a short value of the body is not printed", () =>
    Effect.gen(function*() {
      for (const message of ["the value 'Eve' is too long", "the value \"eve\" is too long", "age 37 is invalid"]) {
        const printed = yield* messageFor("{\"name\":\"Eve\",\"age\":37}", message)
        assert.strictEqual(printed, "The service rejected the request as invalid")
      }
    }))
})

describe("The service's text is available", () => {
  it.effect("to the caller of a model as OriginalMessage, but is not printed", () =>
    Effect.gen(function*() {
      const exchange = errorResponse(424, "ModelError", () => ({ OriginalMessage: `failed on ${Body}`, Message: "m" }))
      const error = yield* Effect.flip(callAgainst(invokeEndpoint(input), exchange))
      assert.strictEqual(error._tag === "ModelError" ? error.OriginalMessage : undefined, `failed on ${Body}`)
      assert.notInclude(Object.keys(error), "OriginalMessage")
    }))

  it.effect("as the body of UnknownServiceError, but is not printed", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(
        callAgainst(invokeEndpoint(input), errorResponse(502, undefined, () => `<p>${Body}</p>`))
      )
      assert.strictEqual(error._tag === "UnknownServiceError" ? error.body : undefined, `<p>${Body}</p>`)
      assert.notInclude(Object.keys(error), "body")
    }))

  it.effect("as the message if it repeats nothing of the request", () =>
    Effect.gen(function*() {
      const message = "Endpoint anomaly-v2 of account 123456789012 not found."
      const exchange = errorResponse(400, "ValidationError", () => ({ message }))
      assert.strictEqual((yield* Effect.flip(callAgainst(invokeEndpoint(input), exchange))).message, message)
    }))

  it.effect("as the message without the part that repeats the request", () =>
    Effect.gen(function*() {
      const exchange = errorResponse(424, "ModelError", () => ({
        Message: `Received client error (400) from primary with message "${Body}". See https://logs.example/`
      }))
      assert.strictEqual(
        (yield* Effect.flip(callAgainst(invokeEndpoint(input), exchange))).message,
        "Received client error (400) from primary with message <redacted>. See https://logs.example/"
      )
    }))
})

const requestError = (reason: "Transport" | "Encode" | "InvalidUrl"): Responder => (request) =>
  new HttpClientError.RequestError({
    request,
    reason,
    description: echo(request),
    cause: new Error(echo(request), { cause: { request, code: echo(request) } })
  })

const tagAgainst = (exchange: Responder) =>
  Effect.map(assertNothingPrinted(callAgainst(invokeEndpoint(input), exchange)), ({ _tag }) => _tag)

describe("A failed request is not printed:", () => {
  it.effect("transport error", () =>
    Effect.gen(function*() {
      for (const reason of ["Transport", "Encode", "InvalidUrl"] as const) {
        assert.strictEqual(yield* tagAgainst(requestError(reason)), "TransportError")
      }
    }))

  it.effect("response that cannot be read", () =>
    Effect.gen(function*() {
      for (const reason of ["Decode", "EmptyBody"] as const) {
        const exchange: Responder = (request) =>
          new HttpClientError.ResponseError({
            request,
            response: HttpClientResponse.fromWeb(request, new Response(echo(request))),
            reason,
            cause: new Error(echo(request))
          })
        assert.strictEqual(yield* tagAgainst(exchange), "TransportError")
      }
    }))

  it.effect("status that the HTTP client rejects", () =>
    Effect.gen(function*() {
      const tag = yield* tagAgainst((request) =>
        new HttpClientError.ResponseError({
          request,
          response: HttpClientResponse.fromWeb(request, new Response(echo(request), { status: 502 })),
          reason: "StatusCode"
        })
      )
      assert.strictEqual(tag, "UnknownServiceError")
    }))

  it.effect("truncated response body", () =>
    Effect.gen(function*() {
      const tag = yield* tagAgainst((request) =>
        Effect.sync(() =>
          new Response(
            new ReadableStream({
              start: (controller) => controller.error(Object.assign(bodyCutError(), { request: echo(request) }))
            })
          )
        )
      )
      assert.strictEqual(tag, "TransportError")
    }))

  it.live("timeout", () =>
    Effect.gen(function*() {
      const error = yield* assertNothingPrinted(
        callAgainst(Timeouts.use({ attempt: "50 millis" })(invokeEndpoint(input)), () => stalledBody({}, Body))
      )
      assert.strictEqual(error._tag, "TimeoutError")
    }))
})

const responding: Responder = () => Effect.succeed(new Response("ok"))

const tagOf = <A, E>(effect: Effect.Effect<A, E, SageMakerRuntime.SageMakerRuntime>, signer = signed) =>
  Effect.map(assertNothingPrinted(callAgainst(effect, responding, signer)), ({ _tag }) => _tag)

describe("An error of the client does not print the request:", () => {
  it.effect("input that violates a constraint", () =>
    Effect.gen(function*() {
      const broken: ReadonlyArray<Partial<InvokeEndpoint.InvokeEndpointInput>> = [
        { CustomAttributes: "canary\r\n" },
        { CustomAttributes: "canary".repeat(1_000) },
        { ContentType: "canary é" },
        { TargetModel: " canary" },
        { Body: { canary: "canary" } as never },
        { Body: "ok", SessionId: "canary canary" }
      ]
      for (const member of broken) {
        assert.strictEqual(yield* tagOf(invokeEndpoint({ ...input, ...member })), "InvalidInputError")
      }
    }))

  it.effect("body larger than the limit", () =>
    Effect.gen(function*() {
      const large = invokeEndpoint({ ...input, Body: "canary".repeat(5_000_000) })
      assert.strictEqual(yield* tagOf(large), "PayloadTooLargeError")
    }))

  it.effect("value that cannot be encoded or decoded", () =>
    Effect.gen(function*() {
      const Short = Schema.Struct({ name: Schema.String.pipe(Schema.maxLength(3)), at: Schema.optional(Schema.Date) })
      const writing = ModelEndpoint.make("anomaly-v2", { request: Codec.json(Short), response: Codec.bytes })
      assert.strictEqual(yield* tagOf(writing.invoke({ name: "canary" })), "CodecError")
      const bodies = [
        "{\"name\":\"canary\"}",
        "{\"name\":[\"canary\"]}",
        "canary",
        "{\"name\":\"a\",\"at\":\"canary\"}"
      ]
      for (const body of bodies) {
        const reading = ModelEndpoint.make("anomaly-v2", { request: Codec.bytes, response: Codec.json(Short) })
        const error = yield* assertNothingPrinted(
          callAgainst(reading.invoke(new Uint8Array()), () => Effect.succeed(new Response(body)))
        )
        assert.strictEqual(error._tag === "CodecError" ? new TextDecoder().decode(error.body) : undefined, body)
      }
    }))

  it.effect("credentials that cannot be loaded", () =>
    Effect.gen(function*() {
      const failing = Credentials.layerProvider(() => Promise.reject(new Error("canary", { cause: keys })))
      const empty = Credentials.layer({ ...keys, secretAccessKey: "" })
      for (const credentials of [failing, empty]) {
        const tag = yield* tagOf(invokeEndpoint(input), Layer.provide(Signer.layer, credentials))
        assert.strictEqual(tag, "CredentialsError")
      }
    }))

  it.effect("credentials that cannot sign", () =>
    Effect.gen(function*() {
      const credentials = Layer.succeed(Credentials.Credentials, {
        get: Effect.succeed({
          accessKeyId: Redacted.make(keys.accessKeyId),
          secretAccessKey: Redacted.make(keys as never)
        })
      })
      const tag = yield* tagOf(invokeEndpoint(input), Layer.provide(Signer.layer, credentials))
      assert.strictEqual(tag, "SigningError")
    }))

  it.effect("error constructed in a test", () =>
    Effect.gen(function*() {
      yield* assertNothingPrinted(new SageMakerError.ModelError({ OriginalMessage: "canary" }))
      yield* assertNothingPrinted(new SageMakerError.UnknownServiceError({ status: 500, body: "canary" }))
    }))
})
