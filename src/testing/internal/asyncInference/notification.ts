/** Notifications of asynchronous inference requests, as SageMaker publishes them to Amazon SNS. */
import * as Either from "effect/Either"
import * as Encoding from "effect/Encoding"
import type { AsyncInferenceNotificationConfig, EmulatorNotification } from "../../Emulator.ts"
import type { AsyncFailure } from "./failure.ts"

/** The output of a model. */
export interface ModelOutput {
  readonly body: Uint8Array
  readonly contentType: string | undefined
}

/** A completed request. */
export interface CompletedRequest {
  readonly inferenceId: string
  readonly region: string
  readonly request: EmulatorNotification["requestParameters"]
  readonly outputLocation: string
  readonly failureLocation: string
  readonly receivedMillis: number
  readonly completedMillis: number
  readonly result: Either.Either<ModelOutput, AsyncFailure>
  /** Whether the failure object was stored. */
  readonly failureStored: boolean
  readonly config: AsyncInferenceNotificationConfig
}

/** The largest response that a notification includes: 128 KB. */
const maxIncludedBytes = 131_072

/** Omits the members without a value, as in JSON. */
const defined = <A extends object>(members: A): A =>
  Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined && value !== null)) as A

const isoTime = (millis: number): string => new Date(millis).toISOString()

const successMembers = ({ config, outputLocation }: CompletedRequest, { body, contentType }: ModelOutput) => ({
  invocationStatus: "Completed" as const,
  responseParameters: defined({ contentType, outputLocation }),
  responseBody: config.IncludeInferenceResponseIn?.includes("SUCCESS_NOTIFICATION_TOPIC") === true &&
      body.byteLength <= maxIncludedBytes
    ? { content: Encoding.encodeBase64(body), encoding: "BASE64" }
    : undefined
})

const failureMembers = (
  { config, failureLocation, failureStored }: CompletedRequest,
  { contentType, reason, text }: AsyncFailure
) => ({
  invocationStatus: "Failed" as const,
  failureReason: reason,
  responseParameters: failureStored ? defined({ contentType, failureLocation }) : undefined,
  responseBody: config.IncludeInferenceResponseIn?.includes("ERROR_NOTIFICATION_TOPIC") === true &&
      new TextEncoder().encode(text).byteLength <= maxIncludedBytes
    ? { content: text }
    : undefined
})

/** The notification of a completed request. */
export const notificationOf = (completed: CompletedRequest): EmulatorNotification => {
  const { completedMillis, config, inferenceId, receivedMillis, region, request, result } = completed
  const { invocationStatus, ...members } = Either.match(result, {
    onLeft: (failure) => failureMembers(completed, failure),
    onRight: (output) => successMembers(completed, output)
  })
  const notification: EmulatorNotification = defined({
    awsRegion: region,
    eventTime: isoTime(completedMillis),
    receivedTime: isoTime(receivedMillis),
    invocationStatus,
    requestParameters: defined(request),
    ...members,
    inferenceId,
    eventVersion: "1.0",
    eventSource: "aws:sagemaker",
    eventName: "InferenceResult"
  })
  // SNS has the topic in its envelope, not in SageMaker's JSON object.
  return Object.defineProperty(notification, "TopicArn", {
    value: Either.isRight(result) ? config.SuccessTopic : config.ErrorTopic
  })
}
