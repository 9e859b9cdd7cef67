import { createHmac, hash } from "node:crypto"

/** SHA-256 of `data`, by Node's own implementation. */
export const sha256 = (data: Uint8Array): Promise<Uint8Array> => Promise.resolve(hash("sha256", data, "buffer"))

/** SHA-256 of `data` as hexadecimal digits, by Node's own implementation. */
export const sha256Hex = (data: Uint8Array): Promise<string> => Promise.resolve(hash("sha256", data, "hex"))

/** HMAC-SHA-256 of `data` under `key`, by Node's own implementation. */
export const hmacSha256 = (key: Uint8Array, data: Uint8Array): Promise<Uint8Array> =>
  Promise.resolve(createHmac("sha256", key).update(data).digest())
