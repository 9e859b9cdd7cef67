/** SHA-256 and HMAC-SHA-256 on Node, with `node:crypto`; strings are hashed as UTF-8. */
import { lazy } from "../../../protocol/function/lazy.ts"

/** Loaded by the first hash: an import would add 20 modules of Node to the start of every program. */
const crypto = lazy(() => process.getBuiltinModule("node:crypto"))

/** SHA-256 as lowercase hexadecimal digits. */
export const sha256Hex = (data: string | Uint8Array): string => crypto().hash("sha256", data, "hex")

/** HMAC-SHA-256 as bytes. */
export const hmacSha256 = (key: string | Uint8Array, data: string | Uint8Array): Uint8Array =>
  crypto().createHmac("sha256", key).update(data).digest()

/** HMAC-SHA-256 as lowercase hexadecimal digits. */
export const hmacSha256Hex = (key: string | Uint8Array, data: string | Uint8Array): string =>
  crypto().createHmac("sha256", key).update(data).digest("hex")
