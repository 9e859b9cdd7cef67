/**
 * Stateful sessions: a model keeps state between the calls of a session.
 *
 * @since 0.1.0
 */
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type * as Chat from "./Chat.ts"
import type { Framing } from "./Framing.ts"
import { durationMillis } from "./internal/config/duration.ts"
import { readOptions } from "./internal/operation/readMembers.ts"
import { timeout } from "./internal/time/timeout.ts"
import {
  invokeEndpoint,
  type InvokeEndpointError as InvokeError,
  type InvokeEndpointOutput,
  operation,
  responseHeaders
} from "./InvokeEndpoint.ts"
import type * as ModelEndpoint from "./ModelEndpoint.ts"
import type { Payload } from "./Operation.ts"
import { isGone, sessionOf } from "./protocol/endpoint/session.ts"
import * as SageMakerError from "./SageMakerError.ts"
import { execute, type SageMakerRuntime } from "./SageMakerRuntime.ts"
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
  /**
   * Maximum duration of closing the session, with all attempts. A scope that closes the session waits no longer.
   * `Infinity` disables it. Default: 10 seconds.
   */
  readonly closeTimeout?: Duration.DurationInput | undefined
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
  /**
   * Closes the session before its scope closes. The session is closed at most once. Fails with `TimeoutError`
   * (`phase: "total"`) after `closeTimeout`. An interruption waits until the session is closed, at most that long.
   */
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
  /**
   * Closes the session before its scope closes. The session is closed at most once. Fails with `TimeoutError`
   * (`phase: "total"`) after `closeTimeout`. An interruption waits until the session is closed, at most that long.
   */
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
    // TypeScript infers from the last signature where the function is an argument, such as in `Stream.flatMap`.
    <C, E, R>(
      request: Chat.ChatRequest,
      framing: Framing<C, E, R>,
      options?: ModelEndpoint.ModelEndpointStreamOptions
    ): Stream.Stream<
      C,
      ModelEndpoint.ModelEndpointStreamError | SageMakerError.SessionExpiredError | E,
      SageMakerRuntime | R
    >
    (
      request: Chat.ChatRequest,
      framing?: Tokens.Dialect,
      options?: ModelEndpoint.ModelEndpointStreamOptions
    ): Stream.Stream<
      Tokens.Token,
      ModelEndpoint.ModelEndpointStreamError | SageMakerError.SessionExpiredError,
      SageMakerRuntime
    >
  }
}

/**
 * An endpoint whose sessions `make` opens: a `ModelEndpoint` or a `ChatEndpoint`.
 *
 * @since 0.1.0
 * @category models
 */
export type SessionEndpoint = Pick<SessionModel<never, unknown, unknown>, "name" | "defaults" | "invoke" | "stream">

/**
 * The type of the sessions of an endpoint.
 *
 * @since 0.1.0
 * @category models
 */
export type SessionOf<Endpoint> = Endpoint extends ModelEndpoint.ChatEndpoint ? ChatSession
  : Endpoint extends ModelEndpoint.ModelEndpoint<infer A, infer B, infer R> ? Session<A, B, R>
  : never

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
  (error instanceof SageMakerError.ValidationError && isGone(error.serviceMessage ?? error.message))

const requestIdOf = (error: unknown): string | undefined =>
  error instanceof SageMakerError.ModelError || error instanceof SageMakerError.ValidationError
    ? error.requestId
    : undefined

/** Records the ID of a new session when the response headers arrive, because the body may never end. */
const recordingOperation = (sessions: Set<string>): typeof operation => ({
  ...operation,
  decode: (response) => {
    const opened = sessionOf(responseHeaders.decode(response.headers).NewSessionId)
    if (opened !== undefined) {
      sessions.add(opened.id)
    }
    return operation.decode(response)
  }
})

const closeTimedOut = (duration: number) => () =>
  new SageMakerError.TimeoutError({
    phase: "total",
    duration,
    requestSent: true,
    retry: "never",
    attempts: 1,
    totalRetryDelay: 0
  })

type Requests = {
  /** Opens a session and adds its ID to the set. A retried request can open more than one. */
  readonly open: (sessions: Set<string>) => Effect.Effect<InvokeEndpointOutput, InvokeError, SageMakerRuntime>
  readonly close: (id: string) => Effect.Effect<void, InvokeError, SageMakerRuntime>
}

const makeRequests = <A, B, R>(
  endpoint: SessionModel<A, B, R>,
  { close = defaultCloseBody, closeTimeout = "10 seconds", open = defaultOpenBody, ...options }: SessionOptions
): Effect.Effect<Requests, SageMakerError.InvalidInputError> => {
  const closeMillis = durationMillis(closeTimeout)
  if (closeMillis === undefined) {
    return new SageMakerError.InvalidInputError({
      field: "closeTimeout",
      constraint: "a duration such as \"5 seconds\""
    })
  }
  const { Accept: _, ContentType: _type, ...routing } = endpoint.defaults
  const input = (SessionId: string, Body: Payload) => ({
    ContentType: "application/json",
    ...routing,
    ...options,
    EndpointName: endpoint.name,
    SessionId,
    Body
  })
  return Effect.succeed({
    open: (sessions) => execute(recordingOperation(sessions), input("NEW_SESSION", open)),
    close: (id) =>
      invokeEndpoint(input(id, close)).pipe(timeout(closeMillis, closeTimedOut(closeMillis)), Effect.asVoid)
  })
}

const closeAll = ({ close }: Requests, sessions: Iterable<string>) =>
  Effect.forEach(sessions, (id) => Effect.ignore(close(id)), { concurrency: "unbounded", discard: true })

const noSession = (name: string, { $metadata: { attempts, requestId, totalRetryDelay } }: InvokeEndpointOutput) => {
  const message = `The endpoint ${name} opened no session: expected a response with a valid NewSessionId`
  return new SageMakerError.ProtocolError({ message, requestId, attempts, totalRetryDelay })
}

/** Opens a session, which the scope closes. Sessions of requests that failed or were interrupted after their response headers are closed. */
const openSession = <A, B, R>(
  endpoint: SessionModel<A, B, R>,
  options: SessionOptions
): Effect.Effect<State, InvokeError, SageMakerRuntime | Scope.Scope> =>
  Effect.uninterruptibleMask((restore) =>
    Effect.gen(function*() {
      const context = yield* Effect.context<SageMakerRuntime | Scope.Scope>()
      const requests = yield* makeRequests(endpoint, options)
      const sessions = new Set<string>()
      const output = yield* Effect.onError(restore(requests.open(sessions)), () => closeAll(requests, sessions))
      const opened = sessionOf(output.NewSessionId)
      sessions.delete(opened?.id ?? "")
      if (sessions.size > 0) {
        yield* Effect.forkDaemon(closeAll(requests, sessions))
      }
      if (opened === undefined) {
        return yield* noSession(endpoint.name, output)
      }
      const close = Effect.suspend(() => (state.isGone ? Effect.void : requests.close(opened.id)))
      const state: State = {
        endpoint: endpoint.name,
        id: opened.id,
        expiresMillis: opened.expires,
        close: yield* Effect.cached(Effect.uninterruptible(Effect.provide(close, context))),
        isGone: false
      }
      yield* Effect.addFinalizer(() => Effect.ignore(state.close))
      return state
    })
  )

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
 * The closing request is sent once, on success, failure and interruption. Its errors are ignored. The scope waits for it
 * at most for `closeTimeout`. Fails with `ProtocolError` if the response has no session ID.
 *
 * Opening can be interrupted. The request is then aborted. If its response headers have arrived, the session is closed.
 * If they have not, the model may keep a session until it expires.
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
// One signature instead of overloads: TypeScript infers no type parameters of an overloaded function in a pipe.
export const make: <Endpoint extends SessionEndpoint>(
  endpoint: Endpoint,
  options?: SessionOptions
) => Effect.Effect<SessionOf<Endpoint>, InvokeError, SageMakerRuntime | Scope.Scope> = <A, B, R>(
  endpoint: SessionModel<A, B, R>,
  options: SessionOptions = {}
) =>
  Effect.map(
    Effect.flatMap(readOptions(options, "options"), (members) => openSession(endpoint, members)),
    (state) => sessionWith(endpoint, state) as never
  )
