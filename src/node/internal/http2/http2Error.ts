/** The errors of HTTP/2 connections and streams, with a code that the client classifies. */
import type { ClientHttp2Stream } from "node:http2"

/** The error codes of RFC 9113, by number. */
const names = [
  "NO_ERROR",
  "PROTOCOL_ERROR",
  "INTERNAL_ERROR",
  "FLOW_CONTROL_ERROR",
  "SETTINGS_TIMEOUT",
  "STREAM_CLOSED",
  "FRAME_SIZE_ERROR",
  "REFUSED_STREAM",
  "CANCEL",
  "COMPRESSION_ERROR",
  "CONNECT_ERROR",
  "ENHANCE_YOUR_CALM",
  "INADEQUATE_SECURITY",
  "HTTP_1_1_REQUIRED"
]

const refusedStream = 7

/** An error with a code. */
export const codedError = (message: string, code: string, cause?: unknown): Error =>
  Object.assign(new Error(message, { cause }), { code })

export const codeOf = (cause: unknown): unknown =>
  typeof cause === "object" && cause !== null && "code" in cause ? cause.code : undefined

/** The server does not accept HTTP/2. */
export const unsupported = (cause?: unknown): Error =>
  codedError("The server does not accept HTTP/2", "HTTP2_UNSUPPORTED", cause)

const closedWith = (code: number): Error =>
  codedError("The server closed the stream", `HTTP2_${names[code] ?? "UNKNOWN_ERROR"}`)

/** The state of a connection, from which the error of its streams is derived. */
export interface SessionEnd {
  /** A GOAWAY frame: its error code, and the last stream that the server may have processed. */
  readonly goaway: { readonly code: number; readonly lastStreamId: number } | undefined
  /** The error of the connection. */
  readonly error: Error | undefined
  readonly isClosed: boolean
}

/** Why a stream ended before its response did. */
export const streamError = (
  { id = Infinity, rstCode }: Pick<ClientHttp2Stream, "id" | "rstCode">,
  error: Error | undefined,
  session: SessionEnd
): Error => {
  const { goaway } = session
  if (goaway !== undefined && id > goaway.lastStreamId) {
    return closedWith(refusedStream)
  }
  switch (codeOf(error)) {
    case undefined:
      break
    case "ERR_HTTP2_STREAM_ERROR":
      return closedWith(rstCode ?? 0)
    case "ERR_HTTP2_SESSION_ERROR":
      return closedWith(goaway?.code ?? rstCode ?? 0)
    default:
      return error as Error
  }
  return session.isClosed
    ? session.error ?? codedError("The connection was closed", "ECONNRESET")
    : closedWith(rstCode ?? 0)
}
