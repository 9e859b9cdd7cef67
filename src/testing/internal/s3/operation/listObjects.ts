/** ListObjectsV2 and ListObjects. */
import { decodeBase64, encodeBase64 } from "#base64"
import type * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Sink from "effect/Sink"
import * as Stream from "effect/Stream"
import { compareKeys } from "../../../../internal/objectStore/location.ts"
import type { ObjectEntry } from "../../../../ObjectStore.ts"
import { type S3Error, s3Error } from "../error.ts"
import type { ObjectProperties } from "../objects.ts"
import { locationOf } from "../route.ts"
import { element, parent, type XmlNode } from "../xml.ts"
import { countIn, isoDate, type S3Context, type S3Operation, type S3Request, xmlResponse } from "./operation.ts"

const maxKeys = 1_000

/** What a request lists. */
interface Listing {
  readonly prefix: string
  readonly delimiter: string
  readonly limit: number
  /** Only keys and common prefixes after this text are listed. */
  readonly after: string
  readonly isUrlEncoded: boolean
}

/** An object, or the common prefix of several objects. */
type Item =
  | { readonly _tag: "Object"; readonly key: string; readonly entry: ObjectEntry }
  | { readonly _tag: "CommonPrefix"; readonly key: string }

interface Page {
  readonly items: ReadonlyArray<Item>
  readonly isTruncated: boolean
}

/** The key up to the first delimiter after the prefix; `undefined` for a key without one. */
const commonPrefixOf = (key: string, { delimiter, prefix }: Listing): string | undefined => {
  const at = delimiter === "" ? -1 : key.indexOf(delimiter, prefix.length)
  return at === -1 ? undefined : key.slice(0, at + delimiter.length)
}

/** The item of a key, unless it is before the page or already in it. */
const itemOf = (key: string, entry: ObjectEntry, listing: Listing, previous: Item | undefined): Item | undefined => {
  if (listing.after !== "" && compareKeys(key, listing.after) <= 0) {
    return undefined
  }
  const commonPrefix = commonPrefixOf(key, listing)
  if (commonPrefix === undefined) {
    return { _tag: "Object", key, entry }
  }
  return commonPrefix === listing.after || (previous?._tag === "CommonPrefix" && previous.key === commonPrefix)
    ? undefined
    : { _tag: "CommonPrefix", key: commonPrefix }
}

/** Reads the objects up to the end of the page. */
const readPage = ({ objects }: S3Context, location: string, bucket: string, listing: Listing) =>
  Effect.suspend(() => {
    const items: Array<Item> = []
    const start = `s3://${bucket}/`.length
    const isFull = () => items.length > listing.limit
    const add = (entries: Chunk.Chunk<ObjectEntry>) =>
      Effect.sync(() => {
        for (const entry of entries) {
          const item = isFull() ? undefined : itemOf(entry.location.slice(start), entry, listing, items.at(-1))
          if (item !== undefined) {
            items.push(item)
          }
        }
        return !isFull()
      })
    return listing.limit === 0
      ? Effect.succeed<Page>({ items, isTruncated: false })
      : Effect.map(
        Stream.run(objects.list(location), Sink.forEachChunkWhile(add)),
        (): Page => ({ items: items.slice(0, listing.limit), isTruncated: isFull() })
      )
  })

/** Percent-encodes a key, except its slashes, if the request asks for it. */
const encoderOf = ({ isUrlEncoded }: Pick<Listing, "isUrlEncoded">) => (text: string): string =>
  isUrlEncoded ? text.split("/").map(encodeURIComponent).join("/") : text

const checksumElements = ({ checksum }: ObjectProperties): ReadonlyArray<XmlNode> =>
  checksum === undefined
    ? []
    : [element("ChecksumAlgorithm", checksum.algorithm), element("ChecksumType", checksum.type)]

const contentsOf = (context: S3Context, listing: Listing, { items }: Page): Effect.Effect<ReadonlyArray<XmlNode>> =>
  Effect.forEach(items, (item) => {
    const key = encoderOf(listing)(item.key)
    return item._tag === "CommonPrefix"
      ? Effect.succeed(parent("CommonPrefixes", [element("Prefix", key)]))
      : Effect.map(context.objects.entryProperties(item.entry), (properties) =>
        parent("Contents", [
          element("Key", key),
          element("LastModified", isoDate(properties.lastModified)),
          element("ETag", properties.etag),
          ...checksumElements(properties),
          element("Size", properties.size),
          element("StorageClass", properties.headers["x-amz-storage-class"] ?? "STANDARD")
        ]))
  })

const listingOf = ({ query }: S3Request, after: string): Either.Either<Listing, S3Error> =>
  Either.gen(function*() {
    const encoding = query.get("encoding-type")
    if (encoding !== null && encoding !== "url") {
      return yield* Either.left(s3Error("InvalidArgument", "Invalid Encoding Method specified in Request"))
    }
    return {
      prefix: query.get("prefix") ?? "",
      delimiter: query.get("delimiter") ?? "",
      limit: Math.min(maxKeys, yield* countIn(query, "max-keys", maxKeys)),
      after,
      isUrlEncoded: encoding === "url"
    }
  })

/** The elements of both versions. */
const commonElements = ({ bucket }: S3Request, listing: Listing, { isTruncated }: Page): ReadonlyArray<XmlNode> => {
  const encode = encoderOf(listing)
  return [
    element("Name", bucket),
    element("Prefix", encode(listing.prefix)),
    ...(listing.delimiter === "" ? [] : [element("Delimiter", encode(listing.delimiter))]),
    ...(listing.isUrlEncoded ? [element("EncodingType", "url")] : []),
    element("MaxKeys", listing.limit),
    element("IsTruncated", isTruncated)
  ]
}

const textEncoder = new TextEncoder()

/** A token has the last item of a page. */
const toToken = (key: string): string => encodeBase64(textEncoder.encode(`1${key}`))

const fromToken = (token: string): Either.Either<string, S3Error> => {
  const bytes = decodeBase64(token)
  const text = bytes === undefined ? "" : new TextDecoder().decode(bytes)
  return text.startsWith("1")
    ? Either.right(text.slice(1))
    : Either.left(s3Error("InvalidArgument", "The continuation token provided is incorrect"))
}

const read = (context: S3Context, request: S3Request, listing: Listing) =>
  Effect.flatMap(
    locationOf(request.bucket, listing.prefix),
    (location) => readPage(context, location, request.bucket, listing)
  )

const listVersion2: S3Operation = (context, request) =>
  Effect.gen(function*() {
    const { query } = request
    const token = query.get("continuation-token")
    const startAfter = query.get("start-after") ?? ""
    const listing = yield* listingOf(request, token === null ? startAfter : yield* fromToken(token))
    const page = yield* read(context, request, listing)
    const last = page.items.at(-1)
    return xmlResponse("ListBucketResult", [
      ...commonElements(request, listing, page),
      ...(startAfter === "" ? [] : [element("StartAfter", encoderOf(listing)(startAfter))]),
      ...(token === null ? [] : [element("ContinuationToken", token)]),
      ...(page.isTruncated && last !== undefined ? [element("NextContinuationToken", toToken(last.key))] : []),
      element("KeyCount", page.items.length),
      ...(yield* contentsOf(context, listing, page))
    ])
  })

const listVersion1: S3Operation = (context, request) =>
  Effect.gen(function*() {
    const marker = request.query.get("marker") ?? ""
    const listing = yield* listingOf(request, marker)
    const page = yield* read(context, request, listing)
    const last = page.items.at(-1)
    const encode = encoderOf(listing)
    return xmlResponse("ListBucketResult", [
      ...commonElements(request, listing, page),
      element("Marker", encode(marker)),
      ...(page.isTruncated && last !== undefined ? [element("NextMarker", encode(last.key))] : []),
      ...(yield* contentsOf(context, listing, page))
    ])
  })

/** Lists the objects of a bucket, one page per request. */
export const listObjects: S3Operation = (context, request) =>
  request.query.get("list-type") === "2" ? listVersion2(context, request) : listVersion1(context, request)
