/** Finds the bucket, the key and the operation of a request. */
import * as Either from "effect/Either"
import { formatLocation, maxKeyBytes } from "../../../internal/objectStore/location.ts"
import { headerOf, type HttpRequestHead, pathOf, queryOf } from "../emulator/httpMessage.ts"
import { isPageRequest } from "../page/route.ts"
import { type S3Error, s3Error } from "./error.ts"
import { uploadsBucket } from "./objects.ts"
import { signedService } from "./request/authentication.ts"

/** The bucket and the key of a request; both can be empty. */
export interface Resource {
  readonly bucket: string
  readonly key: string
}

const bucketPattern = /^[a-z0-9][a-z0-9._-]{0,254}$/i

/** A host that starts with the bucket: `bucket.localhost`, or `bucket.s3.eu-west-1.amazonaws.com`. */
const virtualHost = /^(.+)\.(?:localhost|s3(?:[.-][a-z0-9.-]+)?\.amazonaws\.com(?:\.cn)?)(?::\d+)?$/i

/** Whether a request is for the emulated S3: by the service that it is signed for, else by its path. */
export const isS3Request = (request: HttpRequestHead): boolean => {
  const service = signedService(request)
  return service === undefined
    ? !request.target.startsWith("/endpoints/") && !isPageRequest(request)
    : service === "s3"
}

const decode = (text: string): Either.Either<string, S3Error> =>
  Either.try({ try: () => decodeURIComponent(text), catch: () => s3Error("InvalidURI") })

/** The bucket and the key of a request, in the path or with the bucket in the host. */
export const resourceOf = (request: HttpRequestHead): Either.Either<Resource, S3Error> =>
  Either.gen(function*() {
    const path = pathOf(request)
    if (!path.startsWith("/")) {
      return yield* Either.left(s3Error("InvalidURI"))
    }
    const [, hostBucket] = virtualHost.exec(headerOf(request, "host") ?? "") ?? []
    if (hostBucket !== undefined) {
      return { bucket: hostBucket, key: yield* decode(path.slice(1)) }
    }
    const [, bucket = "", key = ""] = /^\/([^/]*)\/?(.*)$/s.exec(path) ?? []
    return { bucket: yield* decode(bucket), key: yield* decode(key) }
  })

/** The location of a key, which can be empty: then it is the prefix of the locations of the bucket. */
export const locationOf = (bucket: string, key: string): Either.Either<string, S3Error> => {
  if (!bucketPattern.test(bucket)) {
    return Either.left(s3Error("InvalidBucketName"))
  }
  if (bucket === uploadsBucket) {
    return Either.left(s3Error("NoSuchBucket"))
  }
  return key.length > maxKeyBytes || new TextEncoder().encode(key).byteLength > maxKeyBytes
    ? Either.left(s3Error("KeyTooLongError"))
    : Either.right(formatLocation(bucket, key))
}

/** Query parameters that select a part of a resource. The emulator implements those that are in `operations`. */
const subresources = [
  "accelerate",
  "acl",
  "analytics",
  "attributes",
  "cors",
  "delete",
  "encryption",
  "intelligent-tiering",
  "inventory",
  "legal-hold",
  "lifecycle",
  "location",
  "logging",
  "metrics",
  "notification",
  "object-lock",
  "ownershipControls",
  "policy",
  "policyStatus",
  "publicAccessBlock",
  "renameObject",
  "replication",
  "requestPayment",
  "restore",
  "retention",
  "select",
  "session",
  "tagging",
  "torrent",
  "uploadId",
  "uploads",
  "versionId",
  "versioning",
  "versions",
  "website"
]

/** The name of an operation. */
export type OperationName =
  | "AbortMultipartUpload"
  | "CompleteMultipartUpload"
  | "CopyObject"
  | "CreateBucket"
  | "CreateMultipartUpload"
  | "DeleteBucket"
  | "DeleteObject"
  | "DeleteObjects"
  | "GetBucketLocation"
  | "GetObject"
  | "HeadBucket"
  | "ListBuckets"
  | "ListMultipartUploads"
  | "ListObjects"
  | "ListParts"
  | "PutObject"
  | "UploadPart"

/** The operation for a method, a kind of resource and a subresource. */
const operations: ReadonlyMap<string, OperationName> = new Map([
  ["GET service", "ListBuckets"],
  ["GET bucket", "ListObjects"],
  ["HEAD bucket", "HeadBucket"],
  ["PUT bucket", "CreateBucket"],
  ["DELETE bucket", "DeleteBucket"],
  ["POST bucket delete", "DeleteObjects"],
  ["GET bucket location", "GetBucketLocation"],
  ["GET bucket uploads", "ListMultipartUploads"],
  ["GET object", "GetObject"],
  ["HEAD object", "GetObject"],
  ["PUT object", "PutObject"],
  ["DELETE object", "DeleteObject"],
  ["POST object uploads", "CreateMultipartUpload"],
  ["PUT object uploadId", "UploadPart"],
  ["POST object uploadId", "CompleteMultipartUpload"],
  ["DELETE object uploadId", "AbortMultipartUpload"],
  ["GET object uploadId", "ListParts"]
])

const kindOf = ({ bucket, key }: Resource): string => {
  if (bucket === "") {
    return "service"
  }
  return key === "" ? "bucket" : "object"
}

/** The operation of a request. */
export const operationOf = (request: HttpRequestHead, resource: Resource): Either.Either<OperationName, S3Error> => {
  const query = queryOf(request)
  const subresource = subresources.filter((name) =>
    query.has(name) && !(name === "versionId" && query.get(name) === "null")
  )
  const found = operations.get([request.method, kindOf(resource), ...subresource].join(" "))
  if (found !== undefined) {
    return found === "PutObject" && headerOf(request, "x-amz-copy-source") !== undefined
      ? Either.right("CopyObject")
      : Either.right(found)
  }
  return Either.left(s3Error(subresource.length > 0 ? "NotImplemented" : "MethodNotAllowed"))
}
