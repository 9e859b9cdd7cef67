/** CompleteMultipartUpload and AbortMultipartUpload. */
import { decodeBase64, encodeBase64 } from "#base64"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Stream from "effect/Stream"
import { concat, hex } from "../../../../protocol/bytes/bytes.ts"
import type { ObjectStoreError } from "../../../../SageMakerError.ts"
import { headerOf } from "../../emulator/httpMessage.ts"
import { type S3Error, s3Error } from "../error.ts"
import type { NewProperties, ObjectProperties } from "../objects.ts"
import {
  type ChecksumAlgorithm,
  checksumElement,
  checksumHeader,
  isChecksumHeader,
  makeHash,
  makeMd5,
  observed
} from "../request/checksum.ts"
import { maxParts, type Part, type Upload } from "../uploads.ts"
import { childrenOf, element, textOf, type XmlElement } from "../xml.ts"
import { writeCondition } from "./conditions.ts"
import {
  emptyResponse,
  encryptionHeaders,
  exactly,
  findUpload,
  readXml,
  type S3Context,
  type S3Operation,
  type S3Request,
  xmlResponse
} from "./operation.ts"

/** Every part except the last has at least this size: 5 MiB. */
const minPartSize = 5 * 1024 * 1024

const requestedPart = ({ parts }: Upload, requested: XmlElement): Either.Either<Part, S3Error> => {
  const text = textOf(requested, "PartNumber")?.trim() ?? ""
  const etag = textOf(requested, "ETag")?.trim().replace(/^"(.*)"$/, "$1")
  if (!/^\d{1,5}$/.test(text) || etag === undefined) {
    return Either.left(s3Error("MalformedXML"))
  }
  const part = parts.get(Number(text))
  const checksum = part?.checksum === undefined
    ? undefined
    : textOf(requested, checksumElement(part.checksum.algorithm))
  return part !== undefined && hex(part.md5) === etag && (checksum === undefined || checksum === part.checksum?.value)
    ? Either.right(part)
    : Either.left(s3Error("InvalidPart"))
}

/** The parts of the object, in the order of the request. */
const requestedParts = (upload: Upload, document: XmlElement): Either.Either<ReadonlyArray<Part>, S3Error> =>
  Either.gen(function*() {
    const requested = childrenOf(document, "Part")
    if (requested.length === 0 || requested.length > maxParts) {
      return yield* Either.left(s3Error("MalformedXML"))
    }
    const parts: Array<Part> = []
    for (const part of requested) {
      parts.push(yield* requestedPart(upload, part))
    }
    if (parts.some(({ number }, index) => index > 0 && parts[index - 1]!.number >= number)) {
      return yield* Either.left(s3Error("InvalidPartOrder"))
    }
    const small = parts.slice(0, -1).find(({ size }) => size < minPartSize)
    return small === undefined ? parts : yield* Either.left(
      s3Error("EntityTooSmall", undefined, {
        details: {
          ProposedSize: String(small.size),
          MinSizeAllowed: String(minPartSize),
          PartNumber: String(small.number),
          ETag: hex(small.md5)
        }
      })
    )
  })

const digestOf = (hash: ReturnType<typeof makeMd5>, bytes: Uint8Array): Effect.Effect<Uint8Array> => {
  hash.update(bytes)
  return Effect.promise(async () => hash.digest())
}

/** The checksum of the checksums of the parts. */
const compositeChecksum = (algorithm: ChecksumAlgorithm, parts: ReadonlyArray<Part>): Effect.Effect<string> =>
  Effect.map(
    digestOf(
      makeHash(algorithm),
      concat(parts.map(({ checksum }) => decodeBase64(checksum?.value ?? "") ?? new Uint8Array()))
    ),
    (digest) => `${encodeBase64(digest)}-${parts.length}`
  )

/** The checksum of the completed object, whose bytes are given to `update`. */
const makeObjectChecksum = ({ checksum }: Upload, parts: ReadonlyArray<Part>) => {
  if (checksum === undefined) {
    return { update: () => undefined, value: Effect.succeed(undefined) }
  }
  const { algorithm, type } = checksum
  const hash = makeHash(algorithm)
  const value = type === "COMPOSITE"
    ? compositeChecksum(algorithm, parts)
    : Effect.map(Effect.promise(async () => hash.digest()), encodeBase64)
  return {
    update: type === "COMPOSITE" ? () => undefined : hash.update,
    value: Effect.map(value, (text) => ({ algorithm, type, value: text }))
  }
}

const checkRequest = (
  request: S3Request,
  size: number,
  checksum: ObjectProperties["checksum"]
): Effect.Effect<void, S3Error> => {
  const stated = checksum === undefined ? undefined : headerOf(request, checksumHeader(checksum.algorithm))
  const statedSize = headerOf(request, "x-amz-mp-object-size")
  if (statedSize !== undefined && Number(statedSize) !== size) {
    return s3Error("InvalidRequest", `The provided 'x-amz-mp-object-size' header does not match what was computed.`)
  }
  return stated === undefined || stated === checksum?.value ? Effect.void : s3Error("BadDigest")
}

const joinParts = (context: S3Context, request: S3Request, upload: Upload, parts: ReadonlyArray<Part>) =>
  Effect.gen(function*() {
    const size = parts.reduce((sum, part) => sum + part.size, 0)
    const { update, value } = makeObjectChecksum(upload, parts)
    const checksum = yield* Effect.cached(value)
    const etag = hex(yield* digestOf(makeMd5(), concat(parts.map(({ md5 }) => md5))))
    const precondition = Effect.flatMap(
      checksum,
      (found) => Effect.zipRight(checkRequest(request, size, found), writeCondition(context, request))
    )
    const bytes = Stream.flatMap(
      Stream.fromIterable(parts),
      (part) => exactly(context.store.get(part.location), part.size)
    )
    return yield* context.objects.put<S3Error | ObjectStoreError, never>(request.location, {
      body: observed(bytes, update),
      contentType: upload.headers["content-type"],
      precondition,
      properties: Effect.map(checksum, (found): NewProperties => ({
        size,
        etag: `"${etag}-${parts.length}"`,
        headers: upload.headers,
        checksum: found,
        partSizes: parts.map((part) => part.size)
      }))
    })
  })

/** Without the checksum of the object, which is not that of the body. */
const withoutChecksums = (request: S3Request): S3Request => ({
  ...request,
  headers: Object.fromEntries(Object.entries(request.headers).filter(([name]) => !isChecksumHeader(name)))
})

/** Makes an object of the parts. */
export const completeMultipartUpload: S3Operation = (context, request) =>
  Effect.gen(function*() {
    const { bucket, headers, key } = request
    const found = yield* findUpload(context, request)
    const document = yield* readXml(withoutChecksums(request), "CompleteMultipartUpload")
    const stored = yield* found.lock.withPermits(1)(Effect.gen(function*() {
      const upload = yield* findUpload(context, request)
      const parts = yield* requestedParts(upload, document)
      yield* writeCondition(context, request)
      const properties = yield* joinParts(context, request, upload, parts)
      yield* context.uploads.end(upload)
      return properties
    }))
    const { checksum } = stored
    return xmlResponse(
      "CompleteMultipartUploadResult",
      [
        element("Location", `http://${headers["host"] ?? "localhost"}/${bucket}/${encodeURIComponent(key)}`),
        element("Bucket", bucket),
        element("Key", key),
        element("ETag", stored.etag),
        ...(checksum === undefined
          ? []
          : [element(checksumElement(checksum.algorithm), checksum.value), element("ChecksumType", checksum.type)])
      ],
      encryptionHeaders(stored.headers)
    )
  })

/** Removes the parts. */
export const abortMultipartUpload: S3Operation = (context, request) =>
  Effect.gen(function*() {
    const { lock } = yield* findUpload(context, request)
    yield* lock.withPermits(1)(Effect.flatMap(findUpload(context, request), context.uploads.end))
    return emptyResponse(204)
  })
