/** A WebSocket connection to a container. */
import { WebSocketConstructor } from "@effect/platform/Socket"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Mailbox from "effect/Mailbox"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { InternalStreamFailure, ModelError, ModelStreamError } from "../../../SageMakerError.ts"
import type { RequestRefused } from "./refusal.ts"

/** A message, as text or bytes. */
export type Message = string | Uint8Array

/** Why a connection ends before the container has closed it. */
export type ConnectionFailure = ModelStreamError | InternalStreamFailure | RequestRefused

/** An open connection. The end of the scope closes it. */
export interface Connection {
  /** The messages of the container. The stream ends when the container closes the connection normally. */
  readonly messages: Stream.Stream<Message, ConnectionFailure>
  /** The number of messages that have arrived. */
  readonly received: () => number
  /** Sends a message; waits if many bytes have not been sent. */
  readonly send: (message: Message) => Effect.Effect<void>
  /** Starts to close the connection; the container has to close it too. */
  readonly close: Effect.Effect<void>
  /** Ends `messages`. */
  readonly end: Effect.Effect<void>
  readonly fail: (failure: ConnectionFailure) => Effect.Effect<void>
}

const openTimeoutMillis = 10_000
const sendCheckMillis = 5

/** A message is sent only if fewer bytes than this wait to be sent. */
const maxUnsentBytes = 1024 * 1024

/** WebSocket has no backpressure: a connection with more bytes that the client has not read fails. */
const maxUnreadBytes = 64 * 1024 * 1024

const tooSlow = "The client did not read the messages of the container fast enough"

const openState = 1

/** The connection is closed without an error: by the status 1000, or without a status. */
const normalClosures: ReadonlySet<number> = new Set([1000, 1005])

/** The error of a connection that the container has closed with this status. */
export const closedWith = (code: number, reason: string): ModelStreamError =>
  new ModelStreamError({
    ErrorCode: String(code),
    message: `The container closed the WebSocket connection with status ${code}${reason === "" ? "" : `: ${reason}`}`
  })

const wait = (millis: number): Effect.Effect<void> =>
  Effect.async((resume) => {
    const timer = setTimeout(() => resume(Effect.void), millis)
    return Effect.sync(() => clearTimeout(timer))
  })

const notConnected = (url: string, problem: string): ModelError =>
  new ModelError({
    OriginalStatusCode: 0,
    OriginalMessage: problem,
    message: `The WebSocket connection to the container at ${url} could not be opened: ${problem}`
  })

const toMessage = (data: unknown): Message => {
  if (typeof data === "string") {
    return data
  }
  return ArrayBuffer.isView(data)
    ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    : new Uint8Array(data as ArrayBuffer)
}

const problemOf = (event: Event): string =>
  "message" in event && typeof event.message === "string" ? event.message : "the connection failed"

const awaitOpen = (socket: WebSocket, url: string): Effect.Effect<void, ModelError> =>
  Effect.async<void, ModelError>((resume) => {
    const fail = (problem: string) => resume(Effect.fail(notConnected(url, problem)))
    socket.addEventListener("open", () => resume(Effect.void), { once: true })
    socket.addEventListener("error", (event) => fail(problemOf(event)), { once: true })
    socket.addEventListener("close", ({ code }) => fail(`it was closed with status ${code}`), { once: true })
    const timer = setTimeout(fail, openTimeoutMillis, "the container did not accept it within 10 seconds")
    return Effect.sync(() => clearTimeout(timer))
  })

const acquire = (url: string): Effect.Effect<WebSocket, ModelError, WebSocketConstructor | Scope.Scope> =>
  Effect.acquireRelease(
    Effect.flatMap(WebSocketConstructor, (make) =>
      Effect.try({
        try: () => {
          const socket = make(url)
          socket.binaryType = "arraybuffer"
          // A socket that is closed before it is open reports an error.
          socket.addEventListener("error", () => undefined)
          return socket
        },
        catch: (error) => notConnected(url, error instanceof Error ? error.message : String(error))
      })),
    (socket) => Effect.sync(() => socket.close(1000))
  )

const makeSend = (socket: WebSocket) => (message: Message): Effect.Effect<void> =>
  Effect.gen(function*() {
    while (socket.readyState === openState && socket.bufferedAmount > maxUnsentBytes) {
      yield* wait(sendCheckMillis)
    }
    if (socket.readyState === openState) {
      socket.send(typeof message === "string" ? message : new Uint8Array(message))
    }
  })

const sizeOf = (message: Message): number => message.length

/** Opens a connection, or fails with `ModelError`. */
export const openWebSocket = (
  url: string
): Effect.Effect<Connection, ModelError, WebSocketConstructor | Scope.Scope> =>
  Effect.gen(function*() {
    const mailbox = yield* Mailbox.make<Message, ConnectionFailure>()
    let received = 0
    let unreadBytes = 0
    const socket = yield* acquire(url)
    socket.addEventListener("message", ({ data }) => {
      const message = toMessage(data)
      received += 1
      unreadBytes += sizeOf(message)
      mailbox.unsafeOffer(message)
      if (unreadBytes > maxUnreadBytes) {
        socket.close(1000)
        mailbox.unsafeDone(Exit.fail(new InternalStreamFailure({ message: tooSlow })))
      }
    })
    socket.addEventListener("close", ({ code, reason }) => {
      mailbox.unsafeDone(normalClosures.has(code) ? Exit.void : Exit.fail(closedWith(code, reason)))
    })
    yield* awaitOpen(socket, url)
    return {
      messages: Stream.tap(Mailbox.toStream(mailbox), (message) =>
        Effect.sync(() => {
          unreadBytes -= sizeOf(message)
        })),
      received: () => received,
      send: makeSend(socket),
      close: Effect.sync(() => socket.close(1000)),
      end: Effect.asVoid(mailbox.end),
      fail: (failure) => Effect.asVoid(mailbox.fail(failure))
    }
  })
