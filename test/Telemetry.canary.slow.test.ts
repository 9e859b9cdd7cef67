import { EmbeddingModel, LanguageModel, Tool, Toolkit } from "@effect/ai"
import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect, Either, Exit, Fiber, Layer, Option, Redacted, Schedule, Schema, Stream } from "effect"
import {
  AsyncInference,
  BearerToken,
  Codec,
  Container,
  Credentials,
  Framing,
  type InvokeEndpoint,
  invokeEndpoint,
  invokeEndpointAsync,
  ModelEndpoint,
  ObjectStore,
  Resilience,
  RetryPolicy,
  SageMakerRuntime,
  Signer,
  streamEndpoint,
  Telemetry,
  Timeouts,
  Tokens
} from "effect-sagemaker-runtime"
import { SageMakerEmbeddingModel, SageMakerLanguageModel } from "effect-sagemaker-runtime/ai"
import { encode } from "../src/protocol/eventStream/frame.ts"
import { accepted } from "./support/asyncJobs.ts"
import { exporters, type Exports } from "./support/exportedTelemetry.ts"
import { bodyCutError, brokenBody, pacedBody } from "./support/responseBodies.ts"
import { ok, refusal, type Reply, type Responder, scriptedHttpClient } from "./support/scriptedHttpClient.ts"

/** Every secret of the tests contains this word. */
const word = "C4n4ryW0rd"

const base64Forms = ["", "x", "xx"].map((before) => {
  const text = Buffer.from(`${before}${word}zz`).toString("base64")
  return text.slice(before === "" ? 0 : 4, -4)
})

const forms = [
  word,
  ...base64Forms,
  Buffer.from(word).toString("hex"),
  [...Buffer.from(word)].join(", "),
  [...Buffer.from(word)].join(",")
].map((form) => form.toLowerCase())

const formsIn = (text: string): ReadonlyArray<string> => {
  const lower = text.toLowerCase()
  return forms.filter((form) => lower.includes(form))
}

const secret = (name: string): string => `${word}-${name}`

const keys = {
  accessKeyId: `AKIA${word}`,
  secretAccessKey: secret("secret-access-key"),
  sessionToken: secret("session/token+==")
}

const Body = JSON.stringify({ prompt: secret("body"), inputs: [secret("input")] })

/** An input with a secret in each member that telemetry does not show. */
const input: InvokeEndpoint.InvokeEndpointInput = {
  EndpointName: "anomaly-v2",
  Body,
  ContentType: "application/json",
  CustomAttributes: secret("attributes"),
  TargetModel: secret("target.tar.gz"),
  InferenceId: secret("inference-id"),
  SessionId: secret("session-id")
}

/** Response headers with secrets. The request ID and the variant repeat the request. */
const headers = {
  "content-type": "application/json",
  "x-amzn-requestid": secret("body"),
  "x-amzn-invoked-production-variant": secret("body"),
  "x-amzn-sagemaker-custom-attributes": secret("response-attributes"),
  "x-amzn-sagemaker-new-session-id": `${secret("new-session")}; Expires=2030-01-01T00:00:00Z`,
  [`x-${word.toLowerCase()}`]: secret("header"),
  server: secret("server")
}

const reply = (body: unknown, members: object = {}): Reply => ({
  status: 200,
  headers: { ...headers, ...members },
  body: typeof body === "string" ? body : JSON.stringify(body)
})

const text = new TextEncoder()

const part = (payload: string) =>
  encode({ ":message-type": "event", ":event-type": "PayloadPart" }, text.encode(payload))

const joined = (frames: ReadonlyArray<Uint8Array>) => Uint8Array.from(frames.flatMap((frame) => [...frame]))

const streamInit = {
  headers: {
    ...headers,
    "content-type": "application/vnd.amazon.eventstream",
    "x-amzn-sagemaker-content-type": "text/event-stream"
  }
}

const frames = (...all: ReadonlyArray<Uint8Array>): Reply => ({ status: 200, ...streamInit, body: joined(all) })

const streamed = (...payloads: ReadonlyArray<string>): Reply => frames(...payloads.map(part))

const sse = (event: unknown): string => `data: ${JSON.stringify(event)}\n\n`

const messages = [
  { role: "system" as const, content: secret("system") },
  { role: "user" as const, content: secret("prompt") },
  {
    role: "assistant" as const,
    content: null,
    tool_calls: [
      { id: secret("call"), type: "function" as const, function: { name: "weather", arguments: secret("arguments") } }
    ]
  },
  { role: "tool" as const, tool_call_id: secret("call"), content: secret("tool-result") }
]

const chatRequest = { messages, stop: [secret("stop")], user: secret("user") }

const completion = (content: string, members: object = {}) => ({
  id: secret("completion-id"),
  model: secret("completion-model"),
  system_fingerprint: secret("fingerprint"),
  choices: [{
    index: 0,
    message: {
      role: "assistant",
      content,
      reasoning_content: secret("reasoning"),
      tool_calls: [{
        id: secret("call"),
        type: "function",
        function: { name: "weather", arguments: JSON.stringify({ city: secret("arguments") }) }
      }]
    },
    finish_reason: secret("finish-reason")
  }],
  usage: { prompt_tokens: 7, completion_tokens: 3 },
  ...members
})

const chunk = (content: string, finish_reason: string | null = null) =>
  sse({ id: secret("completion-id"), choices: [{ index: 0, delta: { content }, finish_reason }] })

const tokens = [
  chunk(secret("token")),
  chunk(secret("token"), secret("finish-reason")),
  sse({ choices: [], usage: { prompt_tokens: 7, completion_tokens: 2 } }),
  "data: [DONE]\n\n"
]

const llama = ModelEndpoint.chat("llama", { CustomAttributes: secret("attributes") })

const serviceError = (status: number, code: string): Reply => {
  const { body, ...rest } = refusal(status, code, {
    Message: secret("message"),
    message: secret("message"),
    OriginalMessage: secret("original-message"),
    OriginalStatusCode: 500,
    LogStreamArn: secret("arn"),
    ErrorCode: secret("error-code")
  }) as { readonly status: number; readonly headers: object; readonly body: string }
  return { status: rest.status, body, headers: { ...headers, ...rest.headers, "x-amzn-requestid": secret("body") } }
}

interface Scenario {
  readonly run: Effect.Effect<
    unknown,
    unknown,
    SageMakerRuntime.SageMakerRuntime | ObjectStore.ObjectStore | BearerToken.BearerToken
  >
  readonly replies?: ReadonlyArray<Reply | Responder>
  /** How the program ends: `success`, `interrupted`, `defect`, or the tag of the error. */
  readonly ends: string
  readonly options?: Partial<SageMakerRuntime.SageMakerRuntimeOptions>
  readonly credentials?: Layer.Layer<Credentials.Credentials>
  readonly signer?: Layer.Layer<Signer.Signer>
  /** Objects of the store. */
  readonly objects?: { readonly [location: string]: string }
  /** The names of spans that exist. Default: a call of the client. */
  readonly spans?: ReadonlyArray<string>
  /**
   * Whether the program has no span and no log of its own: the message of its error is a text of the program or of a
   * server, or contains a location.
   */
  readonly isBare?: true
  readonly hasBreaker?: true
}

const once = <A, E, R>(effect: Effect.Effect<A, E, R>) => RetryPolicy.use(effect, RetryPolicy.none)

const whole = (run: Scenario["run"], ends: string, ...replies: ReadonlyArray<Reply | Responder>): Scenario => ({
  run,
  ends,
  replies
})

const foreign = () => new Error(secret("foreign"))

const calls: Record<string, Scenario> = {
  success: whole(invokeEndpoint(input), "success", reply(secret("response"))),
  "success after a retry": whole(
    invokeEndpoint(input),
    "success",
    serviceError(503, "ServiceUnavailable"),
    reply(secret("response"))
  ),
  "invalid input": whole(
    invokeEndpoint({ ...input, EndpointName: secret("my endpoint name") }),
    "InvalidInputError"
  ),
  "an invalid header": whole(
    invokeEndpoint({ ...input, CustomAttributes: `${secret("attributes")}\n` }),
    "InvalidInputError"
  ),
  "a large request": {
    ...whole(invokeEndpoint(input), "PayloadTooLargeError"),
    options: { maxBodyBytes: 10 }
  },
  "a large response": {
    ...whole(once(invokeEndpoint(input)), "PayloadTooLargeError", reply(secret("response"))),
    options: { maxResponseBytes: 10 }
  },
  "an unknown code": {
    ...whole(once(invokeEndpoint(input)), "UnknownServiceError", serviceError(400, secret("body"))),
    isBare: true
  },
  "a page of HTML": whole(once(invokeEndpoint(input)), "UnknownServiceError", {
    status: 418,
    headers: { ...headers, "content-type": "text/html" },
    body: `<html>${secret("page")}</html>`
  }),
  "no connection": whole(once(invokeEndpoint(input)), "TransportError", {
    transport: new TypeError(secret("fetch"), { cause: foreign() })
  }),
  "a timeout": whole(Timeouts.use(invokeEndpoint(input), { total: "20 millis" }), "TimeoutError", Effect.never),
  "an interruption": whole(
    Effect.gen(function*() {
      const fiber = yield* Effect.fork(invokeEndpoint(input))
      yield* Effect.sleep("10 millis")
      return yield* Fiber.interrupt(fiber)
    }),
    "success",
    Effect.never
  ),
  "no credentials": {
    ...whole(once(invokeEndpoint(input)), "CredentialsError"),
    credentials: Credentials.layer({ accessKeyId: "", secretAccessKey: secret("secret-access-key") })
  },
  "a provider that throws": {
    ...whole(once(invokeEndpoint(input)), "CredentialsError"),
    credentials: Credentials.layerProvider(() => Promise.reject(foreign()))
  },
  "a defect of the credentials": {
    ...whole(once(invokeEndpoint(input)), "defect"),
    credentials: Layer.succeed(Credentials.Credentials, { get: Effect.die(foreign()) }),
    isBare: true
  },
  "a defect of the signer": {
    ...whole(once(invokeEndpoint(input)), "defect"),
    signer: Layer.succeed(Signer.Signer, { sign: () => Effect.die(foreign()) }),
    isBare: true
  },
  "an asynchronous request": whole(
    invokeEndpointAsync({
      EndpointName: "llama",
      InputLocation: `s3://${word.toLowerCase()}/${secret("key")}`,
      InferenceId: secret("inference-id"),
      CustomAttributes: secret("attributes")
    }),
    "success",
    accepted({ ...headers, "x-amzn-sagemaker-outputlocation": `s3://bucket/${secret("key")}` })
  ),
  "an open circuit": {
    ...whole(
      Effect.zipRight(Effect.exit(once(invokeEndpoint(input))), once(invokeEndpoint(input))),
      "CircuitOpenError",
      serviceError(503, "ServiceUnavailable")
    ),
    hasBreaker: true
  }
}

for (
  const [status, code, ends] of [
    [424, "ModelError", "ModelError"],
    [400, "ValidationError", "ValidationError"],
    [429, "ModelNotReadyException", "ModelNotReadyException"],
    [400, "ThrottlingException", "ThrottlingError"],
    [403, "AccessDeniedException", "AccessDeniedError"],
    [500, "InternalFailure", "InternalFailure"],
    [503, "ServiceUnavailable", "ServiceUnavailable"]
  ] as const
) {
  calls[code] = { ...whole(once(invokeEndpoint(input)), ends, serviceError(status, code)), isBare: true }
}

const scorer = ModelEndpoint.make("scorer", {
  request: Codec.json(Schema.Struct({ text: Schema.String })),
  response: Codec.json(Schema.Struct({ score: Schema.Number }))
})

const dyingSchema = Schema.transformOrFail(Schema.Struct({ a: Schema.String }), Schema.Unknown, {
  decode: () => Effect.die(foreign()),
  encode: () => Effect.die(foreign())
})

const bearerToken = Layer.succeed(BearerToken.BearerToken, {
  get: Effect.succeed(Redacted.make(secret("bearer-token"))),
  invalidate: Effect.void
})

const route = ModelEndpoint.openAiChat("llama", { CustomAttributes: secret("attributes") })

const typed: Record<string, Scenario> = {
  "a response that is not decoded": whole(
    scorer.invoke({ text: secret("text") }),
    "CodecError",
    reply({ score: secret("score"), [secret("member")]: 1 })
  ),
  "a value that is not encoded": {
    ...whole(scorer.invoke({ text: 1, [word]: secret("value") } as never), "CodecError"),
    spans: []
  },
  "a chat completion": whole(llama.invoke(chatRequest), "success", reply(completion(secret("completion")))),
  "a chat completion of an invalid model": whole(
    llama.invoke({ ...chatRequest, model: secret("my model") }),
    "success",
    reply(completion(secret("completion")))
  ),
  "a chat completion that is not decoded": whole(
    llama.invoke(chatRequest),
    "CodecError",
    reply(completion(secret("completion"), { choices: secret("choices") }))
  ),
  "an object": whole(
    llama.object(Schema.Struct({ a: Schema.String }), chatRequest),
    "success",
    reply(completion(JSON.stringify({ a: secret("object") })))
  ),
  "an object that does not match": whole(
    llama.object(Schema.Struct({ a: Schema.Number }), chatRequest),
    "CodecError",
    reply(completion(JSON.stringify({ a: secret("object") })))
  ),
  "a schema that dies": {
    ...whole(
      llama.object(dyingSchema, chatRequest),
      "CodecError",
      reply(completion(JSON.stringify({ a: secret("object") })))
    ),
    isBare: true
  },
  "a chat completion on the OpenAI-compatible route": whole(
    route.invoke(chatRequest),
    "success",
    reply(completion(secret("completion")))
  ),
  "an error on the OpenAI-compatible route": whole(
    once(route.invoke(chatRequest)),
    "ModelError",
    {
      status: 400,
      headers,
      body: JSON.stringify({ error: { message: secret("message"), type: "BadRequestError", param: null, code: 400 } })
    }
  ),
  embeddings: whole(
    ModelEndpoint.embeddings("bge").embedMany([secret("text"), secret("other text")]),
    "success",
    reply({ data: [{ index: 0, embedding: [1] }, { index: 1, embedding: [2] }], model: secret("model") })
  ),
  "embeddings that do not match": whole(
    ModelEndpoint.embeddings("bge").embedMany([secret("text"), secret("other text")]),
    "CodecError",
    reply({ data: [{ index: 0, embedding: secret("vector") }] })
  ),
  "a generated text": whole(
    Container.tgi("llama").generate.invoke({ inputs: secret("prompt") }),
    "success",
    reply({ generated_text: secret("text"), details: { finish_reason: secret("reason"), generated_tokens: 1 } })
  )
}

const modelStreamError = encode(
  { ":message-type": "exception", ":exception-type": "ModelStreamError", ":content-type": "application/json" },
  text.encode(JSON.stringify({ Message: secret("message"), ErrorCode: secret("body") }))
)

const unknownError = encode(
  { ":message-type": "error", ":error-code": secret("body"), ":error-message": secret("message") },
  new Uint8Array()
)

const broken = (() => {
  const frame = part(secret("payload"))
  frame[frame.length - 1]! ^= 1
  return frame
})()

const chatStream = llama.stream(chatRequest)

const drained = <E, R>(stream: Stream.Stream<unknown, E, R>) => Stream.runDrain(stream)

const streams: Record<string, Scenario> = {
  "a stream": whole(drained(streamEndpoint(input)), "success", streamed(secret("part"))),
  "a token stream": whole(drained(chatStream), "success", streamed(...tokens)),
  "a token stream that is left": whole(
    drained(Stream.take(chatStream, 1)),
    "success",
    pacedBody(streamInit, 0, tokens.slice(0, 1).map(part), Stream.never)
  ),
  "a token stream that is interrupted": whole(
    Effect.timeoutOption(drained(chatStream), "50 millis"),
    "success",
    pacedBody(streamInit, 0, tokens.slice(0, 1).map(part), Stream.never)
  ),
  "a token stream that ends early": whole(
    Tokens.collect(chatStream),
    "ModelStreamError",
    streamed(chunk(secret("token")))
  ),
  "a token stream with an error of the container": {
    ...whole(
      drained(chatStream),
      "ModelStreamError",
      streamed(chunk(secret("token")), sse({ error: { message: secret("message"), type: secret("body") } }))
    ),
    isBare: true
  },
  "a token stream with an unknown event": whole(
    drained(chatStream),
    "CodecError",
    streamed(chunk(secret("token")), sse({ [secret("member")]: secret("value") }))
  ),
  "a stream of another media type": whole(drained(chatStream), "CodecError", {
    status: 200,
    headers: { ...streamInit.headers, "x-amzn-sagemaker-content-type": secret("type") },
    body: part(secret("part")) as Uint8Array<ArrayBuffer>
  }),
  "a stream with an exception": {
    ...whole(
      drained(streamEndpoint(input)),
      "ModelStreamError",
      frames(part(secret("part")), modelStreamError)
    ),
    isBare: true
  },
  "a stream with an unknown error": {
    ...whole(
      drained(streamEndpoint(input)),
      "UnknownServiceError",
      frames(part(secret("part")), unknownError)
    ),
    isBare: true
  },
  "a stream with a broken frame": whole(drained(streamEndpoint(input)), "ProtocolError", frames(broken)),
  "a stream that breaks off": whole(
    drained(streamEndpoint(input)),
    "TransportError",
    brokenBody(streamInit, Object.assign(bodyCutError(), { message: secret("terminated") }), part(secret("part")))
  ),
  "a reader that fails": {
    ...whole(Stream.runForEach(chatStream, () => Effect.fail(foreign())), "Error", streamed(...tokens)),
    isBare: true
  },
  "a reader of a raw stream that fails": {
    ...whole(Stream.runForEach(streamEndpoint(input), () => Effect.fail(foreign())), "Error", streamed(secret("part"))),
    isBare: true
  },
  "a reader that dies": {
    ...whole(Stream.runForEach(chatStream, () => Effect.die(foreign())), "defect", streamed(...tokens)),
    isBare: true
  },
  "a framing that fails": {
    ...whole(
      drained(
        llama.stream(chatRequest, Framing.make((chunks) => Stream.mapEffect(chunks, () => Effect.fail(foreign()))))
      ),
      "Error",
      streamed(...tokens)
    ),
    isBare: true
  },
  "a framing that dies": {
    ...whole(
      drained(
        llama.stream(chatRequest, Framing.make((chunks) => Stream.mapEffect(chunks, () => Effect.die(foreign()))))
      ),
      "defect",
      streamed(...tokens)
    ),
    isBare: true
  },
  "a token stream on the OpenAI-compatible route": whole(
    drained(route.stream(chatRequest)),
    "success",
    reply(tokens.join(""), { "content-type": "text/event-stream" })
  ),
  "generated tokens": whole(
    drained(Container.tgi("llama").generate.stream({ inputs: secret("prompt") })),
    "success",
    streamed(
      sse({
        token: { id: 1, text: secret("token"), logprob: -1 },
        generated_text: secret("text"),
        details: { finish_reason: secret("reason"), generated_tokens: 1 }
      })
    )
  )
}

const outputLocation = `s3://results/${secret("output.out")}`
const failureLocation = `s3://results/${secret("failure.out")}`

const jobReply = accepted(
  {
    ...headers,
    "x-amzn-sagemaker-outputlocation": outputLocation,
    "x-amzn-sagemaker-failurelocation": failureLocation
  },
  JSON.stringify({ InferenceId: secret("inference-id") })
)

const wait = { schedule: Schedule.spaced("10 millis"), timeout: "50 millis" } as const

const asynchronous = (ends: string, objects: Scenario["objects"], run: Scenario["run"]): Scenario => ({
  run,
  ends,
  replies: [jobReply],
  objects: objects ?? {},
  spans: ["AsyncInference.result", "SageMakerRuntime.InvokeEndpointAsync"],
  isBare: true
})

const asyncRun = AsyncInference.run(llama, chatRequest, { ...wait, InferenceId: secret("inference-id") })

const asyncCalls: Record<string, Scenario> = {
  "an asynchronous chat completion": asynchronous(
    "success",
    { [outputLocation]: JSON.stringify(completion(secret("completion"))) },
    asyncRun
  ),
  "an asynchronous failure": asynchronous(
    "AsyncInferenceFailedError",
    { [failureLocation]: secret("failure") },
    asyncRun
  ),
  "an asynchronous timeout": asynchronous("AsyncInferenceTimeoutError", {}, asyncRun),
  "an asynchronous output that is not decoded": asynchronous(
    "CodecError",
    { [outputLocation]: secret("output") },
    asyncRun
  ),
  "an asynchronous input in the store": {
    ...asynchronous(
      "success",
      {},
      AsyncInference.submit(
        scorer,
        { text: secret("text").repeat(20_000) },
        { inputPrefix: `s3://inputs/${secret("prefix")}` }
      )
    ),
    spans: ["AsyncInference.upload"]
  },
  "an upload whose body fails": {
    ...asynchronous(
      "Error",
      {},
      AsyncInference.submitStream(scorer, Stream.fail(foreign()), { inputPrefix: `s3://inputs/${secret("prefix")}` })
    ),
    spans: ["AsyncInference.upload"]
  },
  "results of asynchronous requests": {
    ...asynchronous(
      "AsyncInferenceFailedError",
      { [failureLocation]: secret("failure") },
      AsyncInference.submit(llama, chatRequest).pipe(
        Effect.flatMap((job) => Stream.runHead(AsyncInference.results(llama, [job], wait))),
        Effect.flatMap(Option.match({
          onNone: () => Effect.void,
          onSome: ({ result }): Effect.Effect<unknown, unknown> =>
            Either.isLeft(result) ? Effect.fail(result.left) : Effect.void
        }))
      )
    )
  }
}

const weather = Toolkit.make(
  Tool.make("weather", { parameters: { city: Schema.String }, success: Schema.String })
)

const generate = LanguageModel.generateText({
  prompt: secret("prompt"),
  toolkit: weather,
  disableToolCallResolution: true
}).pipe(
  Effect.provide([
    SageMakerLanguageModel.layer({ model: llama, config: { stop: [secret("stop")], user: secret("user") } }),
    weather.toLayer({ weather: () => Effect.succeed(secret("result")) })
  ])
)

const streamText = LanguageModel.streamText({ prompt: secret("prompt") }).pipe(
  drained,
  Effect.provide(SageMakerLanguageModel.layer({ model: llama }))
)

const embedMany = Effect.flatMap(EmbeddingModel.EmbeddingModel, (model) => model.embedMany([secret("text")])).pipe(
  Effect.provide(SageMakerEmbeddingModel.layerBatched({ model: ModelEndpoint.embeddings("bge") }))
)

const ai: Record<string, Scenario> = {
  "embeddings of @effect/ai": whole(embedMany, "success", reply({ data: [{ index: 0, embedding: [1] }] })),
  "@effect/ai": {
    ...whole(generate, "success", reply(completion(secret("completion")))),
    spans: ["LanguageModel.generateText"]
  },
  "@effect/ai with an error of the container": {
    ...whole(
      once(generate),
      "HttpResponseError",
      serviceError(424, "ModelError")
    ),
    isBare: true
  },
  "@effect/ai with a completion that is not decoded": whole(
    generate,
    "MalformedOutput",
    reply(completion(secret("completion"), { choices: secret("choices") }))
  ),
  "a stream of @effect/ai": whole(streamText, "success", streamed(...tokens)),
  "a stream of @effect/ai with an unknown event": whole(
    streamText,
    "MalformedOutput",
    streamed(chunk(secret("token")), sse({ [secret("member")]: secret("value") }))
  )
}

const endOf = (exit: Exit.Exit<unknown, unknown>): string => {
  if (Exit.isSuccess(exit)) {
    return "success"
  }
  if (Exit.isInterrupted(exit)) {
    return "interrupted"
  }
  const failure = Cause.failureOption(exit.cause)
  return Option.match(failure, {
    onNone: () => "defect",
    onSome: (error) => (error as { readonly _tag?: string })._tag ?? (error as Error).name
  })
}

const clientOf = (scenario: Scenario) => {
  const { credentials, options, replies = [ok], signer } = scenario
  return Effect.map(scriptedHttpClient(...replies), ({ http, requests }) => {
    const signing = signer ?? Layer.provide(Signer.layer, credentials ?? Credentials.layer(keys))
    const layer = SageMakerRuntime.layer({ region: "eu-west-1", ...options }).pipe(
      Layer.provide([signing, http]),
      Resilience.circuitBreaker({ minimumThroughput: scenario.hasBreaker === true ? 1 : 1_000 }),
      Resilience.concurrency({ permits: 10 }),
      Telemetry.metrics(),
      Telemetry.logs()
    )
    return { layer, requests }
  })
}

const put = (objects: { readonly [location: string]: string }) =>
  Effect.flatMap(
    ObjectStore.ObjectStore,
    (store) =>
      Effect.forEach(Object.entries(objects), ([location, object]) => store.put(location, text.encode(object)), {
        discard: true
      })
  )

/** The program of a scenario, which logs the cause of its failure inside of a span of its own. */
const programOf = (scenario: Scenario) =>
  Effect.gen(function*() {
    const { layer } = yield* clientOf(scenario)
    const run = scenario.isBare
      ? Effect.withUnhandledErrorLogLevel(scenario.run, Option.none())
      : Effect.withSpan(Effect.tapErrorCause(scenario.run, (cause) => Effect.logError("failed", cause)), "program")
    return yield* Effect.zipRight(put(scenario.objects ?? {}), run).pipe(
      Effect.provide([layer, ObjectStore.layerMemory, bearerToken])
    )
  })

const assertExported = ({ logs, metrics, spans }: Exports, scenario: Scenario) => {
  const names = scenario.spans ?? ["SageMakerRuntime."]
  for (const name of names) {
    assert.include(spans, name)
  }
  if (names.some((name) => name.startsWith("SageMakerRuntime."))) {
    assert.include(metrics, "sagemaker_runtime.call.duration")
    assert.include(logs, "SageMaker Runtime call ended")
  }
}

const all = { ...calls, ...typed, ...streams, ...asyncCalls, ...ai }

for (const [exporter, collect] of Object.entries(exporters)) {
  describe(`No secret is in a span, a metric or a log of ${exporter}:`, () => {
    for (const [name, scenario] of Object.entries(all)) {
      it.live(name, () =>
        Effect.gen(function*() {
          const { exit, exports } = yield* collect(programOf(scenario))
          assert.strictEqual(endOf(exit), scenario.ends)
          assertExported(exports, scenario)
          for (const [kind, exported] of Object.entries(exports)) {
            const found = formsIn(exported)
            const at = found.map((form) =>
              exported.slice(Math.max(0, exported.toLowerCase().indexOf(form) - 300)).slice(0, 400)
            )
            assert.deepStrictEqual(at, [], `${kind} contain a secret`)
          }
        }))
    }

    it.live("a secret that a program exports is found", () =>
      Effect.gen(function*() {
        const leak = Effect.fail(foreign()).pipe(
          Effect.tapError(() => Effect.logError(secret("message"))),
          Effect.withSpan("program", { attributes: { value: secret("value") } })
        )
        const { exports } = yield* collect(leak)
        assert.isNotEmpty(formsIn(exports.spans))
        assert.isNotEmpty(formsIn(exports.logs))
      }))
  })
}

it.live("The requests have the secrets", () =>
  Effect.gen(function*() {
    const { layer, requests } = yield* clientOf(calls["success"]!)
    yield* Effect.provide(invokeEndpoint(input), layer)
    const [sent] = yield* requests
    assert.isNotEmpty(formsIn(JSON.stringify(sent!.headers)))
    assert.isNotEmpty(formsIn(sent!.body._tag === "Uint8Array" ? new TextDecoder().decode(sent!.body.body) : ""))
  }))
