/** Connects a bidirectional stream with the WebSocket route of a container, as SageMaker does. */
import type { WebSocketConstructor } from "@effect/platform/Socket"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { RequestPart } from "../../../InvokeEndpointWithBidirectionalStream.ts"
import { concat } from "../../../protocol/bytes/bytes.ts"
import type { EmulatorBidirectionalHandler, EmulatorBidirectionalRequest } from "../../Emulator.ts"
import { invalidInput, type RequestRefused } from "./refusal.ts"
import { closedWith, type Connection, type ConnectionFailure, type Message, openWebSocket } from "./webSocket.ts"

const defaultPath = "invocations-bidirectional-stream"
const defaultCloseAfter = Duration.seconds(1)

/** How long the container can take to close the connection after the close frame. */
const closeTimeout = Duration.seconds(10)

const maxMessageBytes = 64 * 1024 * 1024

/** The URL of the route: the path and the query of the request below the URL of the container. */
const routeUrl = (
  url: string,
  { ModelInvocationPath = defaultPath, ModelQueryString }: EmulatorBidirectionalRequest
): string => {
  const base = url.replace(/^http/i, "ws").replace(/\/+$/, "")
  return `${base}/${ModelInvocationPath}${ModelQueryString === undefined ? "" : `?${ModelQueryString}`}`
}

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })

/** A text message must be UTF-8. A container closes the connection with status 1007 if it is not. */
const toMessage = (bytes: Uint8Array, isText: boolean): Effect.Effect<Message, ConnectionFailure> =>
  isText
    ? Effect.try({ try: () => decoder.decode(bytes), catch: () => closedWith(1007, "a text message is not UTF-8") })
    : Effect.succeed(bytes)

/** Joins the parts of a message: the WebSocket interface has no fragments. The message has the type of its first part. */
const makeJoin = () => {
  let pieces: Array<Uint8Array> = []
  let size = 0
  let isText = false
  return (part: RequestPart): Effect.Effect<Message | undefined, ConnectionFailure | RequestRefused> => {
    isText = pieces.length === 0 ? part.DataType === "UTF8" : isText
    pieces.push(part.Bytes)
    size += part.Bytes.length
    if (size > maxMessageBytes) {
      return Effect.fail(invalidInput(`A message of several parts is larger than ${maxMessageBytes} bytes.`))
    }
    if (part.CompletionState === "PARTIAL") {
      return Effect.succeed(undefined)
    }
    const bytes = concat(pieces)
    pieces = []
    size = 0
    return toMessage(bytes, isText)
  }
}

/** Waits until the container has sent no message for this time. */
const untilQuiet = (received: () => number, time: Duration.Duration): Effect.Effect<void> =>
  Effect.suspend(() => {
    const before = received()
    return Effect.flatMap(
      Effect.sleep(time),
      () => (received() === before ? Effect.void : untilQuiet(received, time))
    )
  })

/** Sends the parts, and closes the connection after their end. */
const sendParts = (
  parts: Stream.Stream<RequestPart>,
  connection: Connection,
  closeAfter: Duration.Duration
): Effect.Effect<void> => {
  const join = makeJoin()
  return Stream.runForEach(
    parts,
    (part) => Effect.flatMap(join(part), (message) => (message === undefined ? Effect.void : connection.send(message)))
  ).pipe(
    Effect.zipRight(untilQuiet(connection.received, closeAfter)),
    Effect.zipRight(connection.close),
    Effect.zipRight(Effect.sleep(closeTimeout)),
    Effect.zipRight(connection.end),
    Effect.catchAll(connection.fail)
  )
}

export const webSocketHandler = (
  url: string,
  closeAfter: Duration.DurationInput = defaultCloseAfter
): EmulatorBidirectionalHandler<unknown, WebSocketConstructor> =>
(parts, request) =>
  Stream.unwrapScoped(Effect.gen(function*() {
    const connection = yield* openWebSocket(routeUrl(url, request))
    yield* Effect.forkScoped(sendParts(parts, connection, Duration.decode(closeAfter)))
    return connection.messages
  }))
