import { assert, describe, it } from "@effect/vitest"
import { ATTR_ERROR_TYPE, ATTR_HTTP_RESPONSE_STATUS_CODE } from "@opentelemetry/semantic-conventions"
import {
  ATTR_AWS_REQUEST_ID,
  ATTR_GEN_AI_OPERATION_NAME,
  ATTR_GEN_AI_REQUEST_MODEL,
  ATTR_GEN_AI_RESPONSE_FINISH_REASONS,
  ATTR_GEN_AI_USAGE_INPUT_TOKENS,
  ATTR_GEN_AI_USAGE_OUTPUT_TOKENS,
  ATTR_RPC_METHOD
} from "@opentelemetry/semantic-conventions/incubating"
import { Effect, Logger, LogLevel, Stream } from "effect"
import { invokeEndpoint, type SageMakerRuntime, streamEndpoint, Telemetry } from "effect-sagemaker-runtime"
import { CurrentModelCall, ModelCall } from "../src/internal/telemetry/modelCall.ts"
import { encode } from "../src/protocol/eventStream/frame.ts"
import { advanceClock, withFixedRandom } from "./support/call.ts"
import { pacedBody } from "./support/responseBodies.ts"
import { okResponse, refusal, type Reply, scriptedRuntime } from "./support/scriptedHttpClient.ts"

const input = { EndpointName: "llama", Body: "hello" }

interface Line {
  readonly level: string
  readonly message: unknown
  readonly annotations: { readonly [name: string]: unknown }
}

/** The lines that a program logs on a client with the given replies. */
const linesOf = <A, E>(
  program: Effect.Effect<A, E, SageMakerRuntime.SageMakerRuntime>,
  replies: ReadonlyArray<Reply>,
  options: Telemetry.LogsOptions & { readonly minimum?: LogLevel.LogLevel } = {}
) =>
  Effect.gen(function*() {
    const server = yield* scriptedRuntime(...replies)
    const lines: Array<Line> = []
    const logger = Logger.map(Logger.structuredLogger, ({ annotations, logLevel, message }) => {
      lines.push({ level: logLevel, message, annotations })
    })
    yield* program.pipe(
      Effect.exit,
      withFixedRandom(0),
      Effect.provide([
        server.layer.pipe(Telemetry.logs(options)),
        Logger.minimumLogLevel(options.minimum ?? LogLevel.All),
        Logger.replace(Logger.defaultLogger, logger)
      ])
    )
    return lines
  })

const message = "SageMaker Runtime call ended"

const annotations = {
  [ATTR_RPC_METHOD]: "SageMakerRuntime/InvokeEndpoint",
  "aws.sagemaker.endpoint.name": "llama",
  "sagemaker_runtime.attempts": 1,
  "sagemaker_runtime.call.duration": 0,
  "sagemaker_runtime.retry_delay": 0
}

const throttled = refusal(400, "ThrottlingException")

const answered: Reply = Effect.as(
  Effect.sleep("2 seconds"),
  new Response("ok", { headers: { "x-amzn-requestid": "request-1", "x-amzn-invoked-production-variant": "blue" } })
)

const init = { headers: { "content-type": "application/vnd.amazon.eventstream" } }

const streaming = (end?: Stream.Stream<Uint8Array>): Reply =>
  pacedBody(
    init,
    "1 second",
    ["a", "bc"].map((text) =>
      encode({ ":message-type": "event", ":event-type": "PayloadPart" }, new TextEncoder().encode(text))
    ),
    end
  )

describe("The log of a call", () => {
  it.effect("that succeeds is at debug level", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* linesOf(advanceClock("2 seconds")(invokeEndpoint(input)), [answered]), [{
        level: "DEBUG",
        message,
        annotations: {
          ...annotations,
          "sagemaker_runtime.call.duration": 2,
          [ATTR_HTTP_RESPONSE_STATUS_CODE]: 200,
          [ATTR_AWS_REQUEST_ID]: "request-1",
          "aws.sagemaker.variant": "blue"
        }
      }])
    }))

  it.effect("that fails is at warning level, once for all attempts", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* linesOf(invokeEndpoint(input), [throttled]), [{
        level: "WARN",
        message,
        annotations: {
          ...annotations,
          "sagemaker_runtime.attempts": 3,
          [ATTR_HTTP_RESPONSE_STATUS_CODE]: 400,
          [ATTR_AWS_REQUEST_ID]: "request-1",
          [ATTR_ERROR_TYPE]: "ThrottlingError"
        }
      }])
    }))

  it.effect("that is interrupted is at debug level", () =>
    Effect.gen(function*() {
      const program = advanceClock("1 second")(Effect.timeoutOption(invokeEndpoint(input), "1 second"))
      assert.deepStrictEqual(yield* linesOf(program, [Effect.never]), [{
        level: "DEBUG",
        message,
        annotations: { ...annotations, "sagemaker_runtime.call.duration": 1, [ATTR_ERROR_TYPE]: "interrupted" }
      }])
    }))

  it.effect("with an invalid endpoint name does not contain the name", () =>
    Effect.gen(function*() {
      const [line] = yield* linesOf(invokeEndpoint({ ...input, EndpointName: "my secret prompt" }), [okResponse])
      const { "aws.sagemaker.endpoint.name": _, ...rest } = annotations
      assert.deepStrictEqual(line?.annotations, {
        ...rest,
        "sagemaker_runtime.attempts": 0,
        [ATTR_ERROR_TYPE]: "InvalidInputError"
      })
    }))

  it.effect("with a response stream is at the end of the stream", () =>
    Effect.gen(function*() {
      const stream = (parts: number, bytes: number, isComplete: boolean) => ({
        "aws.sagemaker.stream.parts": parts,
        "aws.sagemaker.stream.bytes": bytes,
        "aws.sagemaker.stream.complete": isComplete
      })
      const common = {
        ...annotations,
        [ATTR_RPC_METHOD]: "SageMakerRuntime/InvokeEndpointWithResponseStream",
        [ATTR_HTTP_RESPONSE_STATUS_CODE]: 200
      }
      const read = advanceClock("2 seconds")(Stream.runDrain(streamEndpoint(input)))
      assert.deepStrictEqual((yield* linesOf(read, [streaming()])).map((line) => line.annotations), [
        { ...common, "sagemaker_runtime.call.duration": 2, ...stream(2, 3, true) }
      ])
      const left = advanceClock("2 seconds")(Stream.runDrain(Stream.take(streamEndpoint(input), 1)))
      assert.deepStrictEqual((yield* linesOf(left, [streaming(Stream.never)])).map((line) => line.annotations), [
        { ...common, "sagemaker_runtime.call.duration": 1, ...stream(1, 1, false) }
      ])
    }))

  it.effect("of a language model contains its tokens", () =>
    Effect.gen(function*() {
      const modelCall = new ModelCall("chat", "llama-3")
      const program = invokeEndpoint(input).pipe(
        Effect.tap(
          Effect.sync(() =>
            modelCall.setUsage(() => ({ finishReasons: ["stop", "length"], inputTokens: 1, outputTokens: 2 }))
          )
        ),
        Effect.onExit(modelCall.end),
        Effect.provideService(CurrentModelCall, modelCall)
      )
      const [line] = yield* linesOf(program, [okResponse])
      assert.deepStrictEqual(line?.annotations, {
        ...annotations,
        [ATTR_HTTP_RESPONSE_STATUS_CODE]: 200,
        [ATTR_GEN_AI_OPERATION_NAME]: "chat",
        [ATTR_GEN_AI_REQUEST_MODEL]: "llama-3",
        [ATTR_GEN_AI_RESPONSE_FINISH_REASONS]: "stop,length",
        [ATTR_GEN_AI_USAGE_INPUT_TOKENS]: 1,
        [ATTR_GEN_AI_USAGE_OUTPUT_TOKENS]: 2
      })
    }))
})

describe("The level of a log", () => {
  it.effect("can be changed", () =>
    Effect.gen(function*() {
      const levels = { level: LogLevel.Info, failureLevel: LogLevel.Error }
      const lines = [
        ...(yield* linesOf(invokeEndpoint(input), [okResponse], levels)),
        ...(yield* linesOf(invokeEndpoint(input), [throttled], levels))
      ]
      assert.deepStrictEqual(lines.map(({ level }) => level), ["INFO", "ERROR"])
    }))

  it.effect("`None` disables it", () =>
    Effect.gen(function*() {
      const none = { level: LogLevel.None, failureLevel: LogLevel.None }
      assert.isEmpty(yield* linesOf(invokeEndpoint(input), [okResponse], none))
      assert.isEmpty(yield* linesOf(invokeEndpoint(input), [throttled], none))
    }))

  it.effect("below the program's minimum disables it", () =>
    Effect.gen(function*() {
      const minimum = { minimum: LogLevel.Info }
      assert.isEmpty(yield* linesOf(invokeEndpoint(input), [okResponse], minimum))
      assert.lengthOf(yield* linesOf(invokeEndpoint(input), [throttled], minimum), 1)
    }))
})
