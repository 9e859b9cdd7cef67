/** CreateMultipartUpload. */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { headerOf } from "../../emulator/httpMessage.ts"
import { type S3Error, s3Error } from "../error.ts"
import { algorithmNamed, type ChecksumAlgorithm, type ChecksumType } from "../request/checksum.ts"
import type { Upload } from "../uploads.ts"
import { element } from "../xml.ts"
import { encryptionHeaders, type S3Operation, type S3Request, xmlResponse } from "./operation.ts"
import { storedHeaders } from "./storedHeaders.ts"

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
