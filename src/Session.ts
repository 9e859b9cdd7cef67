/**
 * Stateful sessions: a model keeps state between the calls of a session.
 *
 * @since 0.1.0
 */
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type * as Chat from "./Chat.ts"
import type { Framing } from "./Framing.ts"
import { readOptions } from "./internal/operation/readMembers.ts"
import { invokeEndpoint, type InvokeEndpointError as InvokeError } from "./InvokeEndpoint.ts"
import type * as ModelEndpoint from "./ModelEndpoint.ts"
import type { Payload } from "./Operation.ts"
import { isGone, sessionOf } from "./protocol/endpoint/session.ts"
import * as SageMakerError from "./SageMakerError.ts"
import type { SageMakerRuntime } from "./SageMakerRuntime.ts"
import type * as Tokens from "./Tokens.ts"

/**
 * Options of `Session.make`: input members of the requests that open and close the session, and their bodies.
 *
 * @since 0.1.0
 * @category models
 */
export interface SessionOptions extends Omit<ModelEndpoint.ModelEndpointOptions, "SessionId"> {
  /**
   * The body of the request that opens the session. Default: `{"requestType":"NEW_SESSION"}`, which DJL Serving and
   * vLLM accept. Its content type is `ContentType`, by default `application/json`.
   */
  readonly open?: Payload | undefined
  /**
   * The body of the request that closes the session. Default: `{"requestType":"CLOSE"}`, which DJL Serving and vLLM
   * accept. Its content type is `ContentType`, by default `application/json`.
   */
  readonly close?: Payload | undefined
}

/**
 * An open session with a model.
 *
 * @since 0.1.0
 * @category models
 */
export interface Session<in A, out B, out R = never> {
  /** The ID of the session. */
  readonly id: string
  /** When the session expires, if the response that opened it specifies a time. */
  readonly expires: Option.Option<DateTime.Utc>
  /** Closes the session without waiting for its scope to close. The request is sent at most once. */
  readonly close: Effect.Effect<void, InvokeError>
  /**
   * Sends a value within the session, as `ModelEndpoint.invoke` does. Fails with `SessionExpiredError` after `expires`,
   * or if the model no longer has the session.
   */
  readonly invoke: (
    value: A,
    options?: ModelEndpoint.ModelEndpointOptions
  ) => Effect.Effect<B, ModelEndpoint.ModelEndpointError | SageMakerError.SessionExpiredError, SageMakerRuntime | R>
  /**
   * Streams a response within the session, as `ModelEndpoint.stream` does. Fails with `SessionExpiredError` after
   * `expires`, or if the model no longer has the session.
   */
  readonly stream: <C, E, R2>(
    value: A,
    framing: Framing<C, E, R2>,
    options?: ModelEndpoint.ModelEndpointStreamOptions
  ) => Stream.Stream<
    C,
    ModelEndpoint.ModelEndpointStreamError | SageMakerError.SessionExpiredError | E,
    SageMakerRuntime | R | R2
  >
}

/**
 * An open session with a language model.
 *
 * @since 0.1.0
 * @category models
 */
export interface ChatSession {
  /** The ID of the session. */
  readonly id: string
  /** When the session expires, if the response that opened it specifies a time. */
  readonly expires: Option.Option<DateTime.Utc>
  /** Closes the session without waiting for its scope to close. The request is sent at most once. */
  readonly close: Effect.Effect<void, InvokeError>
  /**
   * Sends a request within the session, as `ChatEndpoint.invoke` does. Fails with `SessionExpiredError` after
   * `expires`, or if the model no longer has the session.
   */
  readonly invoke: Session<Chat.ChatRequest, Chat.ChatCompletion>["invoke"]
  /**
   * Streams a completion within the session, as `ChatEndpoint.stream` does. Default framing: `Tokens.detected`. Fails
   * with `SessionExpiredError` after `expires`, or if the model no longer has the session.
   */
  readonly stream: {
    (
      request: Chat.ChatRequest,
      framing?: Tokens.Dialect,
      options?: ModelEndpoint.ModelEndpointStreamOptions
    ): Stream.Stream<
      Tokens.Token,
      ModelEndpoint.ModelEndpointStreamError | SageMakerError.SessionExpiredError,
      SageMakerRuntime
    >
    <C, E, R>(
      request: Chat.ChatRequest,
      framing: Framing<C, E, R>,
      options?: ModelEndpoint.ModelEndpointStreamOptions
    ): Stream.Stream<
      C,
      ModelEndpoint.ModelEndpointStreamError | SageMakerError.SessionExpiredError | E,
      SageMakerRuntime | R
    >
  }
}

type SessionModel<A, B, R> = Pick<ModelEndpoint.ModelEndpoint<A, B, R>, "name" | "defaults" | "invoke" | "stream">

/** The state that the calls of a session share. */
interface State {
  readonly endpoint: string
  readonly id: string
  readonly expiresMillis: number | undefined
  readonly close: Effect.Effect<void, InvokeError>
  /** Whether a response reported that the session no longer exists. */
  isGone: boolean
}

const defaultOpenBody = JSON.stringify({ requestType: "NEW_SESSION" })
const defaultCloseBody = JSON.stringify({ requestType: "CLOSE" })

const isSessionGone = (error: unknown): boolean =>
  (error instanceof SageMakerError.ModelError && isGone(error.OriginalMessage)) ||
  (error instanceof SageMakerError.ValidationError && isGone(error.message))

const requestIdOf = (error: unknown): string | undefined =>
  error instanceof SageMakerError.ModelError || error instanceof SageMakerError.ValidationError
    ? error.requestId
    : undefined

/**
 * Completes a call even if its caller is interrupted. `Effect.uninterruptible` alone is not enough, because it does not
 * apply to the fibers that a timeout forks.
 */
const runToCompletion = <A, E, R>(call: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.uninterruptible(Effect.flatMap(Effect.forkDaemon(call), Fiber.join))

const openSession = <A, B, R>(
  endpoint: SessionModel<A, B, R>,
  { close = defaultCloseBody, open = defaultOpenBody, ...options }: SessionOptions
): Effect.Effect<State, InvokeError, SageMakerRuntime> =>
  Effect.gen(function*() {
    const { Accept: _, ContentType: _type, ...routing } = endpoint.defaults
    const context = yield* Effect.context<SageMakerRuntime>()
    const send = (SessionId: string, Body: Payload) =>
      invokeEndpoint({
        ContentType: "application/json",
        ...routing,
        ...options,
        EndpointName: endpoint.name,
        SessionId,
        Body
      })
    const { $metadata: { attempts, requestId, totalRetryDelay }, NewSessionId } = yield* send("NEW_SESSION", open)
    const opened = sessionOf(NewSessionId)
    if (opened === undefined) {
      const message = `The endpoint ${endpoint.name} opened no session: expected a response with a valid NewSessionId`
      return yield* new SageMakerError.ProtocolError({ message, requestId, attempts, totalRetryDelay })
    }
    const sendClose = Effect.suspend(() => (state.isGone ? Effect.void : send(opened.id, close)))
    const state: State = {
      endpoint: endpoint.name,
      id: opened.id,
      expiresMillis: opened.expires,
      close: yield* Effect.cached(sendClose.pipe(Effect.asVoid, Effect.provide(context), runToCompletion)),
      isGone: false
    }
    return state
  })

const expiredError = ({ endpoint, expiresMillis }: State, requestId?: string) =>
  new SageMakerError.SessionExpiredError({
    endpoint,
    expires: expiresMillis === undefined ? undefined : DateTime.unsafeMake(expiresMillis),
    requestId
  })

const requireOpen = (state: State): Effect.Effect<void, SageMakerError.SessionExpiredError> =>
  Effect.flatMap(Clock.currentTimeMillis, (now) => {
    const isExpired = state.expiresMillis !== undefined && now >= state.expiresMillis
    return state.isGone || isExpired ? Effect.fail(expiredError(state)) : Effect.void
  })

const toExpired = (state: State) => <E>(error: E): E | SageMakerError.SessionExpiredError => {
  if (!isSessionGone(error)) {
    return error
  }
  state.isGone = true
  return expiredError(state, requestIdOf(error))
}

const sessionWith = <A, B, R>(endpoint: SessionModel<A, B, R>, state: State): Session<A, B, R> => ({
  id: state.id,
  expires: Option.map(Option.fromNullable(state.expiresMillis), (millis) => DateTime.unsafeMake(millis)),
  close: state.close,
  invoke: (value, options) =>
    Effect.zipRight(
      requireOpen(state),
      Effect.mapError(
        Effect.flatMap(readOptions(options, "options"), (members) =>
          endpoint.invoke(value, { ...members, SessionId: state.id })),
        toExpired(state)
      )
    ),
  stream: (value, framing, options) =>
    Stream.unwrap(
      Effect.map(
        Effect.zipRight(requireOpen(state), readOptions(options, "options")),
        (members) =>
          Stream.mapError(endpoint.stream(value, framing, { ...members, SessionId: state.id }), toExpired(state))
      )
    )
})

/**
 * Opens a session with a model. The session is closed when the scope closes.
 *
 * The closing request is sent once, on success, failure and interruption. Its errors are ignored. Fails with
 * `ProtocolError` if the response has no session ID.
 *
 * If the call is interrupted while the session is being opened, it waits for the response and then closes the session.
 * The timeouts of the call limit this wait.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { ModelEndpoint, Session } from "effect-sagemaker-runtime"
 *
 * const llama = ModelEndpoint.chat("llama-3-8b")
 *
 * export const completion = Effect.scoped(Effect.gen(function*() {
 *   const session = yield* Session.make(llama)
 *   return yield* session.invoke({ messages: [{ role: "user", content: "Good morning" }] })
 * }))
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const make: {
  (
    endpoint: ModelEndpoint.ChatEndpoint,
    options?: SessionOptions
  ): Effect.Effect<ChatSession, InvokeError, SageMakerRuntime | Scope.Scope>
  <A, B, R>(
    endpoint: ModelEndpoint.ModelEndpoint<A, B, R>,
    options?: SessionOptions
  ): Effect.Effect<Session<A, B, R>, InvokeError, SageMakerRuntime | Scope.Scope>
} = <A, B, R>(
  endpoint: SessionModel<A, B, R>,
  options: SessionOptions = {}
): Effect.Effect<Session<A, B, R> & ChatSession, InvokeError, SageMakerRuntime | Scope.Scope> =>
  Effect.map(
    Effect.acquireRelease(
      runToCompletion(Effect.flatMap(readOptions(options, "options"), (members) => openSession(endpoint, members))),
      ({ close }) => Effect.ignore(close)
    ),
    (state) => sessionWith(endpoint, state) as Session<A, B, R> & ChatSession
  )
