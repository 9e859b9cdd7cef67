import { createHmac, hash } from "node:crypto"

/** SHA-256 of bytes, or of a text's UTF-8, as hexadecimal digits; by Node's own implementation. */
export const sha256Hex = (data: string | Uint8Array): string => hash("sha256", data, "hex")

/** HMAC-SHA-256 of bytes, or of a text's UTF-8, under a key; by Node's own implementation. */
export const hmacSha256 = (key: string | Uint8Array, data: string | Uint8Array): Uint8Array =>
  createHmac("sha256", key).update(data).digest()

/** The same as hexadecimal digits. */
export const hmacSha256Hex = (key: string | Uint8Array, data: string | Uint8Array): string =>
  createHmac("sha256", key).update(data).digest("hex")
