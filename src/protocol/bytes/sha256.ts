import { hex } from "./bytes.ts"

/** A value, at once or later: WebCrypto's hashes come later, Node's at once. */
export type Awaitable<A> = A | Promise<A>

const encoder = new TextEncoder()

const own = (data: string | Uint8Array): Uint8Array<ArrayBuffer> =>
  typeof data === "string"
    ? encoder.encode(data)
    : data.buffer instanceof ArrayBuffer
    ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    : new Uint8Array(data)

/** SHA-256 of bytes, or of a text's UTF-8, as hexadecimal digits; by WebCrypto. */
export const sha256Hex = async (data: string | Uint8Array): Promise<string> =>
  hex(new Uint8Array(await crypto.subtle.digest("SHA-256", own(data))))

/** HMAC-SHA-256 of bytes, or of a text's UTF-8, under a key; by WebCrypto. */
export const hmacSha256 = async (key: string | Uint8Array, data: string | Uint8Array): Promise<Uint8Array> => {
  const imported = await crypto.subtle.importKey("raw", own(key), { name: "HMAC", hash: "SHA-256" }, false, ["sign"])
  return new Uint8Array(await crypto.subtle.sign("HMAC", imported, own(data)))
}

/** The same as hexadecimal digits. */
export const hmacSha256Hex = async (key: string | Uint8Array, data: string | Uint8Array): Promise<string> =>
  hex(await hmacSha256(key, data))
