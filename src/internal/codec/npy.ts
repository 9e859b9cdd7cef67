/** NumPy arrays as payloads. */
import * as Effect from "effect/Effect"
import type { Codec } from "../../Codec.ts"
import { maxDimensions, type NdArray, problemOf } from "../../protocol/payload/ndArray.ts"
import * as npy from "../../protocol/payload/npy.ts"
import type { CodecError } from "../../SageMakerError.ts"
import { undecodable, unencodable, unreadableValue } from "./codecError.ts"

const mediaType = "application/x-npy"

/** The members of an array, each read once. A shape that is too long is not copied, because it is invalid. */
const copyOf = ({ data, dtype, shape }: NdArray): NdArray =>
  ({
    data,
    dtype,
    shape: Array.isArray(shape) && shape.length <= maxDimensions
      ? Array.from({ length: shape.length }, (_, axis): unknown => shape[axis])
      : shape
  }) as NdArray

const encodeArray = (array: NdArray): Effect.Effect<Uint8Array, CodecError> => {
  const problem = problemOf(array)
  return problem === undefined ? Effect.succeed(npy.write(array)) : Effect.fail(unencodable(mediaType, problem))
}

export const npyCodec: Codec<NdArray> = {
  mediaType,
  reads: [mediaType, "application/npy"],
  encode: (array) =>
    Effect.flatten(Effect.try({ try: () => encodeArray(copyOf(array)), catch: () => unreadableValue(mediaType) })),
  decode: (body) =>
    Effect.suspend(() => {
      const array = npy.read(body)
      return typeof array === "string" ? Effect.fail(undecodable(mediaType, body, array)) : Effect.succeed(array)
    })
}
