/** GetObject and HeadObject. */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { headerOf } from "../../emulator/httpMessage.ts"
import { type S3Error, s3Error } from "../error.ts"
import type { ObjectProperties } from "../objects.ts"
import { matchesEtag, readCondition } from "./conditions.ts"
import { checksumHeaders, countIn, emptyResponse, exactly, type S3Operation, type S3Request } from "./operation.ts"
import { isHeaderValue } from "./storedHeaders.ts"

/** Positions of the first and the last byte. */
export interface ByteRange {
  readonly start: number
  readonly end: number
}

const rangePattern = /^bytes=(\d*)-(\d*)$/

/** The range of a header; `undefined` for a header that is ignored: other units, several ranges, or a wrong order. */
export const parseRange = (header: string, size: number): ByteRange | "unsatisfiable" | undefined => {
  const [matched, first = "", last = ""] = rangePattern.exec(header.replace(/\s/g, "")) ?? []
  if (matched === undefined || first + last === "" || (first !== "" && last !== "" && Number(first) > Number(last))) {
    return undefined
  }
  if (first === "") {
    const length = Math.min(Number(last), size)
    return length === 0 ? "unsatisfiable" : { start: size - length, end: size - 1 }
  }
  return Number(first) >= size
    ? "unsatisfiable"
    : { start: Number(first), end: last === "" ? size - 1 : Math.min(Number(last), size - 1) }
}

/** The part of an object to send. */
interface Selection {
  readonly range: ByteRange | undefined
  readonly headers: Record<string, string>
}

const wholeObject: Selection = { range: undefined, headers: {} }

const selectPart = (
  { size, partSizes = [size] }: ObjectProperties,
  partNumber: number
): Either.Either<Selection, S3Error> => {
  const length = partSizes[partNumber - 1]
  if (length === undefined) {
    return Either.left(s3Error("InvalidRange", "The requested partnumber is not satisfiable"))
  }
  const start = partSizes.slice(0, partNumber - 1).reduce((sum, part) => sum + part, 0)
  const headers = { "x-amz-mp-parts-count": String(partSizes.length) }
  return Either.right({ range: length === 0 ? undefined : { start, end: start + length - 1 }, headers })
}

/** Whether the range applies: not if the object has changed since `If-Range`. */
const isCurrent = (request: S3Request, { etag, lastModified }: ObjectProperties): boolean => {
  const condition = headerOf(request, "if-range")
  return condition === undefined || matchesEtag(condition, etag) || Date.parse(condition) === lastModified
}

const select = (request: S3Request, properties: ObjectProperties): Either.Either<Selection, S3Error> =>
  Either.gen(function*() {
    const header = headerOf(request, "range")
    if (request.query.has("partNumber")) {
      const partNumber = yield* countIn(request.query, "partNumber", 0)
      return header === undefined
        ? yield* selectPart(properties, partNumber)
        : yield* Either.left(
          s3Error("InvalidRequest", "Cannot specify both Range header and partNumber query parameter")
        )
    }
    const { size } = properties
    const range = header === undefined || !isCurrent(request, properties) ? undefined : parseRange(header, size)
    return range === "unsatisfiable"
      ? yield* Either.left(
        s3Error("InvalidRange", undefined, {
          headers: { "content-range": `bytes */${size}` },
          details: { RangeRequested: header ?? "", ActualObjectSize: String(size) }
        })
      )
      : { ...wholeObject, range }
  })

const overridable = [
  "cache-control",
  "content-disposition",
  "content-encoding",
  "content-language",
  "content-type",
  "expires"
]

/** The response headers that the query sets. */
const overrides = ({ query }: S3Request): Either.Either<Record<string, string>, S3Error> => {
  const found = overridable.flatMap((name) => {
    const value = query.get(`response-${name}`)
    return value === null ? [] : [[name, value] as const]
  })
  return found.every(([, value]) => isHeaderValue(value))
    ? Either.right(Object.fromEntries(found))
    : Either.left(s3Error("InvalidArgument", "A response- parameter has characters that are not supported."))
}

const baseHeaders = ({ etag, headers, lastModified }: ObjectProperties): Record<string, string> => ({
  ...headers,
  "accept-ranges": "bytes",
  etag,
  "last-modified": new Date(lastModified).toUTCString()
})

const contentHeaders = (request: S3Request, { checksum, size }: ObjectProperties, range: ByteRange | undefined) => {
  if (range !== undefined) {
    const { end, start } = range
    return { "content-length": String(end - start + 1), "content-range": `bytes ${start}-${end}/${size}` }
  }
  const isChecksumWanted = headerOf(request, "x-amz-checksum-mode")?.toUpperCase() === "ENABLED"
  return { "content-length": String(size), ...(isChecksumWanted ? checksumHeaders(checksum) : {}) }
}

/** Sends an object, a range of it, or only its headers. */
export const getObject: S3Operation = ({ objects }, request) =>
  Effect.gen(function*() {
    const properties = yield* objects.head(request.location)
    if ((yield* readCondition(request, properties)) === "not-modified") {
      const { etag } = properties
      return emptyResponse(304, { etag, "last-modified": new Date(properties.lastModified).toUTCString() })
    }
    const { headers, range } = yield* select(request, properties)
    const { end, start } = range ?? { start: 0, end: properties.size - 1 }
    const length = end - start + 1
    return {
      status: range === undefined ? 200 : 206,
      headers: {
        ...baseHeaders(properties),
        ...(yield* overrides(request)),
        ...headers,
        ...contentHeaders(request, properties, range)
      },
      body: request.method === "HEAD" || length === 0
        ? new Uint8Array()
        : exactly(objects.get(request.location, range), length)
    }
  })
