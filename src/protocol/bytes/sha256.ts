/** SHA-256 and HMAC-SHA-256 by WebCrypto. */
import { hex } from "./bytes.ts"

/** A value or a promise of it: WebCrypto hashes asynchronously, Node can hash synchronously. */
export type Awaitable<A> = A | Promise<A>

const encoder = new TextEncoder()

/** Bytes in an `ArrayBuffer`: WebCrypto rejects a `SharedArrayBuffer`. */
const unsharedBytes = (data: string | Uint8Array): Uint8Array<ArrayBuffer> => {
  if (typeof data === "string") {
    return encoder.encode(data)
  }
  return data.buffer instanceof ArrayBuffer
    ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    : new Uint8Array(data)
}

/** SHA-256 of bytes or UTF-8 text, as hexadecimal digits. */
export const sha256Hex = async (data: string | Uint8Array): Promise<string> =>
  hex(new Uint8Array(await crypto.subtle.digest("SHA-256", unsharedBytes(data))))

/** HMAC-SHA-256 of bytes or UTF-8 text. */
export const hmacSha256 = async (key: string | Uint8Array, data: string | Uint8Array): Promise<Uint8Array> => {
  const algorithm = { name: "HMAC", hash: "SHA-256" }
  const imported = await crypto.subtle.importKey("raw", unsharedBytes(key), algorithm, false, ["sign"])
  return new Uint8Array(await crypto.subtle.sign("HMAC", imported, unsharedBytes(data)))
}

/** HMAC-SHA-256 of bytes or UTF-8 text, as hexadecimal digits. */
export const hmacSha256Hex = async (key: string | Uint8Array, data: string | Uint8Array): Promise<string> =>
  hex(await hmacSha256(key, data))
