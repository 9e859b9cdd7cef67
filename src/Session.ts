/**
 * A stateful session with a model: opened, threaded through typed calls, closed once.
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
import { invokeEndpoint, type InvokeEndpointError as InvokeError } from "./InvokeEndpoint.ts"
import type * as ModelEndpoint from "./ModelEndpoint.ts"
import type { Payload } from "./Operation.ts"
import { isGone, sessionOf } from "./protocol/endpoint/session.ts"
import * as SageMakerError from "./SageMakerError.ts"
import type { SageMakerRuntime } from "./SageMakerRuntime.ts"
import type * as Tokens from "./Tokens.ts"

/**
 * What opens and closes a session, besides the endpoint's own members.
 *
 * - `open`, `close`: the bodies, `{"requestType":"NEW_SESSION"}` and `{"requestType":"CLOSE"}` by default, as DJL and vLLM
 *   understand them.
 * - `ContentType`: their media type, `application/json` by default.
 *
 * @since 0.1.0
 * @category models
 */
export interface SessionOptions extends Omit<ModelEndpoint.ModelEndpointOptions, "SessionId"> {
  readonly open?: Payload | undefined
  readonly close?: Payload | undefined
}

/**
 * An open session: its id, when it ends, and the model's calls within it.
 *
 * `expires` is what the model said. `close` closes it before its scope does; it is sent once, however often it is asked
 * for. A call after the session's end fails with `SessionExpiredError`, whether the clock or the model says so.
 *
 * @since 0.1.0
 * @category models
 */
export interface Session<in A, out B, out R = never> {
  readonly id: string
  readonly expires: Option.Option<DateTime.Utc>
  readonly close: Effect.Effect<void, InvokeError>
  readonly invoke: (
    value: A,
    options?: ModelEndpoint.ModelEndpointOptions
  ) => Effect.Effect<B, ModelEndpoint.ModelEndpointError | SageMakerError.SessionExpiredError, SageMakerRuntime | R>
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
 * An open session with a language model, whose `stream` gives tokens unless a framing is named.
 *
 * @since 0.1.0
 * @category models
 */
export interface ChatSession extends Omit<Session<Chat.ChatRequest, Chat.ChatCompletion>, "stream"> {
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

const defaultOpen = JSON.stringify({ requestType: "NEW_SESSION" })
const defaultClose = JSON.stringify({ requestType: "CLOSE" })

/** The model's words for a request it refused, where those are about the session. */
const isAboutTheSession = (error: unknown): boolean =>
  (error instanceof SageMakerError.ModelError && isGone(error.OriginalMessage)) ||
  (error instanceof SageMakerError.ValidationError && isGone(error.message))

const requestIdOf = (error: unknown): string | undefined =>
  error instanceof SageMakerError.ModelError || error instanceof SageMakerError.ValidationError
    ? error.requestId
    : undefined

/** Runs a call to its end whatever happens to its caller: an interruption would reach the fibers a deadline forks. */
const unbroken = <A, E, R>(call: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.uninterruptible(Effect.flatMap(Effect.forkDaemon(call), Fiber.join))

/**
 * Opens a session with a model, for as long as the scope.
 *
 * It is closed once, on success, failure and interruption; a close the model refuses changes nothing. A session that is
 * being opened is waited for when it is interrupted, as long as the deadlines say, so that none stays open. A model that
 * opens none fails with `ProtocolError`.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { ModelEndpoint, Session } from "effect-sagemaker-runtime"
 *
 * const llama = ModelEndpoint.chat("llama-3-8b")
 *
 * export const told = Effect.scoped(Effect.gen(function*() {
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
  endpoint: Pick<ModelEndpoint.ModelEndpoint<A, B, R>, "name" | "defaults" | "invoke" | "stream">,
  { close: closing = defaultClose, open: opening = defaultOpen, ...options }: SessionOptions = {}
): Effect.Effect<Session<A, B, R> & ChatSession, InvokeError, SageMakerRuntime | Scope.Scope> =>
  Effect.gen(function*() {
    const { Accept: _, ContentType: _type, ...routing } = endpoint.defaults
    const context = yield* Effect.context<SageMakerRuntime>()
    let over = false

    const send = (SessionId: string, Body: Payload) =>
      invokeEndpoint({
        ContentType: "application/json",
        ...routing,
        ...options,
        EndpointName: endpoint.name,
        SessionId,
        Body
      })

    const openSession = Effect.gen(function*() {
      const { $metadata: { attempts, requestId, totalRetryDelay }, NewSessionId } = yield* send("NEW_SESSION", opening)
      const opened = sessionOf(NewSessionId)
      if (opened === undefined) {
        const message = `${endpoint.name} opened no session: its answer has no NewSessionId that can be read`
        return yield* new SageMakerError.ProtocolError({ message, requestId, attempts, totalRetryDelay })
      }
      const sendClose = Effect.suspend(() => over ? Effect.void : send(opened.id, closing))
      const once = yield* Effect.cached(sendClose.pipe(Effect.asVoid, Effect.provide(context), unbroken))
      return { ...opened, once }
    })

    const { expires, id, once: close } = yield* Effect.acquireRelease(
      unbroken(openSession),
      ({ once }) => Effect.ignore(once)
    )

    const ended = (requestId?: string) =>
      new SageMakerError.SessionExpiredError({
        endpoint: endpoint.name,
        expires: expires === undefined ? undefined : DateTime.unsafeMake(expires),
        requestId
      })
    const notYet = Effect.flatMap(
      Clock.currentTimeMillis,
      (now) => over || (expires !== undefined && now >= expires) ? Effect.fail(ended()) : Effect.void
    )
    const refused = <E>(error: E): E | SageMakerError.SessionExpiredError => {
      if (!isAboutTheSession(error)) {
        return error
      }
      over = true
      return ended(requestIdOf(error))
    }

    return {
      id,
      expires: Option.map(Option.fromNullable(expires), (at) => DateTime.unsafeMake(at)),
      close,
      invoke: (value: A, call?: ModelEndpoint.ModelEndpointOptions) =>
        Effect.zipRight(notYet, Effect.mapError(endpoint.invoke(value, { ...call, SessionId: id }), refused)),
      stream: <C, E, R2>(value: A, framing: Framing<C, E, R2>, call?: ModelEndpoint.ModelEndpointStreamOptions) =>
        Stream.unwrap(
          Effect.as(notYet, Stream.mapError(endpoint.stream(value, framing, { ...call, SessionId: id }), refused))
        )
    } as Session<A, B, R> & ChatSession
  })
