/** CRC-32 on Node, with `node:zlib`. */
import { crc32 as portable } from "../../../protocol/bytes/crc32.ts"
import { lazy } from "../../../protocol/function/lazy.ts"

/** Loaded by the first large frame. */
const zlib = lazy(() => process.getBuiltinModule("node:zlib"))

/** Below this number of bytes, calling into Node takes longer than computing the checksum in JavaScript. */
const minNativeBytes = 256

/** CRC-32 (IEEE 802.3) of `bytes` from `start` to `end`. */
export const crc32: typeof portable = (bytes, start, end, previous) =>
  end - start < minNativeBytes
    ? portable(bytes, start, end, previous)
    : zlib().crc32(bytes.subarray(start, end), previous)
