/** Maps errors of AWS's S3 client to `ObjectStoreError`. Text of the store, requests and credentials are not kept. */
import { transportFailure } from "../../protocol/error/transportFailure.ts"
import { ObjectStoreError, type ObjectStoreErrorReason, type ObjectStoreOperation } from "../../SageMakerError.ts"

/** Why a request failed, as far as it is known on this side of AWS's client. AWS's client retries by `code`. */
export class StoreFailure extends Error {
  override readonly name = "StoreFailure"
  readonly reason: ObjectStoreErrorReason
  readonly problem: string
  readonly code: string | undefined

  constructor(reason: ObjectStoreErrorReason, problem: string, code?: string) {
    super(problem)
    this.reason = reason
    this.problem = problem
    this.code = code
  }
}

/** The members of AWS's errors that are read. */
interface ServiceError {
  readonly name: string
  readonly message: string
  readonly status: number | undefined
  readonly requestId: string | undefined
  /** `x-amz-bucket-region`, the region of the bucket. */
  readonly bucketRegion: string | undefined
}

const isObject = (value: unknown): value is object => typeof value === "object" && value !== null

const memberOf = (value: unknown, ...path: ReadonlyArray<string>): unknown =>
  path.reduce((current: unknown, name) => (isObject(current) ? Reflect.get(current, name) : undefined), value)

const textOf = (value: unknown): string => (typeof value === "string" ? value : "")

const matching = (value: unknown, pattern: RegExp): string | undefined =>
  typeof value === "string" && pattern.test(value) ? value : undefined

const statusOf = (error: unknown): number | undefined => {
  const status = memberOf(error, "$metadata", "httpStatusCode") ?? memberOf(error, "$response", "statusCode")
  return typeof status === "number" && status > 0 ? status : undefined
}

export const serviceErrorOf = (error: unknown): ServiceError => ({
  name: textOf(memberOf(error, "name")),
  message: textOf(memberOf(error, "message")),
  status: statusOf(error),
  requestId: matching(memberOf(error, "$metadata", "requestId"), /^[\w.-]{1,128}$/),
  bucketRegion: matching(
    memberOf(error, "$response", "headers", "x-amz-bucket-region"),
    /^[a-z]{2,8}(?:-[a-z]{1,16}){1,3}-\d{1,2}$/
  )
})

type Reason = readonly [reason: ObjectStoreErrorReason, problem?: string]

const otherRegion = "the bucket is in another region, or the region of the client is wrong"
const invalidKey = "AWS KMS cannot use the key of the object"
const rejectedCredentials = "access denied; the store does not accept the credentials"

/** Error codes of Amazon S3 whose status alone does not say enough. */
const codes = new Map<string, Reason>([
  ["NoSuchBucket", ["other", "the bucket does not exist"]],
  ["InvalidBucketName", ["other", "the name of the bucket is not valid"]],
  ["InvalidObjectState", ["other", "the object is archived; restore it first"]],
  ["EntityTooLarge", ["other", "the object is larger than the store allows"]],
  ["NoSuchUpload", ["other", "another client aborted the multipart upload"]],
  ["PermanentRedirect", ["other", otherRegion]],
  ["TemporaryRedirect", ["other", otherRegion]],
  ["AuthorizationHeaderMalformed", ["other", otherRegion]],
  ["IllegalLocationConstraintException", ["other", otherRegion]],
  ["ExpiredToken", ["access-denied", "access denied; the credentials have expired"]],
  ["InvalidToken", ["access-denied", rejectedCredentials]],
  ["TokenRefreshRequired", ["access-denied", rejectedCredentials]],
  ["InvalidAccessKeyId", ["access-denied", rejectedCredentials]],
  ["SignatureDoesNotMatch", ["access-denied", rejectedCredentials]],
  ["RequestTimeTooSkewed", ["access-denied", "access denied; the clock of this computer is wrong"]],
  ["BadDigest", ["unavailable", "the checksum of the bytes that arrived is wrong"]],
  ["RequestTimeout", ["unavailable"]],
  ["OperationAborted", ["unavailable"]],
  ["KMS.DisabledException", ["other", `${invalidKey}: it is disabled`]],
  ["KMS.NotFoundException", ["other", `${invalidKey}: it does not exist`]],
  ["KMS.KMSInvalidStateException", ["other", `${invalidKey}: its state does not allow it`]],
  ["KMS.InvalidKeyUsageException", ["other", `${invalidKey}: its key usage does not allow it`]]
])

/** Client errors of HTTP that a later request can avoid. */
const transientStatuses = new Set([408, 429])

/** Not those of a condition, such as 304. */
const redirectStatuses = new Set([301, 302, 303, 307, 308])

/** Server errors that a later request cannot avoid. */
const finalStatuses = new Set([501, 505])

const throttling = /Throttl|^SlowDown|^ServiceUnavailable$|^TooManyRequests|^RequestLimitExceeded$/

const kmsPermissions: { readonly [operation in ObjectStoreOperation]?: string } = {
  get: "kms:Decrypt",
  put: "kms:GenerateDataKey, and kms:Decrypt for an upload in parts,"
}

/** The text of AWS names the action that was denied. Only the fact that it is one of AWS KMS is used. */
const deniedReason = (operation: ObjectStoreOperation, { message }: ServiceError): Reason => {
  const permission = /\bkms:/i.test(message) ? kmsPermissions[operation] : undefined
  return permission === undefined
    ? ["access-denied"]
    : ["access-denied", `access denied by AWS KMS; check that the credentials allow ${permission} with the key`]
}

const reasonOfResponse = (operation: ObjectStoreOperation, status: number, error: ServiceError): Reason => {
  if (status === 401 || status === 403) {
    return deniedReason(operation, error)
  }
  if (status === 404) {
    return operation === "get" || operation === "head" ? ["not-found"] : ["other", "the store has no such bucket"]
  }
  if (transientStatuses.has(status) || (status >= 500 && !finalStatuses.has(status)) || throttling.test(error.name)) {
    return ["unavailable"]
  }
  if (status < 300) {
    return ["other", "the response of the store is not valid"]
  }
  return redirectStatuses.has(status) ? ["other", otherRegion] : ["other"]
}

const checksumMismatch = "the checksum of the object does not match its bytes"

/** Errors that AWS's client throws without a response. Their names and texts are those of the client. */
const reasonWithoutResponse = (error: unknown, { message, name }: ServiceError): Reason => {
  const code = memberOf(error, "code")
  if (name === "CredentialsProviderError" || name === "TokenProviderError") {
    return ["access-denied", "no AWS credentials could be loaded"]
  }
  if (message.startsWith("Region is missing")) {
    return ["other", "the region is missing: set the option region, AWS_REGION or the profile's region"]
  }
  if (message.startsWith("Region not accepted")) {
    return ["other", "the region is not valid: expected a region such as eu-west-1"]
  }
  if (code === "ERR_INVALID_URL") {
    return ["other", "the endpoint is not valid: expected a URL such as https://s3.eu-west-1.amazonaws.com"]
  }
  if (message.startsWith("Checksum mismatch")) {
    return ["unavailable", checksumMismatch]
  }
  if (name === "TimeoutError") {
    return ["unavailable"]
  }
  const { reason, retry } = transportFailure(error, true)
  if (retry !== "never" || reason === "connect" || reason === "timeout") {
    return ["unavailable"]
  }
  return reason === "tls" ? ["other", "no TLS connection: check the certificate"] : ["other", rejected(name)]
}

const rejected = (name: string): string =>
  `AWS's client did not send the request${/^[A-Za-z]{1,64}$/.test(name) ? ` (${name})` : ""}`

const reasonOf = (operation: ObjectStoreOperation, error: unknown, service: ServiceError): Reason => {
  const { name, status } = service
  if (status === undefined) {
    return codes.get(name) ?? reasonWithoutResponse(error, service)
  }
  return codes.get(name) ?? reasonOfResponse(operation, status, service)
}

const defined = <A>(name: string, value: A | undefined): { readonly [name: string]: A } =>
  value === undefined ? {} : { [name]: value }

/** The typed error of anything that AWS's client, or this layer below or above it, throws. */
export const toObjectStoreError = (
  operation: ObjectStoreOperation,
  location: string,
  error: unknown
): ObjectStoreError => {
  if (error instanceof ObjectStoreError) {
    return error
  }
  if (error instanceof StoreFailure) {
    return new ObjectStoreError({ operation, location, reason: error.reason, problem: error.problem })
  }
  const service = serviceErrorOf(error)
  const [reason, problem] = reasonOf(operation, error, service)
  return new ObjectStoreError({
    operation,
    location,
    reason,
    ...defined("problem", problem),
    ...defined("status", service.status),
    ...defined("requestId", service.requestId)
  })
}
