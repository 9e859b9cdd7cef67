import { HttpClient, HttpClientResponse } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import {
  ATTR_ERROR_TYPE,
  ATTR_HTTP_REQUEST_RESEND_COUNT,
  ATTR_HTTP_RESPONSE_STATUS_CODE,
  ATTR_SERVER_ADDRESS,
  ATTR_SERVER_PORT
} from "@opentelemetry/semantic-conventions"
import {
  ATTR_AWS_REQUEST_ID,
  ATTR_CLOUD_REGION,
  ATTR_RPC_METHOD,
  ATTR_RPC_SYSTEM_NAME
} from "@opentelemetry/semantic-conventions/incubating"
import { Effect, Exit, Fiber, Layer, Redacted, type Scope, Stream } from "effect"
import {
  Credentials,
  InvokeEndpoint,
  invokeEndpoint,
  invokeEndpointAsync,
  invokeEndpointWithResponseStream,
  type Operation,
  Resilience,
  RetryPolicy,
  SageMakerRuntime,
  Signer,
  streamEndpoint,
  Telemetry,
  Timeouts
} from "effect-sagemaker-runtime"
import { MockRuntime } from "effect-sagemaker-runtime/testing"
import { encode } from "../src/protocol/eventStream/frame.ts"
import { advanceClock, withFixedRandom } from "./support/call.ts"
import { bodyCutError, brokenBody, pacedBody } from "./support/responseBodies.ts"
import { ok, refusal, type Reply, scriptedHttpClient, scriptedRuntime } from "./support/scriptedHttpClient.ts"
import { type RecordedSpan, recordingTracer } from "./support/tracer.ts"

const input = { EndpointName: "llama", Body: "hello" }

const outcome = (exit: Exit.Exit<unknown, unknown> | undefined): string => {
  if (exit === undefined) {
    return "not ended"
  }
  if (Exit.isSuccess(exit)) {
    return "success"
  }
  return Exit.isInterrupted(exit) ? "interrupted" : "failure"
}

interface Shown {
  readonly name: string
  readonly kind: string
  readonly attributes: { readonly [name: string]: unknown }
  readonly events: ReadonlyArray<ReadonlyArray<unknown>>
  readonly outcome: string
}

const shown = ({ attributes, events, exit, kind, name }: RecordedSpan): Shown => ({
  name,
  kind,
  attributes: Object.fromEntries(attributes),
  events: events.map(([event, values]) => values === undefined ? [event] : [event, values]),
  outcome: outcome(exit)
})

/** The spans of a program that calls a server with the given replies. */
const spansOf = <A, E>(
  program: Effect.Effect<A, E, SageMakerRuntime.SageMakerRuntime>,
  ...replies: ReadonlyArray<Reply>
) =>
  Effect.gen(function*() {
    const server = yield* scriptedRuntime(...replies)
    const { layer, spans } = recordingTracer()
    yield* program.pipe(Effect.exit, Effect.provide(server.layer), withFixedRandom(0), Effect.provide(layer))
    return spans.map(shown)
  })

const callSpan = (
  operation: string,
  attributes: object,
  events: ReadonlyArray<ReadonlyArray<unknown>> = [],
  result = "success"
): Shown => ({
  name: `SageMakerRuntime.${operation}`,
  kind: "client",
  attributes: {
    [ATTR_RPC_SYSTEM_NAME]: "aws-api",
    [ATTR_RPC_METHOD]: `SageMakerRuntime/${operation}`,
    [ATTR_SERVER_ADDRESS]: "runtime.sagemaker.eu-west-1.amazonaws.com",
    [ATTR_SERVER_PORT]: 443,
    [ATTR_CLOUD_REGION]: "eu-west-1",
    "aws.sagemaker.endpoint.name": "llama",
    ...attributes
  },
  events,
  outcome: result
})

const attemptSpan = (attributes: object, result = "success"): Shown => ({
  name: "SageMakerRuntime.attempt",
  kind: "client",
  attributes: { ...attributes },
  events: [],
  outcome: result
})

const answered: Reply = {
  status: 200,
  headers: { "x-amzn-requestid": "request-1", "x-amzn-invoked-production-variant": "blue" },
  body: "ok"
}

const answer = {
  [ATTR_HTTP_RESPONSE_STATUS_CODE]: 200,
  [ATTR_AWS_REQUEST_ID]: "request-1",
  "aws.sagemaker.variant": "blue"
}

const throttled = refusal(400, "ThrottlingException")

const failed = (error: string, response: object = {}) => ({ [ATTR_ERROR_TYPE]: error, ...response })

const throttling = failed("ThrottlingError", {
  [ATTR_HTTP_RESPONSE_STATUS_CODE]: 400,
  [ATTR_AWS_REQUEST_ID]: "request-1"
})

describe("The spans of a call that", () => {
  it.live("succeeds", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* spansOf(invokeEndpoint(input), answered), [
        callSpan("InvokeEndpoint", answer),
        attemptSpan(answer)
      ])
    }))

  it.live("selects a variant and an inference component", () =>
    Effect.gen(function*() {
      const [call] = yield* spansOf(
        invokeEndpoint({ ...input, TargetVariant: "green", InferenceComponentName: "adapter-1" }),
        ok
      )
      assert.deepStrictEqual(
        call,
        callSpan("InvokeEndpoint", {
          "aws.sagemaker.variant": "green",
          "aws.sagemaker.inference_component": "adapter-1",
          [ATTR_HTTP_RESPONSE_STATUS_CODE]: 200
        })
      )
    }))

  it.live("is throttled and retried", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* spansOf(invokeEndpoint(input), throttled, answered), [
        callSpan("InvokeEndpoint", { ...answer, [ATTR_HTTP_REQUEST_RESEND_COUNT]: 1 }),
        attemptSpan(throttling, "failure"),
        attemptSpan({ ...answer, [ATTR_HTTP_REQUEST_RESEND_COUNT]: 1 })
      ])
    }))

  it.live("is throttled until no attempt is left", () =>
    Effect.gen(function*() {
      const spans = yield* spansOf(invokeEndpoint(input), throttled)
      assert.deepStrictEqual(
        spans[0],
        callSpan(
          "InvokeEndpoint",
          { ...throttling, [ATTR_HTTP_REQUEST_RESEND_COUNT]: 2 },
          [],
          "failure"
        )
      )
      assert.lengthOf(spans, 4)
    }))

  it.effect("times out", () =>
    Effect.gen(function*() {
      const program = invokeEndpoint(input).pipe(
        Timeouts.use({ total: "1 second" }),
        Effect.exit,
        advanceClock("1 second")
      )
      assert.deepStrictEqual(yield* spansOf(program, Effect.never), [
        callSpan("InvokeEndpoint", failed("TimeoutError"), [], "failure"),
        attemptSpan({}, "interrupted")
      ])
    }))

  it.live("has no response", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(
        yield* spansOf(RetryPolicy.use(invokeEndpoint(input), RetryPolicy.none), { transport: new Error("refused") }),
        [
          callSpan("InvokeEndpoint", failed("TransportError"), [], "failure"),
          attemptSpan(failed("TransportError"), "failure")
        ]
      )
    }))

  it.live("has an invalid input: the invalid name is not shown", () =>
    Effect.gen(function*() {
      const spans = yield* spansOf(invokeEndpoint({ ...input, EndpointName: "my secret prompt" }), ok)
      const { "aws.sagemaker.endpoint.name": _, ...attributes } = callSpan(
        "InvokeEndpoint",
        failed("InvalidInputError")
      ).attributes
      assert.deepStrictEqual(spans, [{ ...callSpan("InvokeEndpoint", {}, [], "failure"), attributes }])
    }))

  it.live("is asynchronous", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(
        yield* spansOf(
          invokeEndpointAsync({ EndpointName: "llama", InputLocation: "s3://bucket/input" }),
          { status: 202, headers: { "x-amzn-requestid": "request-1" }, body: "{\"InferenceId\":\"id\"}" }
        ),
        [
          callSpan("InvokeEndpointAsync", {
            [ATTR_HTTP_RESPONSE_STATUS_CODE]: 202,
            [ATTR_AWS_REQUEST_ID]: "request-1"
          }),
          attemptSpan({ [ATTR_HTTP_RESPONSE_STATUS_CODE]: 202, [ATTR_AWS_REQUEST_ID]: "request-1" })
        ]
      )
    }))

  it.live("is rejected by an open circuit", () =>
    Effect.gen(function*() {
      const server = yield* scriptedRuntime(refusal(503, "ServiceUnavailable"))
      const { layer, spans } = recordingTracer()
      const client = server.layer.pipe(Resilience.circuitBreaker({ minimumThroughput: 1 }))
      yield* invokeEndpoint(input).pipe(
        RetryPolicy.use(RetryPolicy.none),
        Effect.exit,
        Effect.repeatN(1),
        Effect.provide([client, layer])
      )
      assert.deepStrictEqual(spans.slice(2).map(shown), [
        callSpan("InvokeEndpoint", failed("CircuitOpenError"), [], "failure")
      ])
    }))
})

const frame = (payload: string) =>
  encode({ ":message-type": "event", ":event-type": "PayloadPart" }, new TextEncoder().encode(payload))

const init = {
  headers: { "content-type": "application/vnd.amazon.eventstream", "x-amzn-requestid": "request-1" }
}

const streaming: Reply = {
  status: 200,
  ...init,
  body: Uint8Array.from(["a", "bc", "def"].flatMap((part) => [...frame(part)]))
}

const stalled: Reply = pacedBody(init, 0, [frame("a")], Stream.never)

const streamAnswer = { [ATTR_HTTP_RESPONSE_STATUS_CODE]: 200, [ATTR_AWS_REQUEST_ID]: "request-1" }

const streamEvents = (parts: number, bytes: number, complete: boolean) => [
  ["aws.sagemaker.stream.first_part"],
  [
    "aws.sagemaker.stream.last_part",
    {
      "aws.sagemaker.stream.parts": parts,
      "aws.sagemaker.stream.bytes": bytes,
      "aws.sagemaker.stream.complete": complete
    }
  ]
]

describe("The spans of a response stream that", () => {
  const operation = "InvokeEndpointWithResponseStream"

  it.live("is read to its end", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* spansOf(Stream.runDrain(streamEndpoint(input)), streaming), [
        callSpan(operation, streamAnswer, streamEvents(3, 6, true)),
        attemptSpan(streamAnswer)
      ])
    }))

  it.live("is left after its first part", () =>
    Effect.gen(function*() {
      const [call] = yield* spansOf(
        Stream.runDrain(Stream.take(streamEndpoint(input), 1)),
        stalled
      )
      assert.deepStrictEqual(call, callSpan(operation, streamAnswer, streamEvents(1, 1, false)))
    }))

  it.live("is never read", () =>
    Effect.gen(function*() {
      const [call] = yield* spansOf(Effect.scoped(invokeEndpointWithResponseStream(input)), streaming)
      assert.deepStrictEqual(call, callSpan(operation, streamAnswer))
    }))

  it.live("is interrupted", () =>
    Effect.gen(function*() {
      const program = Effect.gen(function*() {
        const latch = yield* Effect.makeLatch()
        const fiber = yield* streamEndpoint(input).pipe(Stream.runForEach(() => latch.open), Effect.fork)
        yield* latch.await
        yield* Fiber.interrupt(fiber)
      })
      const [call] = yield* spansOf(program, stalled)
      assert.deepStrictEqual(call, callSpan(operation, streamAnswer, streamEvents(1, 1, false), "interrupted"))
    }))

  it.live("breaks off", () =>
    Effect.gen(function*() {
      const [call, attempt] = yield* spansOf(
        Stream.runDrain(streamEndpoint(input)),
        brokenBody(init, bodyCutError(), frame("a"))
      )
      assert.deepStrictEqual(
        call,
        callSpan(operation, { ...streamAnswer, ...failed("TransportError") }, streamEvents(1, 1, false), "failure")
      )
      assert.deepStrictEqual(attempt, attemptSpan(streamAnswer))
    }))

  it.live("ends with an error event", () =>
    Effect.gen(function*() {
      const exception = encode(
        { ":message-type": "exception", ":exception-type": "ModelStreamError" },
        new TextEncoder().encode("{\"Message\":\"secret\",\"ErrorCode\":\"ModelInvocationTimeExceeded\"}")
      )
      const body = Uint8Array.from([...frame("a"), ...exception])
      const [call] = yield* spansOf(Stream.runDrain(streamEndpoint(input)), { status: 200, ...init, body })
      assert.deepStrictEqual(
        call,
        callSpan(operation, { ...streamAnswer, ...failed("ModelStreamError") }, streamEvents(1, 1, false), "failure")
      )
    }))

  it.live("is read twice has one end", () =>
    Effect.gen(function*() {
      const program = Effect.scoped(Effect.flatMap(invokeEndpointWithResponseStream(input), ({ Body }) =>
        Effect.zipRight(Stream.runDrain(Body), Effect.exit(Stream.runDrain(Body)))))
      const [call] = yield* spansOf(program, streaming)
      assert.deepStrictEqual(call, callSpan(operation, streamAnswer, streamEvents(3, 6, true)))
    }))

  it.live("ends for the call's span, before the reader's scope closes", () =>
    Effect.gen(function*() {
      const server = yield* scriptedRuntime(streaming)
      const { layer, spans } = recordingTracer()
      yield* Effect.gen(function*() {
        const { Body } = yield* invokeEndpointWithResponseStream(input)
        assert.deepStrictEqual(spans.map(({ exit }) => outcome(exit)), ["not ended", "success"])
        yield* Stream.runDrain(Body)
        assert.deepStrictEqual(spans.map(({ exit }) => outcome(exit)), ["success", "success"])
      }).pipe(Effect.scoped, Effect.provide([server.layer, layer]))
    }))

  it.live("the operation does not report", () =>
    Effect.gen(function*() {
      const operation: Operation.Operation<
        typeof input,
        Stream.Stream<Uint8Array, Operation.BodyError>,
        never,
        Scope.Scope
      > = { ...InvokeEndpoint.operation, errors: [], name: "Download", decode: ({ stream }) => stream }
      const program = Effect.scoped(Effect.flatMap(SageMakerRuntime.execute(operation, input), Stream.runDrain))
      assert.deepStrictEqual(yield* spansOf(program, streaming), [
        callSpan("Download", streamAnswer),
        attemptSpan(streamAnswer)
      ])
    }))
})

it.live("Attempts can be events of the call's span, whose context is sent", () =>
  Effect.gen(function*() {
    const server = yield* scriptedRuntime(throttled, answered)
    const { layer, spans } = recordingTracer()
    yield* invokeEndpoint(input).pipe(
      Effect.provideService(Telemetry.AttemptSpans, "events"),
      withFixedRandom(0),
      Effect.provide([server.layer, layer])
    )
    assert.deepStrictEqual(spans.map(shown), [
      callSpan("InvokeEndpoint", { ...answer, [ATTR_HTTP_REQUEST_RESEND_COUNT]: 1 }, [
        ["SageMakerRuntime.attempt", throttling],
        ["SageMakerRuntime.attempt", { ...answer, [ATTR_HTTP_REQUEST_RESEND_COUNT]: 1 }]
      ])
    ])
    for (const { headers } of yield* server.requests) {
      assert.include(headers["traceparent"], spans[0]!.span.spanId)
    }
  }))

describe("Code of the program runs with the attempt's span as the parent of its spans:", () => {
  const own = <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.withSpan(effect, "own")

  const parentsOf = <R>(
    program: Effect.Effect<unknown, unknown, R>,
    client: Layer.Layer<R, unknown>
  ) =>
    Effect.gen(function*() {
      const { layer, spans } = recordingTracer()
      yield* program.pipe(Effect.exit, Effect.withSpan("user"), Effect.provide([client, layer]))
      return spans.filter(({ name }) => name === "own").map(({ parent }) => parent)
    })

  const clientOf = (signer: Layer.Layer<Signer.Signer>) =>
    Effect.map(
      scriptedHttpClient(ok),
      ({ http }) => Layer.provide(SageMakerRuntime.layer({ region: "eu-west-1" }), [signer, http])
    )

  const attempt = "SageMakerRuntime.attempt"

  it.live("a signer", () =>
    Effect.gen(function*() {
      const client = yield* clientOf(Layer.succeed(Signer.Signer, { sign: (request) => own(Effect.succeed(request)) }))
      assert.deepStrictEqual(yield* parentsOf(invokeEndpoint(input), client), [attempt])
    }))

  it.live("a source of credentials", () =>
    Effect.gen(function*() {
      const keys = { accessKeyId: Redacted.make("AKIDEXAMPLE"), secretAccessKey: Redacted.make("secret") }
      const credentials = Layer.succeed(Credentials.Credentials, { get: own(Effect.succeed(keys)) })
      const client = yield* clientOf(Layer.provide(Signer.layer, credentials))
      assert.deepStrictEqual(
        yield* parentsOf(Effect.repeatN(invokeEndpoint(input), 1), client),
        [attempt, attempt]
      )
    }))

  it.live("a source of cached credentials, only when it loads", () =>
    Effect.gen(function*() {
      const keys = { accessKeyId: Redacted.make("AKIDEXAMPLE"), secretAccessKey: Redacted.make("secret") }
      const source = Layer.succeed(Credentials.Credentials, { get: own(Effect.succeed(keys)) })
      const client = yield* clientOf(Layer.provide(Signer.layer, Credentials.firstOf(source)))
      assert.deepStrictEqual(yield* parentsOf(Effect.repeatN(invokeEndpoint(input), 1), client), [attempt])
    }))

  it.live("an HTTP client", () =>
    Effect.gen(function*() {
      const http = Layer.succeed(
        HttpClient.HttpClient,
        HttpClient.make((request) => own(Effect.succeed(HttpClientResponse.fromWeb(request, new Response("ok")))))
      )
      const client = Layer.provide(SageMakerRuntime.layer({ region: "eu-west-1" }), [Signer.layerAnonymous, http])
      assert.deepStrictEqual(yield* parentsOf(invokeEndpoint(input), client), [attempt])
    }))

  it.live("a custom operation", () =>
    Effect.gen(function*() {
      const operation: Operation.Operation<typeof input, Uint8Array> = {
        name: "Custom",
        encode: (given, settings) => own(InvokeEndpoint.operation.encode(given, settings)),
        decode: ({ bytes }) => own(bytes),
        errors: []
      }
      const client = yield* clientOf(Signer.layerAnonymous)
      assert.deepStrictEqual(
        yield* parentsOf(SageMakerRuntime.execute(operation, input), client),
        ["SageMakerRuntime.Custom", attempt]
      )
    }))

  it.live("a handler of MockRuntime", () =>
    Effect.gen(function*() {
      const client = MockRuntime.layer(
        MockRuntime.on(InvokeEndpoint.operation, () => own(Effect.succeed({ Body: new Uint8Array() })))
      )
      assert.deepStrictEqual(yield* parentsOf(invokeEndpoint(input), client), [attempt])
    }))
})
