import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect, Exit, FastCheck as fc } from "effect"
import { RetryPolicy, type SageMakerError } from "effect-sagemaker-runtime"
import { advanceClock, call } from "../../support/call.ts"
import { bodyCutError, brokenBody } from "../../support/responseBodies.ts"
import { ok, refusal, type Reply, scriptedRuntime } from "../../support/scriptedHttpClient.ts"

const endOf = (reply: Reply): Effect.Effect<SageMakerError.SageMakerError> =>
  Effect.gen(function*() {
    const server = yield* scriptedRuntime(reply)
    return yield* Effect.flip(RetryPolicy.use(RetryPolicy.none)(call)).pipe(Effect.provide(server.layer), Effect.orDie)
  })

const requestId = "request-1"

const response = (status: number, headers: Record<string, string>, body?: string): Reply => ({
  status,
  headers: { "x-amzn-requestid": requestId, ...headers },
  body: body ?? null
})

const errorType = (code: string) => ({ "x-amzn-errortype": code })

describe("The error code", () => {
  const styles: ReadonlyArray<readonly [string, Reply]> = [
    ["in the header", response(424, errorType("ModelError"), "{\"Message\":\"m\"}")],
    [
      "in the header, with a URI after it",
      response(424, errorType("ModelError:http://internal.amazon.com/coral/"), "{}")
    ],
    ["in the header, with a namespace", response(424, errorType("com.amazonaws.sagemaker#ModelError"), "{}")],
    [
      "in the header, with a namespace and a URI",
      response(424, errorType("com.amazonaws#ModelError:http://a/b#c"), "{}")
    ],
    ["in the header, before any code in the body", response(424, errorType("ModelError"), "{\"__type\":\"Other\"}")],
    ["in __type", response(424, {}, "{\"__type\":\"ModelError\",\"message\":\"m\"}")],
    ["in __type, with a namespace", response(424, {}, "{\"__type\":\"com.amazonaws.sagemakerruntime#ModelError\"}")],
    ["in code", response(424, {}, "{\"code\":\"ModelError\"}")],
    ["in __type, if the header is empty", response(424, errorType(""), "{\"__type\":\"ModelError\"}")],
    ["in the header of a response without a body", response(424, errorType("ModelError"))],
    ["in the header of a truncated response", response(424, errorType("ModelError"), "{\"OriginalStatusCode\":50")],
    ["in the header of an HTML response", response(424, errorType("ModelError"), "<html>")],
    ["in the header of a JSON response that is not an object", response(424, errorType("ModelError"), "[null]")]
  ]
  for (const [where, reply] of styles) {
    it.effect(`is read ${where}`, () =>
      Effect.gen(function*() {
        assert.deepInclude(yield* endOf(reply), { _tag: "ModelError", status: 424, code: "ModelError", requestId })
      }))
  }

  const tags: ReadonlyArray<readonly [status: number, code: string, tag: SageMakerError.SageMakerError["_tag"]]> = [
    [400, "ValidationError", "ValidationError"],
    [424, "ModelError", "ModelError"],
    [429, "ModelNotReadyException", "ModelNotReadyException"],
    [500, "InternalFailure", "InternalFailure"],
    [503, "ServiceUnavailable", "ServiceUnavailable"],
    [530, "InternalDependencyException", "InternalDependencyException"],
    [403, "MissingAuthenticationTokenException:http://internal.amazon.com/coral/", "AccessDeniedError"],
    [403, "AccessDeniedException", "AccessDeniedError"],
    [403, "InvalidSignatureException", "AccessDeniedError"],
    [403, "ExpiredTokenException", "AccessDeniedError"],
    [403, "UnrecognizedClientException", "AccessDeniedError"],
    [400, "ExpiredToken", "AccessDeniedError"],
    [400, "ThrottlingException", "ThrottlingError"],
    [503, "SlowDown", "ThrottlingError"],
    [429, "SomethingNew", "ThrottlingError"],
    [413, "RequestEntityTooLarge", "PayloadTooLargeError"],
    [404, "UnknownOperationException", "UnknownServiceError"],
    [418, "Teapot", "UnknownServiceError"]
  ]
  for (const [status, code, tag] of tags) {
    it.effect(`${code.split(":", 1)[0]} with status ${status} is ${tag}`, () =>
      Effect.gen(function*() {
        const error: object = yield* endOf(refusal(status, code))
        assert.deepInclude(error, { _tag: tag, status, code: code.split(":", 1)[0], requestId })
      }))
  }
})

describe("An error without a code", () => {
  const unnamed: ReadonlyArray<
    readonly [string, Reply, { readonly _tag: SageMakerError.SageMakerError["_tag"]; readonly status: number }]
  > = [
    ["429", response(429, {}, "Too many"), { _tag: "ThrottlingError", status: 429 }],
    ["a plain-text 413", response(413, { "content-type": "text/plain" }, "HTTP content length exceeded"), {
      _tag: "PayloadTooLargeError",
      status: 413
    }],
    ["an HTML 502", response(502, { "content-type": "text/html" }, "<html>Bad Gateway</html>"), {
      _tag: "UnknownServiceError",
      status: 502
    }],
    ["an HTML 504", response(504, { "content-type": "text/html" }, "<html>Timeout</html>"), {
      _tag: "UnknownServiceError",
      status: 504
    }],
    ["403", response(403, {}, "{\"message\":\"Forbidden\"}"), { _tag: "UnknownServiceError", status: 403 }],
    ["truncated JSON", response(500, {}, "{\"__type\":\"Internal"), { _tag: "UnknownServiceError", status: 500 }],
    ["an empty body", response(500, {}, ""), { _tag: "UnknownServiceError", status: 500 }],
    ["no body", response(500, {}), { _tag: "UnknownServiceError", status: 500 }],
    ["a redirect", response(301, { location: "https://elsewhere.example/" }), {
      _tag: "UnknownServiceError",
      status: 301
    }],
    ["304", response(304, {}), { _tag: "UnknownServiceError", status: 304 }],
    ["an invalid code", response(500, errorType("<script>"), "{}"), { _tag: "UnknownServiceError", status: 500 }]
  ]
  for (const [what, reply, expected] of unnamed) {
    it.effect(`${what} is ${expected._tag} with its status`, () =>
      Effect.gen(function*() {
        assert.deepInclude<object>(yield* endOf(reply), { ...expected, requestId })
      }))
  }

  it.effect("keeps the first 1,024 characters of its body", () =>
    Effect.gen(function*() {
      const error = yield* endOf(response(502, {}, `<html>${"é".repeat(2_000)}`))
      assert.strictEqual(error._tag === "UnknownServiceError" ? error.body : undefined, `<html>${"é".repeat(1_018)}`)
    }))

  it.effect("takes the request ID from any of AWS's headers", () =>
    Effect.gen(function*() {
      for (const name of ["x-amzn-requestid", "x-amzn-request-id", "x-amz-request-id"]) {
        const error = yield* endOf({ status: 500, headers: { [name]: "other" } })
        assert.propertyVal(error, "requestId", "other")
      }
    }))
})

const messageOf = (body: Record<string, unknown>) =>
  Effect.map(endOf(refusal(400, "ValidationError", body)), ({ message }) => message)

describe("The error message", () => {
  it.effect("is read from Message and from message", () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* messageOf({ Message: "upper" }), "upper")
      assert.strictEqual(yield* messageOf({ message: "lower" }), "lower")
      assert.strictEqual(yield* messageOf({ Message: null, message: "lower" }), "lower")
    }))

  it.effect("is the default of the class if the service sends none", () =>
    Effect.gen(function*() {
      for (const body of [{}, { message: null }, { Message: "" }, { Message: "", message: "" }, { message: 7 }]) {
        assert.strictEqual(yield* messageOf(body), "The service rejected the request as invalid")
      }
    }))

  it.effect("may be null in a throttling error", () =>
    Effect.gen(function*() {
      const error = yield* endOf(response(400, errorType("ThrottlingException"), "{\"message\":null}"))
      assert.deepInclude(error, {
        _tag: "ThrottlingError",
        status: 400,
        retry: "throttling",
        requestId,
        message: "AWS throttled the request: reduce the request rate"
      })
    }))
})

describe("A modeled error", () => {
  it.effect("has the members of its model", () =>
    Effect.gen(function*() {
      const members = { OriginalStatusCode: 0, OriginalMessage: "timed out", LogStreamArn: "arn:aws:logs:1" }
      const error = yield* endOf(refusal(424, "ModelError", { Message: "m", ...members }))
      assert.strictEqual(error._tag, "ModelError")
      assert.deepInclude(error, { OriginalStatusCode: 0, LogStreamArn: "arn:aws:logs:1" })
      assert.strictEqual((error as SageMakerError.ModelError).OriginalMessage, "timed out")
    }))

  it.effect("omits members of a wrong type and keeps the others", () =>
    Effect.gen(function*() {
      const members = { OriginalStatusCode: "500", OriginalMessage: ["x"], LogStreamArn: "arn:aws:logs:1" }
      const error = yield* endOf(refusal(424, "ModelError", members))
      assert.deepInclude(error, { _tag: "ModelError", LogStreamArn: "arn:aws:logs:1" })
      assert.isUndefined((error as SageMakerError.ModelError).OriginalStatusCode)
      assert.isUndefined((error as SageMakerError.ModelError).OriginalMessage)
    }))

  it.effect("ignores body members that have the names of client-side members", () =>
    Effect.gen(function*() {
      const error = yield* endOf(refusal(424, "ModelError", {
        _tag: "Other",
        name: "Other",
        status: 200,
        code: "Other",
        retry: "transient",
        retryAfterMillis: 1,
        requestId: "other",
        attempts: 99,
        totalRetryDelay: 99,
        stack: "other",
        cause: "other",
        __proto__: { polluted: true },
        toString: "other"
      }))
      assert.deepInclude(error, {
        _tag: "ModelError",
        status: 424,
        code: "ModelError",
        retry: "never",
        requestId,
        attempts: 1,
        totalRetryDelay: 0
      })
      assert.isUndefined((error as SageMakerError.ModelError).retryAfterMillis)
      assert.include(String(error), "ModelError")
    }))
})

describe("An error body", () => {
  it.effect("is read up to a limit", () =>
    Effect.gen(function*() {
      let read = 0
      let cancelled = false
      const endless = Effect.sync(() =>
        new Response(
          new ReadableStream<Uint8Array>({
            pull: (controller) => {
              read += 65_536
              controller.enqueue(new Uint8Array(65_536))
            },
            cancel: () => {
              cancelled = true
            }
          }),
          { status: 502 }
        )
      )
      assert.deepInclude(yield* endOf(endless), { _tag: "UnknownServiceError", status: 502 })
      assert.isAtMost(read, 512 * 1024)
      assert.isTrue(cancelled)
    }))

  it.effect("that is truncated gives the typed error with its status", () =>
    Effect.gen(function*() {
      const headers = { ...errorType("ModelError"), "x-amzn-requestid": requestId }
      const error = yield* endOf(brokenBody({ status: 424, headers }, bodyCutError(), "{\"OriginalStatus"))
      assert.deepInclude(error, { _tag: "ModelError", status: 424, requestId })
    }))

  it.effect("that is truncated keeps the part that arrived", () =>
    Effect.gen(function*() {
      const error = yield* endOf(brokenBody({ status: 502 }, bodyCutError(), "<html>", "half"))
      assert.deepInclude(error, { _tag: "UnknownServiceError", status: 502 })
      assert.strictEqual((error as SageMakerError.UnknownServiceError).body, "<html>half")
    }))

  it.effect("of a successful response that is truncated is a TransportError", () =>
    Effect.gen(function*() {
      assert.deepInclude(yield* endOf(brokenBody({ status: 200 }, bodyCutError(), "half")), {
        _tag: "TransportError",
        reason: "reset",
        requestSent: true,
        retry: "transient"
      })
    }))

  it.effect("of a successful response that is truncated is retried", () =>
    Effect.gen(function*() {
      const server = yield* scriptedRuntime(brokenBody({ status: 200 }, bodyCutError(), "half"), ok)
      const { $metadata, Body } = yield* call.pipe(Effect.provide(server.layer), advanceClock("1 minute"))
      assert.strictEqual(new TextDecoder().decode(Body), "ok")
      assert.strictEqual($metadata.attempts, 2)
    }))

  it.effect("that fails causes one failure and no defect", () =>
    Effect.gen(function*() {
      for (const status of [200, 424, 502]) {
        const server = yield* scriptedRuntime(brokenBody({ status }, bodyCutError(), "half"))
        const exit = yield* Effect.exit(RetryPolicy.use(RetryPolicy.none)(call)).pipe(Effect.provide(server.layer))
        assert.isTrue(Exit.isFailure(exit) && Cause.isFailType(exit.cause), String(exit))
      }
    }))
})

const isNull = (status: number) => [204, 205, 304].includes(status)

describe("Any response", () => {
  const word = fc.stringMatching(/^[\t\x20-\x7e]{0,60}$/)
  const codes = fc.oneof(
    fc.constantFrom("ModelError", "ValidationError", "ThrottlingException", "ExpiredToken", "toString", "__proto__"),
    word
  )
  const dates = fc.oneof(word, fc.constantFrom("Thu, 01 Jan 1970 01:00:00 GMT", "Thu, 99 Jan 1970 01:00:00 GMT"))
  const anyHeaders = fc.record({
    "x-amzn-errortype": codes,
    "x-amzn-requestid": word,
    "content-type": word,
    "content-length": word,
    "retry-after": dates,
    "x-amz-retry-after": word,
    date: dates,
    age: word,
    location: fc.webUrl(),
    "x-amzn-sagemaker-custom-attributes": word
  }, { requiredKeys: [] })
  const errorBody = fc.record({
    __type: fc.oneof(codes, fc.jsonValue()),
    code: fc.jsonValue(),
    Message: fc.jsonValue(),
    message: fc.jsonValue(),
    OriginalStatusCode: fc.jsonValue(),
    OriginalMessage: fc.jsonValue(),
    LogStreamArn: fc.jsonValue(),
    retryAfterMillis: fc.jsonValue(),
    requestId: fc.jsonValue()
  }, { requiredKeys: [] }).map((body) => JSON.stringify(body))
  const anyBody = fc.oneof(fc.uint8Array({ maxLength: 64 }), fc.json(), errorBody)
  it.effect.prop(
    "is an output or a typed error with its status, never a defect",
    { status: fc.integer({ min: 200, max: 599 }), headers: anyHeaders, body: anyBody },
    ({ body, headers, status }) =>
      Effect.gen(function*() {
        const server = yield* scriptedRuntime({
          status,
          headers: Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== undefined)),
          body: isNull(status) ? null : body as BodyInit
        })
        const exit = yield* Effect.exit(RetryPolicy.use(RetryPolicy.none)(call)).pipe(Effect.provide(server.layer))
        if (Exit.isSuccess(exit)) {
          assert.isTrue(status < 300)
          assert.strictEqual(exit.value.$metadata.httpStatusCode, status)
          assert.instanceOf(exit.value.Body, Uint8Array)
        } else {
          assert.isTrue(Cause.isFailType(exit.cause), Cause.pretty(exit.cause))
          assert.isTrue(status >= 300)
          assert.propertyVal(Cause.isFailType(exit.cause) ? exit.cause.error : {}, "status", status)
        }
      }),
    { fastCheck: { numRuns: 200 }, timeout: 60_000 }
  )
})
