/** Pages of lists of objects. */
import type { ListObjectsV2CommandOutput } from "@aws-sdk/client-s3"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { formatLocation } from "../../internal/objectStore/location.ts"
import type { ObjectEntry } from "../../ObjectStore.ts"
import { StoreFailure } from "./failure.ts"

/** Decodes a key in a response with the encoding type `url`, which encodes a space as `+`. */
const decodeKey = (key: string): string => decodeURIComponent(key.replaceAll("+", " "))

const invalidList = (): StoreFailure => new StoreFailure("other", "the response of the store is not valid")

const entriesOf = (bucket: string, { Contents = [], EncodingType }: ListObjectsV2CommandOutput) =>
  Chunk.unsafeFromArray(Contents.map(({ Key, Size }): ObjectEntry => {
    if (Key === undefined || Size === undefined) {
      throw invalidList()
    }
    return { location: formatLocation(bucket, EncodingType === "url" ? decodeKey(Key) : Key), size: Size }
  }))

/** A page that names itself as the next one would never end. */
const nextToken = (
  { IsTruncated, NextContinuationToken }: ListObjectsV2CommandOutput,
  token: string | undefined
): Option.Option<string | undefined> => {
  if (IsTruncated !== true) {
    return Option.none()
  }
  if (NextContinuationToken === undefined || NextContinuationToken === token) {
    throw invalidList()
  }
  return Option.some(NextContinuationToken)
}

/** The objects of a page, and the token of the next page. */
export const readPage = (
  bucket: string,
  output: ListObjectsV2CommandOutput,
  token: string | undefined
): Effect.Effect<readonly [Chunk.Chunk<ObjectEntry>, Option.Option<string | undefined>], StoreFailure> =>
  Effect.try({
    try: () => [entriesOf(bucket, output), nextToken(output, token)] as const,
    catch: invalidList
  })
