/** Conditional requests (RFC 9110). */
import * as Effect from "effect/Effect"
import type { ObjectStoreError } from "../../../../SageMakerError.ts"
import { headerOf } from "../../emulator/httpMessage.ts"
import { type S3Error, s3Error } from "../error.ts"
import type { ObjectProperties } from "../objects.ts"
import type { S3Context, S3Request } from "./operation.ts"

const unquoted = (etag: string): string => etag.trim().replace(/^W\//, "").replace(/^"(.*)"$/, "$1")

/** Whether an entity tag is in the list of a header. */
export const matchesEtag = (header: string, etag: string): boolean =>
  header.trim() === "*" || header.split(",").some((candidate) => unquoted(candidate) === unquoted(etag))

/** The names of the headers of a condition. */
interface ConditionHeaders {
  readonly match: string
  readonly noneMatch: string
  readonly modifiedSince: string
  readonly unmodifiedSince: string
}

const conditionHeaders = (prefix: string): ConditionHeaders => ({
  match: `${prefix}if-match`,
  noneMatch: `${prefix}if-none-match`,
  modifiedSince: `${prefix}if-modified-since`,
  unmodifiedSince: `${prefix}if-unmodified-since`
})

const readHeaders = conditionHeaders("")
const copyHeaders = conditionHeaders("x-amz-copy-source-")

/** The outcome of the conditions of a request for an object. */
type Outcome = "matched" | "not-modified" | "failed"

const evaluate = (request: S3Request, { etag, lastModified }: ObjectProperties, names: ConditionHeaders): Outcome => {
  const match = headerOf(request, names.match)
  const noneMatch = headerOf(request, names.noneMatch)
  const unmodifiedSince = Date.parse(headerOf(request, names.unmodifiedSince) ?? "")
  const modifiedSince = Date.parse(headerOf(request, names.modifiedSince) ?? "")
  const isFailed = match === undefined ? lastModified > unmodifiedSince : !matchesEtag(match, etag)
  if (isFailed) {
    return "failed"
  }
  const isUnmodified = noneMatch === undefined ? lastModified <= modifiedSince : matchesEtag(noneMatch, etag)
  return isUnmodified ? "not-modified" : "matched"
}

/** Whether the object of a `GET` or `HEAD` request is to be sent. */
export const readCondition = (
  request: S3Request,
  properties: ObjectProperties
): Effect.Effect<"matched" | "not-modified", S3Error> => {
  const outcome = evaluate(request, properties, readHeaders)
  return outcome === "failed" ? s3Error("PreconditionFailed") : Effect.succeed(outcome)
}

/** Whether the source of a copy can be copied. */
export const copyCondition = (request: S3Request, source: ObjectProperties): Effect.Effect<void, S3Error> =>
  evaluate(request, source, copyHeaders) === "matched" ? Effect.void : s3Error("PreconditionFailed")

/** The object at the location of a request; `undefined` if there is none. */
const currentObject = ({ objects }: S3Context, { location }: S3Request) =>
  Effect.catchIf(objects.head(location), ({ reason }) => reason === "not-found", () => Effect.succeed(undefined))

const checkAbsent = (current: ObjectProperties | undefined): Effect.Effect<void, S3Error> =>
  current === undefined ? Effect.void : s3Error("PreconditionFailed")

const checkEtag = (current: ObjectProperties | undefined, match: string): Effect.Effect<void, S3Error> => {
  if (current === undefined) {
    return s3Error("NoSuchKey")
  }
  return matchesEtag(match, current.etag) ? Effect.void : s3Error("PreconditionFailed")
}

/** Checks the conditions of a request that writes an object: `If-None-Match: *`, or `If-Match` with an entity tag. */
export const writeCondition = (
  context: S3Context,
  request: S3Request
): Effect.Effect<void, S3Error | ObjectStoreError> => {
  const match = headerOf(request, readHeaders.match)
  const noneMatch = headerOf(request, readHeaders.noneMatch)
  if (match === undefined && noneMatch === undefined) {
    return Effect.void
  }
  if (noneMatch !== undefined && (noneMatch !== "*" || match !== undefined)) {
    return s3Error("NotImplemented")
  }
  return Effect.flatMap(
    currentObject(context, request),
    (current) => (match === undefined ? checkAbsent(current) : checkEtag(current, match))
  )
}
