/** NumPy arrays as payloads. */
import * as Effect from "effect/Effect"
import type { Codec } from "../../Codec.ts"
import { type NdArray, problemOf } from "../../protocol/payload/ndArray.ts"
import * as npy from "../../protocol/payload/npy.ts"
import { undecodable, unencodable } from "./codecError.ts"

const mediaType = "application/x-npy"

export const npyCodec: Codec<NdArray> = {
  mediaType,
  reads: [mediaType, "application/npy"],
  encode: (array) =>
    Effect.suspend(() => {
      const problem = problemOf(array)
      return problem === undefined ? Effect.succeed(npy.write(array)) : Effect.fail(unencodable(mediaType, problem))
    }),
  decode: (body) =>
    Effect.suspend(() => {
      const array = npy.read(body)
      return typeof array === "string" ? Effect.fail(undecodable(mediaType, body, array)) : Effect.succeed(array)
    })
}
