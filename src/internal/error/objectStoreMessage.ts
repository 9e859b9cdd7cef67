/** The messages of `ObjectStoreError`. */
import type { ObjectStoreError, ObjectStoreErrorReason, ObjectStoreOperation } from "../../SageMakerError.ts"

const verbs: Record<ObjectStoreOperation, string> = {
  get: "read",
  put: "store",
  head: "check",
  list: "list",
  remove: "remove"
}

const permissions: Record<ObjectStoreOperation, string> = {
  get: "s3:GetObject",
  put: "s3:PutObject",
  head: "s3:GetObject, and s3:ListBucket to find out that an object does not exist",
  list: "s3:ListBucket",
  remove: "s3:DeleteObject"
}

const explanations: Record<ObjectStoreErrorReason, (operation: ObjectStoreOperation) => string> = {
  "access-denied": (operation) => `access denied; check that the credentials allow ${permissions[operation]}`,
  "not-found": () => "there is no object",
  unavailable: () => "the store did not respond completely; try again later",
  other: () => "the request failed"
}

/** Characters that would break a line of a log. */
// oxlint-disable-next-line no-control-regex
const control = /[\0-\x1f\x7f-\x9f\u2028\u2029]/g

export const objectStoreMessage = (
  { location, operation, problem, reason, status }: Pick<ObjectStoreError, "location" | "operation" | "reason"> & {
    readonly problem?: string | undefined
    readonly status?: number | undefined
  }
): string => {
  const suffix = status === undefined ? "" : ` (status ${status})`
  const text = problem ?? explanations[reason](operation)
  return `Cannot ${verbs[operation]} ${location.replace(control, encodeURIComponent)}: ${text}${suffix}`
}
