/** HTTP messages of the emulator, independent of any HTTP library. */
import type * as Stream from "effect/Stream"

/** A request to the emulator. */
export interface HttpRequestMessage {
  /** The HTTP method, in uppercase. */
  readonly method: string
  /** The path and query as sent, percent-encoded. */
  readonly target: string
  /** The headers; names are in lowercase. */
  readonly headers: { readonly [name: string]: string | undefined }
  /** The body; empty if there is none. */
  readonly body: Uint8Array
}

/** A response of the emulator. */
export interface HttpResponseMessage {
  /** The HTTP status code. */
  readonly status: number
  /** The headers; names are in lowercase. */
  readonly headers: { readonly [name: string]: string }
  /** The body: bytes, or a stream. If the stream fails, the connection is closed. */
  readonly body: Uint8Array | Stream.Stream<Uint8Array, unknown>
}

/** Status codes of responses without a body. */
export const statusesWithoutBody: ReadonlySet<number> = new Set([204, 205, 304])
