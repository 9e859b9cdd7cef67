/** Pages of lists of objects. */
import type { ListObjectsV2CommandOutput } from "@aws-sdk/client-s3"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { formatLocation, type ParsedLocation } from "../../internal/objectStore/location.ts"
import type { ObjectEntry } from "../../ObjectStore.ts"
import { StoreFailure } from "./failure.ts"

/** Decodes a key in a response with the encoding type `url`, which encodes a space as `+`. */
const decodeKey = (key: string): string => decodeURIComponent(key.replaceAll("+", " "))

const invalidList = (): StoreFailure => new StoreFailure("other", "the response of the store is not valid")

const isSize = (size: number | undefined): size is number => Number.isSafeInteger(size) && Number(size) >= 0

/** The objects of a page. A store that does not support prefixes lists others, too. */
const entriesOf = (
  { bucket, key: prefix }: ParsedLocation,
  { Contents = [], EncodingType }: ListObjectsV2CommandOutput
) =>
  Chunk.unsafeFromArray(Contents.flatMap(({ Key, Size }): ReadonlyArray<ObjectEntry> => {
    if (Key === undefined || !isSize(Size)) {
      throw invalidList()
    }
    const key = EncodingType === "url" ? decodeKey(Key) : Key
    return key !== "" && key.startsWith(prefix) ? [{ location: formatLocation(bucket, key), size: Size }] : []
  }))

/** The position in a list. */
export interface Position {
  readonly token: string
  /** The number of pages so far. */
  readonly pages: number
  /** The token of an earlier page: of page 1, 2, 4, 8 and so on. */
  readonly earlier: string
}

/** The position of the next page. A page that continues with an earlier one would never end. */
const nextPosition = (
  { IsTruncated, NextContinuationToken: token }: ListObjectsV2CommandOutput,
  position: Position | undefined
): Option.Option<Position> => {
  if (IsTruncated !== true) {
    return Option.none()
  }
  if (token === undefined || token === position?.token || token === position?.earlier) {
    throw invalidList()
  }
  const pages = (position?.pages ?? 0) + 1
  const isPowerOfTwo = Number.isInteger(Math.log2(pages))
  return Option.some({ token, pages, earlier: position === undefined || isPowerOfTwo ? token : position.earlier })
}

/** The XML of another document, such as the page of a proxy, has none of them. */
const isList = ({ Contents, IsTruncated, KeyCount, Name }: ListObjectsV2CommandOutput): boolean =>
  [Contents, IsTruncated, KeyCount, Name].some((member) => member !== undefined)

/** The objects of a page, and the position of the next page. */
export const readPage = (
  prefix: ParsedLocation,
  output: ListObjectsV2CommandOutput,
  position: Position | undefined
): Effect.Effect<readonly [Chunk.Chunk<ObjectEntry>, Option.Option<Position>], StoreFailure> =>
  Effect.try({
    try: () => {
      if (!isList(output)) {
        throw invalidList()
      }
      return [entriesOf(prefix, output), nextPosition(output, position)] as const
    },
    catch: invalidList
  })
