/** The operations of the OpenAI-compatible route: chat completions as a whole and as a stream. */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type * as Scope from "effect/Scope"
import { BearerToken } from "../../BearerToken.ts"
import * as InvokeEndpoint from "../../InvokeEndpoint.ts"
import * as InvokeEndpointWithResponseStream from "../../InvokeEndpointWithResponseStream.ts"
import * as Op from "../../Operation.ts"
import { type CommonError, InvalidInputError, toRetryable } from "../../SageMakerError.ts"
import { execute, type SageMakerRuntime } from "../../SageMakerRuntime.ts"
import { ClockOffset } from "../bearerToken/clockOffset.ts"
import { addInterceptor, CurrentInterceptor, interceptor } from "../client/interceptor.ts"
import * as members from "../operation/members.ts"
import { guardReads } from "../operation/readMembers.ts"
import { post, withHeaders } from "../operation/request.ts"
import { authorization } from "./authorization.ts"
import { parseRouteError } from "./errorEnvelope.ts"
import { chatCompletions, routePath } from "./path.ts"

const { SessionId, PrefixAwareId, TargetVariant } = members.routing

const { ContentType, Accept } = InvokeEndpoint.requestHeaders.table

/** The members that are sent as headers. */
const requestHeaders = Op.headers({
  ContentType,
  Accept,
  ...members.common,
  TargetVariant,
  SessionId,
  PrefixAwareId
})

/** The members that the route has. `InferenceComponentName` is a part of the path. */
export const inputMembers: object = { ...requestHeaders.table, InferenceComponentName: undefined }

/** Another target than the caller's must not be invoked silently. */
const unsupportedTargets = ["TargetModel", "TargetContainerHostname"] as const

type RouteInput = InvokeEndpoint.InvokeEndpointInput

const encodeMembers = (
  { Body, EndpointName, InferenceComponentName, ...fields }: RouteInput,
  { maxBodyBytes, validation }: Op.OperationSettings
): ReturnType<Op.Operation<RouteInput, unknown>["encode"]> =>
  Effect.gen(function*() {
    const path = yield* routePath(EndpointName, InferenceComponentName, validation)
    const unsupported = unsupportedTargets.find((field) => (fields[field] ?? undefined) !== undefined)
    if (unsupported !== undefined) {
      return yield* new InvalidInputError({ field: unsupported, constraint: "omitted: the route has no such member" })
    }
    const headers = yield* requestHeaders.encode(fields, validation)
    const body = yield* Op.payload("Body", Body, { limit: maxBodyBytes, contentType: fields.ContentType })
    return post(path + chatCompletions, headers, body)
  })

const encode: Op.Operation<RouteInput, unknown>["encode"] = (input, settings) =>
  Either.getOrElse(guardReads("input", () => encodeMembers({ ...input }, settings)), Effect.fail)

const sign: NonNullable<Op.Operation<never, unknown, unknown, BearerToken>["sign"]> = (request, { date }) =>
  Effect.gen(function*() {
    const { get } = yield* BearerToken
    const now = yield* Clock.currentTimeMillis
    const offset = (date?.getTime() ?? now) - now
    const token = yield* Effect.provideService(get, ClockOffset, offset)
    const value = yield* authorization(token)
    return withHeaders(request, { authorization: value })
  })

const shared = {
  encode,
  sensitive: members.sensitive,
  attributes: members.spanAttributes,
  sign,
  parseError: parseRouteError
}

/** A chat completion as a whole. */
export const chatCompletion: Op.Operation<
  RouteInput,
  InvokeEndpoint.InvokeEndpointOutput,
  InvokeEndpoint.InvokeEndpointModeledError,
  BearerToken
> = {
  name: "OpenAiChatCompletion",
  ...shared,
  errors: InvokeEndpoint.operation.errors,
  decode: InvokeEndpoint.operation.decode
}

/** A chat completion as a stream of the chunks that arrive. */
export const chatCompletionStream: Op.Operation<
  RouteInput,
  InvokeEndpointWithResponseStream.InvokeEndpointWithResponseStreamOutput,
  InvokeEndpointWithResponseStream.InvokeEndpointWithResponseStreamModeledError,
  BearerToken | Scope.Scope
> = {
  name: "OpenAiChatCompletionStream",
  ...shared,
  errors: InvokeEndpointWithResponseStream.operation.errors,
  decode: ({ headers, metadata, observe, stream }) =>
    Effect.map(
      stream,
      (body) =>
        Object.assign(InvokeEndpoint.responseHeaders.decode(headers), { Body: observe(body), $metadata: metadata })
    )
}

/** Runs an operation of the route. A token that the service rejects is discarded before the next attempt. */
export const executeWithToken = <O, E, R>(
  operation: Op.Operation<RouteInput, O, E, R>,
  input: RouteInput
): Effect.Effect<O, E | CommonError, R | BearerToken | SageMakerRuntime> =>
  Effect.flatMap(BearerToken, ({ invalidate }) => {
    const discardRejectedToken = interceptor({
      wrapAttempt: () => (attempt) =>
        Effect.tapError(
          attempt,
          (error) => toRetryable(error)._tag === "AccessDeniedError" ? invalidate : Effect.void
        )
    })
    return Effect.mapInputContext(
      execute(operation, input),
      (context: Context.Context<R | SageMakerRuntime>) =>
        Context.add(
          context,
          CurrentInterceptor,
          addInterceptor(context as Context.Context<never>, () => discardRejectedToken)
        )
    )
  })
