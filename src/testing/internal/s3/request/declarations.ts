/** What the headers of a request declare about its body: its encoding, length and checksums. */
import { decodeBase64 } from "#base64"
import * as Either from "effect/Either"
import { headerOf, type HttpStreamRequest, queryOf } from "../../emulator/httpMessage.ts"
import { type S3Error, s3Error } from "../error.ts"
import { unsignedPayload } from "./authentication.ts"
import {
  algorithmNamed,
  algorithmOfHeader,
  type ChecksumAlgorithm,
  checksumLength,
  isChecksumHeader
} from "./checksum.ts"

/** The limit of Amazon S3 for the body of one request: 5 GiB. */
const maxPayloadLength = 5 * 1024 ** 3

const hashPattern = /^[0-9a-f]{64}$/

/** How a body is encoded and signed. */
export type Encoding =
  | { readonly _tag: "Plain"; readonly hash: string | undefined }
  | { readonly _tag: "Chunked"; readonly isSigned: boolean; readonly hasTrailers: boolean }

const encodingOf = (request: HttpStreamRequest): Either.Either<Encoding, S3Error> => {
  const value = headerOf(request, "x-amz-content-sha256") ??
    queryOf(request).get("X-Amz-Content-Sha256") ??
    unsignedPayload
  switch (value) {
    case unsignedPayload:
      return Either.right({ _tag: "Plain", hash: undefined })
    case "STREAMING-AWS4-HMAC-SHA256-PAYLOAD":
      return Either.right({ _tag: "Chunked", isSigned: true, hasTrailers: false })
    case "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER":
      return Either.right({ _tag: "Chunked", isSigned: true, hasTrailers: true })
    case "STREAMING-UNSIGNED-PAYLOAD-TRAILER":
      return Either.right({ _tag: "Chunked", isSigned: false, hasTrailers: true })
    default:
      if (value.startsWith("STREAMING-")) {
        return Either.left(s3Error("NotImplemented"))
      }
      return hashPattern.test(value) ? Either.right({ _tag: "Plain", hash: value }) : Either.left(
        s3Error(
          "InvalidArgument",
          "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, a supported STREAMING- value, or a valid sha256 value."
        )
      )
  }
}

const sizeOf = (request: HttpStreamRequest, { _tag }: Encoding): Either.Either<number, S3Error> => {
  const text = headerOf(request, _tag === "Plain" ? "content-length" : "x-amz-decoded-content-length") ?? ""
  if (!/^\d{1,15}$/.test(text)) {
    return Either.left(s3Error("MissingContentLength"))
  }
  const size = Number(text)
  return size > maxPayloadLength ? Either.left(s3Error("EntityTooLarge")) : Either.right(size)
}

/** A checksum that the request declares; the value of a trailer comes after the body. */
export interface Declared {
  readonly algorithm: ChecksumAlgorithm
  readonly value: string | undefined
}

const invalidRequest = (text: string): S3Error => s3Error("InvalidRequest", text)

export const trailerNames = (request: HttpStreamRequest): ReadonlyArray<string> =>
  (headerOf(request, "x-amz-trailer") ?? "").split(",").map((name) => name.trim().toLowerCase()).filter((name) =>
    name !== ""
  )

const isChecksumValue = (algorithm: ChecksumAlgorithm, value: string): boolean =>
  decodeBase64(value)?.length === checksumLength(algorithm)

/** The checksum that the headers declare. */
export const declaredChecksum = (request: HttpStreamRequest): Either.Either<Declared | undefined, S3Error> => {
  const headers = Object.keys(request.headers).filter(isChecksumHeader)
  const names = [...headers, ...trailerNames(request).filter(isChecksumHeader)]
  const [name] = names
  if (name === undefined) {
    return headerOf(request, "x-amz-sdk-checksum-algorithm") === undefined ? Either.right(undefined) : Either.left(
      invalidRequest(
        "x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or x-amz-trailer headers were found."
      )
    )
  }
  const algorithm = algorithmOfHeader(name)
  if (names.length > 1 || algorithm === undefined) {
    return Either.left(
      names.length > 1
        ? invalidRequest("Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.")
        : s3Error("NotImplemented")
    )
  }
  const value = headers.length === 0 ? undefined : headerOf(request, name) ?? ""
  const stated = algorithmNamed(headerOf(request, "x-amz-sdk-checksum-algorithm") ?? algorithm)
  return (value === undefined || isChecksumValue(algorithm, value)) && stated === algorithm
    ? Either.right({ algorithm, value })
    : Either.left(invalidRequest(`Value for ${name} header is invalid.`))
}

const declaredMd5 = (request: HttpStreamRequest): Either.Either<string | undefined, S3Error> => {
  const value = headerOf(request, "content-md5")
  return value === undefined || decodeBase64(value)?.length === 16
    ? Either.right(value)
    : Either.left(s3Error("InvalidDigest", "The Content-MD5 you specified was invalid."))
}

/** What the request declares about its body. */
export interface Declarations {
  readonly encoding: Encoding
  readonly size: number
  readonly checksum: Declared | undefined
  readonly md5: string | undefined
}

export const declarationsOf = (request: HttpStreamRequest): Either.Either<Declarations, S3Error> =>
  Either.gen(function*() {
    const encoding = yield* encodingOf(request)
    return {
      encoding,
      size: yield* sizeOf(request, encoding),
      checksum: yield* declaredChecksum(request),
      md5: yield* declaredMd5(request)
    }
  })
