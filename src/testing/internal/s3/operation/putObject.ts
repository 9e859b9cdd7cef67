/** PutObject and CopyObject. */
import { encodeBase64 } from "#base64"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type * as Stream from "effect/Stream"
import { hex } from "../../../../protocol/bytes/bytes.ts"
import type { ObjectStoreError } from "../../../../SageMakerError.ts"
import { headerOf } from "../../emulator/httpMessage.ts"
import { type S3Error, s3Error } from "../error.ts"
import { type NewProperties, type ObjectProperties, withMd5 } from "../objects.ts"
import { algorithmNamed, checksumElement, makeHash, observed } from "../request/checksum.ts"
import { locationOf } from "../route.ts"
import { element } from "../xml.ts"
import { copyCondition, writeCondition } from "./conditions.ts"
import {
  checksumHeaders,
  emptyResponse,
  encryptionHeaders,
  exactly,
  isoDate,
  readPayload,
  type S3Context,
  type S3Operation,
  type S3Request,
  xmlResponse
} from "./operation.ts"
import { encryptionOf, storedHeaders } from "./storedHeaders.ts"

/** Stores the body of the request. */
export const putObject: S3Operation = (context, request) =>
  Effect.gen(function*() {
    const headers = yield* storedHeaders(request)
    const payload = yield* readPayload(request)
    const precondition = writeCondition(context, request)
    yield* precondition
    const stored = yield* context.objects.put<S3Error | ObjectStoreError, never>(request.location, {
      body: payload.stream,
      contentType: headers["content-type"],
      precondition,
      properties: Effect.sync((): NewProperties => {
        const checksum = payload.checksum()
        return {
          size: payload.size,
          etag: `"${hex(payload.md5())}"`,
          headers,
          checksum: checksum === undefined ? undefined : { ...checksum, type: "FULL_OBJECT" }
        }
      })
    })
    return emptyResponse(200, {
      etag: stored.etag,
      ...checksumHeaders(stored.checksum),
      ...encryptionHeaders(headers)
    })
  })

/** The location in `x-amz-copy-source`, such as `bucket/key` or `/bucket/key`, percent-encoded. */
export const copySource = (request: S3Request): Either.Either<string, S3Error> => {
  const [path = "", version] = (headerOf(request, "x-amz-copy-source") ?? "").replace(/^\//, "").split("?versionId=")
  if (version !== undefined && version !== "null") {
    return Either.left(s3Error("NotImplemented"))
  }
  const [, bucket, key] = /^([^/]+)\/(.+)$/s.exec(path) ?? []
  const invalid = s3Error(
    "InvalidArgument",
    "Copy Source must mention the source bucket and key: sourcebucket/sourcekey"
  )
  return bucket === undefined || key === undefined
    ? Either.left(invalid)
    : Either.flatMap(
      Either.try({ try: () => [decodeURIComponent(bucket), decodeURIComponent(key)] as const, catch: () => invalid }),
      ([name, decoded]) => locationOf(name, decoded)
    )
}

/** The headers of a copy: those of the source, or those of the request. */
const copiedHeaders = (
  request: S3Request,
  source: ObjectProperties
): Either.Either<ObjectProperties["headers"], S3Error> =>
  Either.gen(function*() {
    const own = yield* storedHeaders(request)
    const directive = headerOf(request, "x-amz-metadata-directive") ?? "COPY"
    if (directive === "REPLACE") {
      return own
    }
    return directive === "COPY"
      ? { ...source.headers, ...(yield* encryptionOf(request)) }
      : yield* Either.left(s3Error("InvalidArgument", "Unknown metadata directive."))
  })

const illegalCopy = s3Error(
  "InvalidRequest",
  "This copy request is illegal because it is trying to copy an object to itself without changing the object's " +
    "metadata, storage class, website redirect location or encryption attributes."
)

const isUnchanged = (request: S3Request, source: string): boolean =>
  source === request.location &&
  headerOf(request, "x-amz-metadata-directive") !== "REPLACE" &&
  ["x-amz-storage-class", "x-amz-server-side-encryption"].every((name) => headerOf(request, name) === undefined)

/** Computes the checksum that the request asks for. A checksum of the whole source is kept. */
const withChecksum = <E>(request: S3Request, source: ObjectProperties, body: Stream.Stream<Uint8Array, E>) => {
  const algorithm = algorithmNamed(headerOf(request, "x-amz-checksum-algorithm") ?? "")
  if (algorithm === undefined) {
    const { checksum } = source
    return { body, checksum: Effect.succeed(checksum?.type === "FULL_OBJECT" ? checksum : undefined) }
  }
  const hash = makeHash(algorithm)
  return {
    body: observed(body, hash.update),
    checksum: Effect.map(
      Effect.promise(async () => hash.digest()),
      (digest) => ({ algorithm, value: encodeBase64(digest), type: "FULL_OBJECT" as const })
    )
  }
}

const copyTo = (
  context: S3Context,
  request: S3Request,
  location: string,
  source: ObjectProperties
): Effect.Effect<ObjectProperties, S3Error | ObjectStoreError> =>
  Effect.gen(function*() {
    const headers = yield* copiedHeaders(request, source)
    const content = withChecksum(request, source, exactly(context.objects.get(location), source.size))
    const { properties, stream } = withMd5(content.body)
    const precondition = writeCondition(context, request)
    yield* precondition
    return yield* context.objects.put<S3Error | ObjectStoreError, never>(request.location, {
      body: stream,
      contentType: headers["content-type"],
      precondition,
      properties: Effect.zipWith(properties(headers), content.checksum, (found, checksum) => ({ ...found, checksum }))
    })
  })

/** Copies an object to the location of the request. */
export const copyObject: S3Operation = (context, request) =>
  Effect.gen(function*() {
    const location = yield* copySource(request)
    if (isUnchanged(request, location)) {
      return yield* illegalCopy
    }
    const source = yield* context.objects.head(location)
    yield* copyCondition(request, source)
    const { checksum, etag, headers, lastModified } = yield* copyTo(context, request, location, source)
    return xmlResponse(
      "CopyObjectResult",
      [
        element("LastModified", isoDate(lastModified)),
        element("ETag", etag),
        ...(checksum === undefined
          ? []
          : [element(checksumElement(checksum.algorithm), checksum.value), element("ChecksumType", checksum.type)])
      ],
      encryptionHeaders(headers)
    )
  })
