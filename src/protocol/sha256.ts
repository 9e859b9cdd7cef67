import { hex } from "./bytes.ts"

const own = (bytes: Uint8Array): Uint8Array<ArrayBuffer> =>
  bytes.buffer instanceof ArrayBuffer
    ? new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    : new Uint8Array(bytes)

/** SHA-256 of `data`, by WebCrypto. */
export const sha256 = async (data: Uint8Array): Promise<Uint8Array> =>
  new Uint8Array(await crypto.subtle.digest("SHA-256", own(data)))

/** SHA-256 of `data` as hexadecimal digits, by WebCrypto. */
export const sha256Hex = async (data: Uint8Array): Promise<string> => hex(await sha256(data))

/** HMAC-SHA-256 of `data` under `key`, by WebCrypto. */
export const hmacSha256 = async (key: Uint8Array, data: Uint8Array): Promise<Uint8Array> => {
  const imported = await crypto.subtle.importKey("raw", own(key), { name: "HMAC", hash: "SHA-256" }, false, ["sign"])
  return new Uint8Array(await crypto.subtle.sign("HMAC", imported, own(data)))
}
