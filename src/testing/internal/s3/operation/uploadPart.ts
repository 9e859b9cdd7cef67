/** UploadPart and UploadPartCopy. */
import { encodeBase64 } from "#base64"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { hex } from "../../../../protocol/bytes/bytes.ts"
import { headerOf } from "../../emulator/httpMessage.ts"
import { type S3Error, s3Error } from "../error.ts"
import type { ObjectProperties } from "../objects.ts"
import { type Checksum, checksumHeader, makeHash, makeMd5, observed } from "../request/checksum.ts"
import { declaredChecksum } from "../request/declarations.ts"
import { maxParts, type Upload } from "../uploads.ts"
import { element } from "../xml.ts"
import { copyCondition } from "./conditions.ts"
import { type ByteRange, parseRange } from "./getObject.ts"
import {
  countIn,
  emptyResponse,
  encryptionHeaders,
  exactly,
  findUpload,
  isoDate,
  partChecksumElement,
  readPayload,
  type S3Context,
  type S3Operation,
  type S3Request,
  xmlResponse
} from "./operation.ts"
import { copySource } from "./putObject.ts"

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
        ...partChecksumElement(part)
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
