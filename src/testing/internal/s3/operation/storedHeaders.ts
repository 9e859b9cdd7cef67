/** The headers of a request that are stored with an object and are in its responses. */
import * as Either from "effect/Either"
import { headerOf } from "../../emulator/httpMessage.ts"
import { type S3Error, s3Error } from "../error.ts"
import { defaultContentType, type ObjectProperties } from "../objects.ts"
import type { S3Request } from "./operation.ts"

const metadataPrefix = "x-amz-meta-"
const maxMetadataLength = 2_048

const systemHeaders = ["cache-control", "content-disposition", "content-language", "expires"]

const encryption = "x-amz-server-side-encryption"
const encryptionMethods = new Set(["AES256", "aws:kms", "aws:kms:dsse"])

/** Headers that would change what is stored, and that the emulator does not implement. */
const notImplemented =
  /^x-amz-(tagging|tagging-directive|object-lock-.+|grant-.+|website-redirect-location|write-offset-bytes|(copy-source-)?server-side-encryption-customer-.+)$/

/** Characters that a response header can have. */
const headerValue = /^[\t\x20-\x7e\x80-\xff]*$/

/** Whether a text can be the value of a response header. */
export const isHeaderValue = (text: string): boolean => headerValue.test(text)

const contentEncoding = (request: S3Request): Record<string, string> => {
  const value = (headerOf(request, "content-encoding") ?? "")
    .split(",")
    .map((encoding) => encoding.trim())
    .filter((encoding) => encoding !== "" && encoding !== "aws-chunked")
    .join(",")
  return value === "" ? {} : { "content-encoding": value }
}

/** The encryption of a new object. Amazon S3 encrypts every object; `AES256` is its default. */
export const encryptionOf = (request: S3Request): Either.Either<Record<string, string>, S3Error> => {
  const method = headerOf(request, encryption) ?? "AES256"
  const names = [`${encryption}-aws-kms-key-id`, `${encryption}-bucket-key-enabled`]
  return encryptionMethods.has(method)
    ? Either.right({ [encryption]: method, ...pick(request, names) })
    : Either.left(s3Error("InvalidArgument", "The encryption method specified is not supported"))
}

const pick = (request: S3Request, names: ReadonlyArray<string>): Record<string, string> =>
  Object.fromEntries(names.flatMap((name) => {
    const value = headerOf(request, name)
    return value === undefined ? [] : [[name, value]]
  }))

const metadataOf = (request: S3Request): Record<string, string> =>
  pick(request, Object.keys(request.headers).filter((name) => name.startsWith(metadataPrefix)))

const storageClassOf = (request: S3Request): Record<string, string> => {
  const name = "x-amz-storage-class"
  const value = headerOf(request, name)
  return value === undefined || value === "STANDARD" ? {} : { [name]: value }
}

/** The headers to store, or the error of a header that is not valid. */
export const storedHeaders = (request: S3Request): Either.Either<ObjectProperties["headers"], S3Error> =>
  Either.gen(function*() {
    if (Object.keys(request.headers).some((name) => notImplemented.test(name))) {
      return yield* Either.left(s3Error("NotImplemented"))
    }
    const metadata = metadataOf(request)
    const length = Object.entries(metadata).reduce(
      (sum, [name, value]) => sum + name.length - metadataPrefix.length + value.length,
      0
    )
    if (length > maxMetadataLength) {
      return yield* Either.left(s3Error("MetadataTooLarge"))
    }
    const headers: Record<string, string> = {
      "content-type": headerOf(request, "content-type") ?? defaultContentType,
      ...contentEncoding(request),
      ...pick(request, systemHeaders),
      ...storageClassOf(request),
      ...metadata,
      ...(yield* encryptionOf(request))
    }
    return Object.values(headers).every(isHeaderValue)
      ? headers
      : yield* Either.left(s3Error("InvalidArgument", "A header has characters that are not supported."))
  })
