import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Layer, Redacted, Schedule, Stream, TestClock } from "effect"
import {
  BearerToken,
  Credentials,
  InvokeEndpoint,
  ModelEndpoint,
  Resilience,
  RetryPolicy,
  SageMakerError,
  type SageMakerRuntime,
  Timeouts,
  Tokens
} from "effect-sagemaker-runtime"
import { MockRuntime } from "effect-sagemaker-runtime/testing"
import { captureOutput } from "./support/captureOutput.ts"
import { pickMembersOf } from "./support/pickMembersOf.ts"
import { type Reply, scriptedRuntime, scriptedRuntimeWith } from "./support/scriptedHttpClient.ts"
import { recordingTracer, spanText } from "./support/tracer.ts"

const chat = ModelEndpoint.openAiChat("llama", { inferenceComponent: "adapter-7", CustomAttributes: "trace=1" })
const plain = ModelEndpoint.openAiChat("llama")
const request = { messages: [{ role: "user" as const, content: "canary question" }] }

const keys = { accessKeyId: "AKIDEXAMPLE7", secretAccessKey: "secret", sessionToken: "the-session-token-0123456789" }

type Call = Effect.Effect<
  unknown,
  ModelEndpoint.ModelEndpointError | ModelEndpoint.ModelEndpointStreamError,
  BearerToken.BearerToken | SageMakerRuntime.SageMakerRuntime
>

const calls = (...all: ReadonlyArray<Call>) => all

/** A `BearerToken` that counts its tokens. */
const countedTokens = (text = (count: number) => `token-${count}`) =>
  Effect.sync(() => {
    const state = { made: 0, current: undefined as string | undefined, invalidated: 0 }
    const layer = Layer.succeed(BearerToken.BearerToken, {
      get: Effect.sync(() => Redacted.make(state.current ??= text(++state.made))),
      invalidate: Effect.sync(() => {
        state.invalidated += 1
        state.current = undefined
      })
    })
    return { state, layer }
  })

const completion = {
  id: "1",
  object: "chat.completion",
  created: 1,
  model: "",
  choices: [{ index: 0, message: { role: "assistant", content: "Rayleigh scattering" }, finish_reason: "stop" }]
}

const completed: Reply = {
  status: 200,
  headers: { "content-type": "application/json", "x-amzn-invoked-production-variant": "AllTraffic" },
  body: JSON.stringify(completion)
}

const envelope = (status: number, error: object, headers: Record<string, string> = {}): Reply => ({
  status,
  headers: {
    "content-type": "application/json",
    "x-amzn-requestid": "7e6b1f4e-0000-4000-8000-000000000001",
    ...headers
  },
  body: JSON.stringify({ error })
})

const containerBody =
  "{\"error\":{\"message\":\"canary question is not \\\"valid\\\"\",\"type\":\"BadRequestError\",\"code\":400}}"
const serviceText = (status: number, body: string, container = "primary") =>
  `Received client error (${status}) from ${container} with message "${body}". See https://eu-west-1.console.aws.amazon.com/` +
  "cloudwatch/home?region=eu-west-1#logEventViewer:group=/aws/sagemaker/Endpoints/llama in account 111122223333 for more information."

const noCapacity =
  "Inference Component has no capacity to process this request. ApplicationAutoScaling may be in-progress (if " +
  "configured) or try to increase the capacity by invoking UpdateInferenceComponentRuntimeConfig API."

const json = (body: { readonly _tag: string }) =>
  JSON.parse(new TextDecoder().decode((body as unknown as { readonly body: Uint8Array }).body)) as Record<
    string,
    unknown
  >

const chunk = (delta: object, finish_reason: string | null = null) => ({
  id: "1",
  object: "chat.completion.chunk",
  created: 1,
  model: "",
  choices: [{ index: 0, delta, finish_reason }]
})

/** The failure of one call of the route. */
const failureOf = (reply: Reply, call = chat) =>
  Effect.gen(function*() {
    const server = yield* scriptedRuntime(reply)
    const tokens = yield* countedTokens()
    const fiber = yield* Effect.fork(
      Effect.flip(call.invoke(request)).pipe(Effect.provide([server.layer, tokens.layer]))
    )
    yield* TestClock.adjust("1 minute")
    return { error: yield* Fiber.join(fiber), attempts: yield* server.attempts, ...tokens.state }
  })

const assertMembers = (error: object, expected: object) =>
  assert.deepStrictEqual(pickMembersOf(error, expected), expected)

describe("ModelEndpoint.openAiChat", () => {
  it.effect("sends a chat request with a bearer token to the route of the component", () =>
    Effect.gen(function*() {
      const server = yield* scriptedRuntime(completed)
      const tokens = yield* countedTokens()
      const { response, value } = yield* chat.invokeWithResponse(request, { InferenceId: "id-1" }).pipe(
        Effect.provide([server.layer, tokens.layer])
      )
      assert.strictEqual(value.choices[0]?.message.content, "Rayleigh scattering")
      assertMembers(response, { InvokedProductionVariant: "AllTraffic", ContentType: "application/json" })
      assert.strictEqual(response.$metadata.httpStatusCode, 200)
      const [sent] = yield* server.requests
      assert.strictEqual(
        `${sent!.method} ${sent!.url}`,
        "POST https://runtime.sagemaker.eu-west-1.amazonaws.com/endpoints/llama/inference-components/adapter-7/openai/v1/" +
          "chat/completions"
      )
      assert.include(sent!.headers, {
        authorization: "Bearer token-1",
        "content-type": "application/json",
        "x-amzn-sagemaker-custom-attributes": "trace=1",
        "x-amzn-sagemaker-inference-id": "id-1"
      })
      assert.notProperty(sent!.headers, "x-amzn-sagemaker-inference-component")
      assert.notProperty(sent!.headers, "x-amz-date")
      assert.deepStrictEqual(json(sent!.body), { ...request, model: "" })
    }))

  it.effect("sends the model of the request, and the component of a call", () =>
    Effect.gen(function*() {
      const server = yield* scriptedRuntime(completed)
      const tokens = yield* countedTokens()
      const both = Effect.zipRight(
        plain.invoke({ ...request, model: "llama-3" }),
        plain.invoke(request, { InferenceComponentName: "other" })
      )
      yield* Effect.provide(both, [server.layer, tokens.layer])
      const [first, second] = yield* server.requests
      assert.strictEqual(json(first!.body)["model"], "llama-3")
      assert.include(first!.url, "/endpoints/llama/openai/v1/chat/completions")
      assert.include(second!.url, "/endpoints/llama/inference-components/other/openai/v1/chat/completions")
    }))

  it.effect("rejects a component that is no plain name, also without validation, and sends nothing", () =>
    Effect.gen(function*() {
      const server = yield* scriptedRuntimeWith({ validation: false }, completed)
      const tokens = yield* countedTokens()
      for (const name of ["", ".", "..", "a/b", "a%2Fb", "a b", "-a", "a?b", "a#b", "é", "a".repeat(64), 7, {}]) {
        for (
          const call of calls(
            Effect.asVoid(ModelEndpoint.openAiChat("llama", { inferenceComponent: name as string }).invoke(request)),
            Effect.asVoid(plain.invoke(request, { InferenceComponentName: name as string })),
            Stream.runDrain(plain.stream(request, undefined, { InferenceComponentName: name as string }))
          )
        ) {
          const error = yield* Effect.flip(Effect.provide(call, [server.layer, tokens.layer]))
          assert.strictEqual(error._tag, "InvalidInputError")
        }
      }
      assert.strictEqual(yield* server.attempts, 0)
    }))

  it.effect("rejects members that the route does not have, and options that cannot be read", () =>
    Effect.gen(function*() {
      const server = yield* scriptedRuntime(completed)
      const tokens = yield* countedTokens()
      const throwing = Object.defineProperty({}, "inferenceComponent", { enumerable: true, get: () => assert.fail() })
      for (
        const call of calls(
          ModelEndpoint.openAiChat("llama", { TargetModel: "a.tar.gz" } as object).invoke(request),
          plain.invoke(request, { TargetContainerHostname: "second" }),
          plain.invoke(request, { EnableExplanations: "`true`" }),
          Effect.as(
            Stream.runDrain(plain.stream(request, undefined, { TargetModel: "a" } as object)),
            completion as never
          ),
          ModelEndpoint.openAiChat("llama", throwing).invoke(request),
          ModelEndpoint.openAiChat("llama", "options" as never).invoke(request),
          ModelEndpoint.openAiChat("..").invoke(request),
          ModelEndpoint.openAiChat(undefined as never).invoke(request)
        )
      ) {
        const error = yield* Effect.flip(Effect.provide(call, [server.layer, tokens.layer]))
        assert.strictEqual(error._tag, "InvalidInputError")
      }
      const withParams = yield* scriptedRuntimeWith({ params: { TargetModel: "a.tar.gz" } }, completed)
      const error = yield* Effect.flip(Effect.provide(plain.invoke(request), [withParams.layer, tokens.layer]))
      assertMembers(error, { _tag: "InvalidInputError", field: "TargetModel" })
    }))

  it.effect("streams server-sent events, JSON Lines and a whole completion as tokens", () =>
    Effect.gen(function*() {
      const chunks = [chunk({ role: "assistant", content: "Ray" }), chunk({ content: "leigh" }), chunk({}, "stop")]
      const sse = chunks.map((_) => `data: ${JSON.stringify(_)}\n\n`).join("") + "data: [DONE]\n\n"
      const lines = chunks.map((_) => `${JSON.stringify(_)}\n`).join("")
      for (
        const [type, body] of [
          ["text/event-stream", sse],
          ["application/jsonlines", lines],
          ["application/json", JSON.stringify(completion)]
        ] as const
      ) {
        const server = yield* scriptedRuntime({ status: 200, headers: { "content-type": type }, body })
        const tokens = yield* countedTokens()
        const collected = yield* Tokens.collect(chat.stream(request)).pipe(Effect.provide([server.layer, tokens.layer]))
        assert.include(["Rayleigh", "Rayleigh scattering"], collected.text)
        assert.strictEqual(collected.finishReason, "stop")
        const [sent] = yield* server.requests
        assert.deepStrictEqual(json(sent!.body), {
          ...request,
          model: "",
          stream: true,
          stream_options: { include_usage: true }
        })
        assert.strictEqual(sent!.headers["authorization"], "Bearer token-1")
      }
    }))

  it.effect("fails a stream that is cut or reports an error with a typed error", () =>
    Effect.gen(function*() {
      const event = `data: ${JSON.stringify(chunk({ content: "Ray" }))}\n\n`
      for (
        const [body, tag] of [[event, "ModelStreamError"], [
          `${event}data: {"error":{"message":"canary question","code":500}}\n\n`,
          "ModelStreamError"
        ], [`${event}data: {"id"`, "ModelStreamError"]] as const
      ) {
        const server = yield* scriptedRuntime({ status: 200, headers: { "content-type": "text/event-stream" }, body })
        const tokens = yield* countedTokens()
        const error = yield* Tokens.collect(chat.stream(request)).pipe(
          Effect.flip,
          Effect.provide([server.layer, tokens.layer])
        )
        assert.include([tag, "CodecError"], error._tag)
        assert.notInclude(error.message, "canary")
      }
    }))

  it.effect("reports a container's error, quoted or not, with the container's own status and words", () =>
    Effect.gen(function*() {
      const replies = [
        [
          envelope(400, { message: serviceText(400, containerBody), type: "model_error", code: "model_error" }),
          400,
          400
        ],
        [envelope(424, { message: serviceText(422, containerBody, "my container"), type: null, code: null }), 424, 422],
        [
          envelope(424, {
            message: `Received server error (0) from primary with message "${containerBody}"`,
            code: "x"
          }),
          424,
          0
        ],
        [envelope(400, { message: containerBody, type: "BadRequestError", param: null, code: 400 }), 400, 400],
        [envelope(404, { message: containerBody, type: "NotFoundError", code: 404 }), 404, 404]
      ] as const
      for (const [reply, status, OriginalStatusCode] of replies) {
        const { attempts, error, invalidated } = yield* failureOf(reply)
        assertMembers(error, {
          _tag: "ModelError",
          status,
          OriginalStatusCode,
          OriginalMessage: containerBody,
          message: "The model's container returned an error",
          requestId: "7e6b1f4e-0000-4000-8000-000000000001",
          retry: "never"
        })
        assert.deepStrictEqual([attempts, invalidated], [1, 0])
        assert.include((error as SageMakerError.ModelError & { serviceMessage: string }).serviceMessage, containerBody)
      }
    }))

  it.effect("prints no text of the service, no token and no part of the request", () =>
    Effect.gen(function*() {
      const layer = BearerToken.layer({ region: "eu-west-1" }).pipe(Layer.provide(Credentials.layer(keys)))
      const token = yield* Effect.flatMap(BearerToken.BearerToken, ({ get }) => get).pipe(Effect.provide(layer))
      const text = Redacted.value(token)
      const signature = /Signature=(\w+)/.exec(atob(text.slice("sagemaker-api-key-".length)))![1]!
      const echo = `${text} ${signature} ${serviceText(400, `${containerBody} ${text}`)}`
      for (
        const reply of [
          envelope(400, { message: serviceText(400, containerBody), type: "model_error", code: "model_error" }),
          envelope(400, { message: echo, type: "validation_error", code: "validation_error" }),
          envelope(403, { message: echo, type: text, code: text }, { "x-amzn-requestid": signature }),
          envelope(500, { message: echo, type: keys.accessKeyId, code: keys.accessKeyId }, {
            "x-amzn-requestid": keys.accessKeyId
          }),
          envelope(418, { message: echo, type: signature, code: signature }, { "x-amzn-errortype": signature }),
          {
            status: 403,
            headers: { "x-amzn-errortype": "AccessDeniedException" },
            body: JSON.stringify({ Message: echo })
          },
          {
            status: 424,
            body: JSON.stringify({
              __type: "ModelError",
              Message: echo,
              LogStreamArn: "arn:aws:logs:eu-west-1:111122223333:x"
            })
          },
          { status: 502, body: `<html>${echo}</html>` }
        ] as ReadonlyArray<Reply>
      ) {
        const server = yield* scriptedRuntime(reply)
        const large = { messages: [{ role: "user" as const, content: "canary question ".repeat(5_000) }] }
        const { error } = yield* captureOutput(
          chat.invoke(large).pipe(RetryPolicy.use(RetryPolicy.none), Effect.provide([server.layer, layer]))
        )
        assert.notInclude([signature, keys.accessKeyId, text], (error as { requestId?: string }).requestId)
        assert.notInclude([signature, keys.accessKeyId, text], (error as { code?: string }).code)
        const { texts } = yield* captureOutput(
          chat.invoke(request).pipe(RetryPolicy.use(RetryPolicy.none), Effect.provide([server.layer, layer]))
        )
        assert.isAbove(texts.length, 10)
        for (const [way, printed] of texts) {
          for (
            const secret of [text, signature, keys.accessKeyId, "111122223333", "console.aws", "canary", "trace=1"]
          ) {
            assert.notInclude(printed, secret, way)
          }
        }
      }
    }))

  it.effect("has a span for the call and one for the attempt, without the token and the request", () =>
    Effect.gen(function*() {
      const server = yield* scriptedRuntime(completed)
      const tokens = yield* countedTokens()
      const { layer, spans } = recordingTracer()
      yield* chat.invoke(request).pipe(
        Effect.zipRight(Stream.runDrain(chat.stream(request))),
        Effect.provide([server.layer, tokens.layer, layer])
      )
      const calls = spans.filter(({ parent }) => parent === undefined)
      assert.deepStrictEqual(calls.map(({ name }) => name), [
        "SageMakerRuntime.OpenAiChatCompletion",
        "SageMakerRuntime.OpenAiChatCompletionStream"
      ])
      for (const { attributes } of calls) {
        assert.strictEqual(attributes.get("aws.sagemaker.endpoint.name"), "llama")
      }
      const attempts = spans.filter(({ name }) => name === "SageMakerRuntime.attempt")
      assert.deepStrictEqual(attempts.map(({ attributes }) => attributes.get("http.response.status_code")), [200, 200])
      const printed = spans.map(spanText).join("\n")
      for (const secret of ["token-1", "canary", "trace=1"]) {
        assert.notInclude(printed, secret)
      }
    }))

  it.effect("reports no capacity as the signed route does", () =>
    Effect.gen(function*() {
      for (const type of ["validation_error", undefined]) {
        const { error } = yield* failureOf(envelope(400, { message: noCapacity, type, code: "validation_error" }))
        assertMembers(error, { _tag: "ValidationError", reason: "no-capacity", status: 400, code: "ValidationError" })
        assert.isTrue(SageMakerError.isNoCapacity(error))
        assert.notInclude(error.message, "ApplicationAutoScaling")
      }
    }))

  it.effect("invalidates the token after 401 and 403, and sends another one with the next call", () =>
    Effect.gen(function*() {
      for (
        const reply of [
          envelope(401, { message: "expired", type: "authentication_error", code: "invalid_api_key" }),
          envelope(403, { message: "denied", type: "x", code: "expired_token_exception" }),
          { status: 403, body: "Forbidden" },
          { status: 401, body: null },
          { status: 400, headers: { "x-amzn-errortype": "ExpiredTokenException" }, body: "{}" }
        ] as ReadonlyArray<Reply>
      ) {
        for (const call of calls(chat.invoke(request), Stream.runCollect(chat.stream(request)))) {
          const server = yield* scriptedRuntime(reply, completed)
          const tokens = yield* countedTokens()
          yield* Effect.gen(function*() {
            const error = yield* Effect.flip(call)
            assertMembers(error, { _tag: "AccessDeniedError", retry: "never" })
            assert.deepStrictEqual(tokens.state, { made: 1, current: undefined, invalidated: 1 })
            yield* chat.invoke(request)
          }).pipe(Effect.provide([server.layer, tokens.layer]))
          const sent = (yield* server.requests).map(({ headers }) => headers["authorization"])
          assert.deepStrictEqual(sent, ["Bearer token-1", "Bearer token-2"])
        }
      }
      const { error } = yield* failureOf(envelope(403, { message: "denied", code: "expired_token_exception" }))
      assertMembers(error, { code: "ExpiredTokenException", status: 403 })
    }))

  it.effect("discards a rejected token before an attempt that a custom policy starts", () =>
    Effect.gen(function*() {
      const server = yield* scriptedRuntime({ status: 403, body: "" }, completed)
      const tokens = yield* countedTokens()
      const policy: RetryPolicy.Policy = {
        maxAttempts: 2,
        around: () => (attempt) => Effect.retry(attempt, Schedule.recurs(1))
      }
      yield* chat.invoke(request).pipe(RetryPolicy.use(policy), Effect.provide([server.layer, tokens.layer]))
      const sent = (yield* server.requests).map(({ headers }) => headers["authorization"])
      assert.deepStrictEqual(sent, ["Bearer token-1", "Bearer token-2"])
    }))

  it.effect("corrects the time of the token if the system clock is wrong", () =>
    Effect.gen(function*() {
      yield* TestClock.setTime(Date.parse("2026-11-28T13:00:00Z"))
      const date = "Sat, 28 Nov 2026 12:00:00 GMT"
      const server = yield* scriptedRuntime({ status: 403, headers: { date }, body: "" }, completed)
      const tokens = BearerToken.layer({ region: "eu-west-1" }).pipe(Layer.provide(Credentials.layer(keys)))
      const fiber = yield* Effect.fork(Effect.provide(chat.invoke(request), [server.layer, tokens]))
      yield* TestClock.adjust("1 second")
      yield* Fiber.join(fiber)
      const dates = (yield* server.requests).map(({ headers }) =>
        /X-Amz-Date=(\w+)/.exec(atob(headers["authorization"]!.slice("Bearer sagemaker-api-key-".length)))?.[1]
      )
      assert.strictEqual(dates.length, 2)
      assert.strictEqual(dates[0], "20261128T130000Z")
      assert.match(dates[1]!, /^20261128T12000\dZ$/)
    }))

  it.effect("retries 429, 500 and 503 by the client's policy, and no other error of the service", () =>
    Effect.gen(function*() {
      const expected: ReadonlyArray<readonly [Reply, string, number]> = [
        [
          envelope(429, { message: "slow down", type: "throttling_error", code: "throttling_exception" }),
          "ThrottlingError",
          3
        ],
        [envelope(429, { message: "x", code: "model_not_ready_exception" }), "ModelNotReadyException", 3],
        [envelope(429, { message: "x", code: 429 }), "ThrottlingError", 3],
        [{ status: 429, body: "" }, "ThrottlingError", 3],
        [envelope(503, { message: "x", code: "service_unavailable" }), "ServiceUnavailable", 3],
        [envelope(503, { message: "x", code: null }), "ServiceUnavailable", 3],
        [envelope(500, { message: "x", code: "internal_failure" }), "InternalFailure", 3],
        [envelope(500, { message: "x", code: "unknown" }), "InternalFailure", 3],
        [{ status: 502, body: "<html>" }, "UnknownServiceError", 3],
        [envelope(530, { message: "x" }), "InternalDependencyException", 1],
        [envelope(400, { message: "x", code: "validation_error" }), "ValidationError", 1],
        [envelope(400, { message: "x", code: "unknown" }), "UnknownServiceError", 1],
        [{ status: 413, body: "too large" }, "PayloadTooLargeError", 1],
        [{ status: 400, body: JSON.stringify({ error: null }) }, "UnknownServiceError", 1],
        [
          { status: 400, body: JSON.stringify({ error: { message: {}, type: [], code: { a: 1 } } }) },
          "UnknownServiceError",
          1
        ],
        [{ status: 400, body: "[]" }, "UnknownServiceError", 1]
      ]
      for (const [reply, tag, attempts] of expected) {
        const failure = yield* failureOf(reply)
        assert.deepStrictEqual([failure.error._tag, failure.attempts], [tag, attempts], JSON.stringify(reply))
      }
    }))

  it.effect("fails with CredentialsError or SigningError if there is no token that can be sent", () =>
    Effect.gen(function*() {
      const server = yield* scriptedRuntime(completed)
      const failing = BearerToken.layer({ region: "eu-west-1" }).pipe(
        Layer.provide(Credentials.layer({ accessKeyId: "", secretAccessKey: "" }))
      )
      const error = yield* Effect.flip(Effect.provide(chat.invoke(request), [server.layer, failing]))
      assert.strictEqual(error._tag, "CredentialsError")
      for (const token of [Redacted.make("a\r\nb: c"), Redacted.make(""), Redacted.make("é"), "plain", undefined]) {
        const tokens = Layer.succeed(BearerToken.BearerToken, {
          get: Effect.succeed(token as Redacted.Redacted),
          invalidate: Effect.void
        })
        const failure = yield* Effect.flip(Effect.provide(chat.invoke(request), [server.layer, tokens]))
        assert.strictEqual(failure._tag, "SigningError")
      }
      assert.strictEqual(yield* server.attempts, 0)
    }))

  it.effect("obeys deadlines, the limit of responses and the limits of the client", () =>
    Effect.gen(function*() {
      const tokens = yield* countedTokens()
      const silent = yield* scriptedRuntime(Effect.never)
      const fiber = yield* Effect.fork(
        Effect.flip(chat.invoke(request)).pipe(
          Timeouts.use({ firstByte: "3 seconds" }),
          Effect.provide([silent.layer, tokens.layer])
        )
      )
      yield* TestClock.adjust("3 seconds")
      assertMembers(yield* Fiber.join(fiber), { _tag: "TimeoutError", phase: "firstByte" })
      assert.deepStrictEqual(yield* silent.aborted, [true])

      const large = yield* scriptedRuntimeWith({ maxResponseBytes: 10 }, completed)
      const tooLarge = yield* Effect.flip(Effect.provide(chat.invoke(request), [large.layer, tokens.layer]))
      assertMembers(tooLarge, { _tag: "PayloadTooLargeError", direction: "response", limit: 10 })

      const small = yield* scriptedRuntimeWith({ maxBodyBytes: 10 }, completed)
      const body = yield* Effect.flip(Effect.provide(chat.invoke(request), [small.layer, tokens.layer]))
      assert.strictEqual(body._tag, "PayloadTooLargeError")

      const broken = yield* scriptedRuntime({ status: 503, body: "" })
      const guarded = broken.layer.pipe(Resilience.circuitBreaker({ minimumThroughput: 1 }))
      const tags = yield* Effect.all([chat.invoke(request), chat.invoke(request)].map((call) => Effect.flip(call)))
        .pipe(
          RetryPolicy.use(RetryPolicy.none),
          Effect.provide([guarded, tokens.layer]),
          Effect.map((errors) => errors.map(({ _tag }) => _tag))
        )
      assert.deepStrictEqual(tags, ["UnknownServiceError", "CircuitOpenError"])
    }))

  it.effect("can be mocked by the operation's name", () =>
    Effect.gen(function*() {
      const tokens = yield* countedTokens()
      const handler = MockRuntime.on(
        { ...InvokeEndpoint.operation, name: "OpenAiChatCompletion" },
        () => Effect.succeed({ Body: new TextEncoder().encode(JSON.stringify(completion)) })
      )
      const { choices } = yield* chat.invoke(request).pipe(Effect.provide([MockRuntime.layer(handler), tokens.layer]))
      assert.strictEqual(choices.length, 1)
    }))
})

describe("ModelEndpoint.warmUp of an endpoint of the route", () => {
  const everyFive = Schedule.spaced("5 seconds")

  it.effect("sends a chat request to the route until the container responds", () =>
    Effect.gen(function*() {
      const tokens = yield* countedTokens()
      const server = yield* scriptedRuntime(
        envelope(400, { message: noCapacity, type: "validation_error", code: "validation_error" }),
        envelope(429, { message: "loading", code: "model_not_ready_exception" }),
        envelope(400, { message: serviceText(400, containerBody), code: "model_error" })
      )
      const fiber = yield* Effect.fork(
        ModelEndpoint.warmUp({ ...chat }, everyFive).pipe(Effect.provide([server.layer, tokens.layer]))
      )
      yield* TestClock.adjust("10 seconds")
      assert.strictEqual((yield* Fiber.join(fiber)).attempts, 3)
      const [sent] = yield* server.requests
      assert.include(sent!.url, "/endpoints/llama/inference-components/adapter-7/openai/v1/chat/completions")
      assert.deepStrictEqual(json(sent!.body), { model: "", messages: [] })
      assert.strictEqual(sent!.headers["authorization"], "Bearer token-1")
    }))

  it.effect("sends one probe at a time per endpoint, component and route", () =>
    Effect.gen(function*() {
      const tokens = yield* countedTokens()
      const server = yield* scriptedRuntime(Effect.delay(Effect.sync(() => new Response("{}")), "1 second"))
      const signed = ModelEndpoint.chat("llama", { InferenceComponentName: "adapter-7" })
      const again = ModelEndpoint.openAiChat("llama", { inferenceComponent: "adapter-7", CustomAttributes: "trace=1" })
      const other = ModelEndpoint.openAiChat("llama", { inferenceComponent: "adapter-8" })
      const fiber = yield* Effect.fork(
        Effect.all(
          [chat, chat, again, signed, other, plain].map((endpoint) => ModelEndpoint.warmUp(endpoint, everyFive)),
          {
            concurrency: "unbounded"
          }
        ).pipe(Effect.provide([server.layer, tokens.layer]))
      )
      yield* TestClock.adjust("1 second")
      yield* Fiber.join(fiber)
      const urls = (yield* server.requests).map(({ url }) => url.replace(/^.*\/endpoints\/llama\//, ""))
      assert.deepStrictEqual(urls.toSorted(), [
        "inference-components/adapter-7/openai/v1/chat/completions",
        "inference-components/adapter-8/openai/v1/chat/completions",
        "invocations",
        "openai/v1/chat/completions"
      ])
    }))
})
