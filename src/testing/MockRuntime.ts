/**
 * A mock client for tests: handlers return the outputs of operations, without HTTP.
 *
 * Input validation, retries and timeouts apply as in the real client. Requests are not signed or sent. The `idle` timeout
 * does not apply to a stream that a handler returns.
 *
 * @since 0.1.0
 */
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientError from "@effect/platform/HttpClientError"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Predicate from "effect/Predicate"
import * as Stream from "effect/Stream"
import { DuplexTransport } from "../DuplexTransport.ts"
import type { Attempt, AttemptContext } from "../internal/client/attempt.ts"
import type { CallProgress } from "../internal/client/call.ts"
import { withDeadline } from "../internal/client/deadlines.ts"
import * as pipeline from "../internal/client/pipeline.ts"
import { settings } from "../internal/client/settings.ts"
import { setHiddenField } from "../internal/error/hiddenFields.ts"
import { withParent } from "../internal/telemetry/spans.ts"
import { currentMonotonicMillis } from "../internal/time/monotonicClock.ts"
import type { Operation, ResponseMetadata } from "../Operation.ts"
import type { CommonError } from "../SageMakerError.ts"
import { SageMakerRuntime } from "../SageMakerRuntime.ts"

/**
 * The output of a handler: the operation's output, in which `$metadata` is optional.
 *
 * @since 0.1.0
 * @category models
 */
export type HandlerOutput<O> = O extends { readonly $metadata: ResponseMetadata }
  ? Omit<O, "$metadata"> & { readonly $metadata?: ResponseMetadata | undefined }
  : O

/**
 * The handler of one operation, created with `on`.
 *
 * @since 0.1.0
 * @category models
 */
export interface MockHandler {
  /** The operation's name, such as `InvokeEndpoint`. */
  readonly operation: string
  /** Returns the output for an input, or fails with an error of the operation. It is called once per attempt. */
  readonly handler: (input: never) => Effect.Effect<unknown, unknown>
}

/**
 * Creates a handler for an operation. It is called with the operation's input, once per attempt.
 *
 * If it fails with a retryable error, the retry policy calls it again.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { InvokeEndpoint } from "effect-sagemaker-runtime"
 * import { MockRuntime } from "effect-sagemaker-runtime/testing"
 *
 * export const echo = MockRuntime.layer(
 *   MockRuntime.on(InvokeEndpoint.operation, ({ EndpointName }) =>
 *     Effect.succeed({ Body: new TextEncoder().encode(EndpointName) }))
 * )
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const on = <I, O, E, R>(
  operation: Operation<I, O, E, R>,
  handler: (input: I) => Effect.Effect<HandlerOutput<O>, E | CommonError>
): MockHandler => ({ operation: operation.name, handler })

/** Sets `attempts` and `totalRetryDelay`, as the real client does. */
const withProgress = <E>(error: E, { attempts, totalRetryDelay }: CallProgress): E => {
  const errorClass: unknown = Predicate.isRecord(error) ? error.constructor : undefined
  if (!Predicate.isFunction(errorClass) || !Predicate.hasProperty(errorClass, "fields")) {
    return error
  }
  const { _tag, ...fields } = errorClass.fields as { readonly [name: string]: unknown }
  const values = Object.keys(fields).map((name) => [name, Reflect.get(error as object, name)] as const)
  const defined = Object.fromEntries(values.filter(([, value]) => value !== undefined))
  if (!("attempts" in defined)) {
    return error
  }
  const counted = Reflect.construct(errorClass, [{ ...defined, attempts, totalRetryDelay }]) as E
  setHiddenField(counted, "serviceMessage", Reflect.get(error as object, "serviceMessage"))
  return counted
}

const withMetadata = (output: unknown, { attempts, totalRetryDelay }: CallProgress): unknown =>
  Predicate.isRecord(output) ? { $metadata: { httpStatusCode: 200, attempts, totalRetryDelay }, ...output } : output

/**
 * The input for the handler: each stream in it has the services of the call. The call is not retried after a stream has
 * started.
 */
const withSource = <I>(input: I, { frames }: Pick<AttemptContext<I, unknown, unknown, unknown>, "frames">) =>
  Effect.map(Effect.context<never>(), (context): I => {
    const members: object = Object(input)
    const streams = Object.entries(members).filter(([, member]) => Predicate.hasProperty(member, Stream.StreamTypeId))
    if (frames === undefined || streams.length === 0) {
      return input
    }
    const observe = (stream: Stream.Stream<unknown, unknown>) =>
      Stream.suspend(() => {
        frames.isStarted = true
        return Stream.provideContext(stream, context)
      })
    const observed = streams.map(([name, stream]) => [name, observe(stream as Stream.Stream<unknown, unknown>)])
    return { ...members, ...Object.fromEntries(observed) } as I
  })

/** The transport that the type of a bidirectional stream requires. The mock does not use it. */
const unusedTransport = Layer.succeed(
  DuplexTransport,
  HttpClient.make((request) =>
    Effect.fail(
      new HttpClientError.RequestError({ request, reason: "Transport", description: "MockRuntime sends no requests" })
    )
  )
)

/**
 * Provides a client that runs operations with the given handlers, and the `DuplexTransport` that bidirectional streams
 * require.
 *
 * Calling an operation without a handler is a defect whose message names the operation. The handler of a bidirectional
 * stream reads `Body` of its input, and returns `Body` of its output.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (
  ...mockHandlers: ReadonlyArray<MockHandler>
): Layer.Layer<SageMakerRuntime | DuplexTransport> => {
  const handlers = new Map(mockHandlers.map(({ handler, operation }) => [operation, handler]))
  const attempt: Attempt = <I, O, E, R>({ call, frames, input, operation }: AttemptContext<I, O, E, R>) =>
    Effect.suspend(() => {
      const handler = handlers.get(operation.name)
      if (handler === undefined) {
        return Effect.dieMessage(
          `MockRuntime has no handler for ${operation.name}: add MockRuntime.on(${operation.name}.operation, handler)`
        )
      }
      call.markSent(true)
      const handled = Effect.flatMap(
        withSource(input, { frames }),
        (source) => handler(source as never) as Effect.Effect<HandlerOutput<O>, E | CommonError>
      )
      return withParent(handled, call.options.observation?.spans).pipe(
        Effect.mapBoth({
          onSuccess: (output) => withMetadata(output, call) as O,
          onFailure: (error) => withProgress(error, call)
        }),
        withDeadline("firstByte", call),
        Effect.ensuring(Effect.map(currentMonotonicMillis, (now) => call.endAttempt(now)))
      )
    })
  const client = Layer.effect(
    SageMakerRuntime,
    settings({}).pipe(
      Effect.orDie,
      Effect.flatMap(({ operation }) => pipeline.make({ settings: operation, params: {}, attempt }))
    )
  )
  return Layer.merge(client, unusedTransport)
}
