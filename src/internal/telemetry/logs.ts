/** The observer of one call that logs its end. */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as FiberRef from "effect/FiberRef"
import * as LogLevel from "effect/LogLevel"
import { isResourceName } from "../operation/members.ts"
import { monotonicMillis } from "../time/monotonicClock.ts"
import { endpointNameOf } from "./endpointName.ts"
import { errorType } from "./errorType.ts"
import type { ModelCall } from "./modelCall.ts"
import type { CallObserver, CallResult, ObservedCall, StreamProgress } from "./observer.ts"

/** The log levels of calls. */
export interface LogLevels {
  readonly level: LogLevel.LogLevel
  readonly failureLevel: LogLevel.LogLevel
}

type Annotations = { readonly [name: string]: unknown }

const message = "SageMaker Runtime call ended"

const streamAnnotations = ({ bytes, isComplete, parts }: StreamProgress): Annotations => ({
  "aws.sagemaker.stream.parts": parts,
  "aws.sagemaker.stream.bytes": bytes,
  "aws.sagemaker.stream.complete": isComplete
})

const modelAnnotations = ({ model, operation, usage }: ModelCall): Annotations => ({
  "gen_ai.operation.name": operation,
  "gen_ai.request.model": model,
  "gen_ai.response.finish_reasons": usage.finishReasons?.join(","),
  "gen_ai.usage.input_tokens": usage.inputTokens,
  "gen_ai.usage.output_tokens": usage.outputTokens
})

const withoutUndefined = (annotations: Annotations): Record<string, unknown> =>
  Object.fromEntries(Object.entries(annotations).filter(([, value]) => value !== undefined))

/** Only a valid name: the input of a call can contain anything. */
const validEndpointName = (input: unknown): string | undefined => {
  const name = endpointNameOf(input)
  return isResourceName(name) ? name : undefined
}

/** The clock of the fiber that starts the call measures the duration. */
const clockOf = ({ fiber }: ObservedCall): Clock.Clock => Context.get(fiber.currentDefaultServices, Clock.Clock)

/** Makes the observer of a call that logs one line when the call ends. */
export const logObserver = ({ failureLevel, level }: LogLevels) => (call: ObservedCall): CallObserver => {
  const { input, modelCall, operation } = call
  const clock = clockOf(call)
  const startedAt = monotonicMillis(clock)
  const annotationsOf = (result: CallResult, error: string | undefined): Annotations => ({
    "rpc.method": `SageMakerRuntime/${operation}`,
    "aws.sagemaker.endpoint.name": validEndpointName(input),
    "sagemaker_runtime.call.duration": Math.max(0, monotonicMillis(clock) - startedAt) / 1_000,
    "sagemaker_runtime.attempts": result.attempts,
    "sagemaker_runtime.retry_delay": result.totalRetryDelay / 1_000,
    "http.response.status_code": result.status,
    "aws.request_id": result.requestId,
    "aws.sagemaker.variant": result.variant,
    "error.type": error,
    ...(result.stream === undefined ? {} : streamAnnotations(result.stream)),
    ...(modelCall === undefined ? {} : modelAnnotations(modelCall))
  })
  return {
    ended: (result) =>
      Effect.withFiberRuntime((fiber) => {
        const error = errorType(result.exit)
        const isFailure = error !== undefined && error !== "interrupted"
        const logLevel = isFailure ? failureLevel : level
        const minimum = fiber.getFiberRef(FiberRef.currentMinimumLogLevel)
        if (logLevel._tag === "None" || LogLevel.lessThan(logLevel, minimum)) {
          return Effect.void
        }
        return Effect.annotateLogs(
          Effect.logWithLevel(logLevel, message),
          withoutUndefined(annotationsOf(result, error))
        )
      })
  }
}
