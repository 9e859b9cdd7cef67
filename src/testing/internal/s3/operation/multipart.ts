/** The operations of a multipart upload. */
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
  algorithmNamed,
  type Checksum,
  type ChecksumAlgorithm,
  checksumElement,
  checksumHeader,
  type ChecksumType,
  isChecksumHeader,
  makeHash,
  makeMd5
} from "../request/checksum.ts"
import { declaredChecksum } from "../request/payload.ts"
import { childrenOf, element, textOf, type XmlElement } from "../xml.ts"
import { copyCondition, writeCondition } from "./conditions.ts"
import { type ByteRange, parseRange } from "./getObject.ts"
import {
  countIn,
  emptyResponse,
  encryptionHeaders,
  exactly,
  isoDate,
  readPayload,
  readXml,
  type S3Context,
  type S3Operation,
  type S3Request,
  xmlResponse
} from "./operation.ts"
import { copySource } from "./putObject.ts"
import { storedHeaders } from "./storedHeaders.ts"
import type { Part, Upload } from "./uploads.ts"

const maxParts = 10_000

/** Every part except the last has at least this size: 5 MiB. */
const minPartSize = 5 * 1024 * 1024

const checksumType = (algorithm: ChecksumAlgorithm, stated: string | undefined): ChecksumType | undefined => {
  const fallback = algorithm === "CRC64NVME" ? "FULL_OBJECT" : "COMPOSITE"
  const type = stated ?? fallback
  const isSupported = type === "COMPOSITE"
    ? algorithm !== "CRC64NVME"
    : type === "FULL_OBJECT" && !algorithm.startsWith("SHA")
  return isSupported ? (type as ChecksumType) : undefined
}

const checksumOf = (request: S3Request): Either.Either<Upload["checksum"], S3Error> => {
  const name = headerOf(request, "x-amz-checksum-algorithm")
  if (name === undefined) {
    return Either.right(undefined)
  }
  const algorithm = algorithmNamed(name)
  if (algorithm === undefined) {
    return Either.left(s3Error("InvalidRequest", "Checksum algorithm provided is unsupported."))
  }
  const type = checksumType(algorithm, headerOf(request, "x-amz-checksum-type"))
  return type === undefined
    ? Either.left(
      s3Error("InvalidRequest", `The checksum type cannot be used with the ${algorithm} checksum algorithm.`)
    )
    : Either.right({ algorithm, type })
}

const findUpload = ({ uploads }: S3Context, { bucket, key, query }: S3Request): Either.Either<Upload, S3Error> =>
  uploads.find(query.get("uploadId") ?? "", bucket, key)

/** Starts an upload. */
export const createMultipartUpload: S3Operation = ({ uploads }, request) =>
  Effect.gen(function*() {
    const { bucket, key } = request
    const headers = yield* storedHeaders(request)
    const checksum = yield* checksumOf(request)
    const { id } = yield* uploads.start({ bucket, key, headers, checksum })
    return xmlResponse(
      "InitiateMultipartUploadResult",
      [element("Bucket", bucket), element("Key", key), element("UploadId", id)],
      {
        ...encryptionHeaders(headers),
        ...(checksum === undefined
          ? {}
          : { "x-amz-checksum-algorithm": checksum.algorithm, "x-amz-checksum-type": checksum.type })
      }
    )
  })

const partNumberOf = ({ query }: S3Request): Either.Either<number, S3Error> =>
  Either.filterOrLeft(
    countIn(query, "partNumber", 0),
    (number) => number >= 1 && number <= maxParts,
    () => s3Error("InvalidArgument", "Part number must be an integer between 1 and 10000, inclusive")
  )

/** A part has a checksum of the algorithm of its upload. */
const checkAlgorithm = ({ checksum }: Upload, request: S3Request): Either.Either<void, S3Error> =>
  Either.flatMap(
    declaredChecksum(request),
    (declared) =>
      checksum === undefined || declared?.algorithm === checksum.algorithm ? Either.void : Either.left(
        s3Error(
          "InvalidRequest",
          `Checksum Type mismatch occurred, expected checksum Type: ${checksum.algorithm.toLowerCase()}, actual checksum ` +
            `Type: ${declared?.algorithm.toLowerCase() ?? "null"}`
        )
      )
  )

/** Stores the body of the request as a part. */
const uploadBody = (context: S3Context, request: S3Request, upload: Upload, number: number) =>
  Effect.gen(function*() {
    yield* checkAlgorithm(upload, request)
    const { checksum, md5, size, stream } = yield* readPayload(request)
    const content = Effect.sync(() => ({ size, md5: md5(), checksum: checksum() }))
    const part = yield* context.uploads.putPart(upload, number, stream, content)
    return emptyResponse(200, {
      etag: `"${hex(part.md5)}"`,
      ...(part.checksum === undefined ? {} : { [checksumHeader(part.checksum.algorithm)]: part.checksum.value }),
      ...encryptionHeaders(upload.headers)
    })
  })

const copyRange = (request: S3Request, { size }: ObjectProperties): Either.Either<ByteRange | undefined, S3Error> => {
  const header = headerOf(request, "x-amz-copy-source-range")
  if (header === undefined) {
    return Either.right(undefined)
  }
  const range = /^bytes=\d+-\d+$/.test(header) ? parseRange(header, size) : undefined
  return range === undefined || range === "unsatisfiable" || Number(header.split("-")[1]) >= size
    ? Either.left(s3Error("InvalidArgument", "The x-amz-copy-source-range value must be of the form bytes=first-last"))
    : Either.right(range)
}

const partHash = (upload: Upload) => {
  const algorithm = upload.checksum?.algorithm
  const hash = algorithm === undefined ? undefined : makeHash(algorithm)
  return {
    update: (bytes: Uint8Array) => hash?.update(bytes),
    checksum: Effect.promise(async (): Promise<Checksum | undefined> =>
      algorithm === undefined || hash === undefined
        ? undefined
        : { algorithm, value: encodeBase64(await hash.digest()) }
    )
  }
}

const observed = <E>(stream: Stream.Stream<Uint8Array, E>, update: (bytes: Uint8Array) => void) =>
  Stream.mapChunks(stream, (chunk) => {
    for (const bytes of chunk) {
      update(bytes)
    }
    return chunk
  })

/** Stores another object, or a range of it, as a part. */
const copyPart = (context: S3Context, request: S3Request, upload: Upload, number: number) =>
  Effect.gen(function*() {
    const location = yield* copySource(request)
    const source = yield* context.objects.head(location)
    yield* copyCondition(request, source)
    const range = yield* copyRange(request, source)
    const size = range === undefined ? source.size : range.end - range.start + 1
    const md5 = makeMd5()
    const hash = partHash(upload)
    const body = observed(exactly(context.objects.get(location, range), size), (bytes) => {
      md5.update(bytes)
      hash.update(bytes)
    })
    const content = Effect.zipWith(
      Effect.promise(async () => md5.digest()),
      hash.checksum,
      (digest, checksum) => ({ size, md5: digest, checksum })
    )
    const part = yield* context.uploads.putPart(upload, number, body, content)
    return xmlResponse(
      "CopyPartResult",
      [
        element("LastModified", isoDate(part.lastModified)),
        element("ETag", `"${hex(part.md5)}"`),
        ...checksumOfPart(part)
      ],
      encryptionHeaders(upload.headers)
    )
  })

/** Stores a part. */
export const uploadPart: S3Operation = (context, request) =>
  Effect.gen(function*() {
    const upload = yield* findUpload(context, request)
    const number = yield* partNumberOf(request)
    return headerOf(request, "x-amz-copy-source") === undefined
      ? yield* uploadBody(context, request, upload, number)
      : yield* copyPart(context, request, upload, number)
  })

/** The element of the checksum of a part. */
export const checksumOfPart = ({ checksum }: Part): ReadonlyArray<string> =>
  checksum === undefined ? [] : [element(checksumElement(checksum.algorithm), checksum.value)]

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
    const { bucket, headers, key, query } = request
    const found = yield* findUpload(context, request)
    const document = yield* readXml(withoutChecksums(request), "CompleteMultipartUpload")
    const stored = yield* found.lock.withPermits(1)(Effect.gen(function*() {
      const upload = yield* context.uploads.find(query.get("uploadId") ?? "", bucket, key)
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
