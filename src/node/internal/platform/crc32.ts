import { crc32 as native } from "node:zlib"
import { crc32 as portable } from "../../../protocol/bytes/crc32.ts"

/** Below this many bytes a call into Node costs more than the sum itself. */
const worthACall = 256

/** CRC-32 (IEEE 802.3) of `bytes` from `start` to `end`, by Node's own implementation where that is faster. */
export const crc32: typeof portable = (bytes, start, end, previous) =>
  end - start < worthACall
    ? portable(bytes, start, end, previous)
    : native(bytes.subarray(start, end), previous)
