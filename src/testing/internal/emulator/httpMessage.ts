/** HTTP messages of the emulator, independent of any HTTP library. */
import type * as Stream from "effect/Stream"

/** A request to the emulator, without its body. */
export interface HttpRequestHead {
  /** The HTTP method, in uppercase. */
  readonly method: string
  /** The path and query as sent, percent-encoded. */
  readonly target: string
  /** The headers; names are in lowercase. */
  readonly headers: { readonly [name: string]: string | undefined }
}

/** A request to the emulator. */
export interface HttpRequestMessage extends HttpRequestHead {
  /** The body; empty if there is none. */
  readonly body: Uint8Array
}

/** A request to the emulator whose body is read while it arrives. */
export interface HttpStreamRequest extends HttpRequestHead {
  /** The body; it can be run once. It fails if the rest of the body cannot be read. */
  readonly body: Stream.Stream<Uint8Array, unknown>
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

/** The value of a header, by its name in lowercase. Names such as `constructor` are not found in the prototype. */
export const headerOf = ({ headers }: HttpRequestHead, name: string): string | undefined =>
  Object.hasOwn(headers, name) ? headers[name] : undefined

/** The path of the target, without the query. */
export const pathOf = ({ target }: HttpRequestHead): string => target.split("?", 1)[0]!

/** The query parameters of the target. */
export const queryOf = ({ target }: HttpRequestHead): URLSearchParams => {
  const start = target.indexOf("?")
  return new URLSearchParams(start === -1 ? "" : target.slice(start + 1))
}

/** Status codes of responses without a body. */
export const statusesWithoutBody: ReadonlySet<number> = new Set([204, 205, 304])
