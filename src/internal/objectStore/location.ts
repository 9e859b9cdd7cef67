/** Locations of objects: `s3://bucket/key`, with the key as it is. */
import * as Either from "effect/Either"
import type { ObjectRange } from "../../ObjectStore.ts"
import { ObjectStoreError, type ObjectStoreOperation } from "../../SageMakerError.ts"

/** A location in its parts. */
export interface ParsedLocation {
  readonly bucket: string
  readonly key: string
}

const locationPattern = /^s3:\/\/([a-zA-Z0-9][a-zA-Z0-9._-]{0,254})(?:\/([^]*))?$/

/** The limit of Amazon S3, in bytes of UTF-8. */
export const maxKeyBytes = 1024

const loneSurrogate = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/

const keyProblem = (key: string): string | undefined => {
  if (key.length > maxKeyBytes || new TextEncoder().encode(key).byteLength > maxKeyBytes) {
    return `the key must have at most ${maxKeyBytes} bytes`
  }
  return loneSurrogate.test(key) ? "the key must be valid Unicode text" : undefined
}

/** The bucket and the key of a prefix, whose key can be empty; otherwise what is wrong. */
export const parsePrefix = (prefix: unknown): Either.Either<ParsedLocation, string> => {
  const [matched, bucket = "", key = ""] = typeof prefix === "string" ? locationPattern.exec(prefix) ?? [] : []
  if (matched === undefined) {
    return Either.left("expected a location such as s3://bucket/key")
  }
  const problem = keyProblem(key)
  return problem === undefined ? Either.right({ bucket, key }) : Either.left(problem)
}

/** The bucket and the key of an object; otherwise what is wrong. */
export const parseLocation = (location: unknown): Either.Either<ParsedLocation, string> =>
  Either.filterOrLeft(
    parsePrefix(location),
    ({ key }) => key !== "",
    () => "expected a location such as s3://bucket/key, with a key"
  )

export const formatLocation = (bucket: string, key: string): string => `s3://${bucket}/${key}`

/** A location that is not valid can be a URL with a signature, so it is not in the error. */
const invalid = (operation: ObjectStoreOperation, problem: string): ObjectStoreError =>
  new ObjectStoreError({ operation, location: "an invalid location", reason: "other", problem })

/** The parts of a location, or the error of the operation. */
export const locationOf = (
  operation: ObjectStoreOperation,
  location: unknown
): Either.Either<ParsedLocation, ObjectStoreError> =>
  Either.mapLeft(
    operation === "list" ? parsePrefix(location) : parseLocation(location),
    (problem) => invalid(operation, problem)
  )

const isPosition = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0

/** A range whose positions are valid, or the error of the operation. */
export const rangeOf = (
  location: string,
  range: ObjectRange | undefined
): Either.Either<ObjectRange | undefined, ObjectStoreError> => {
  if (range === undefined || range === null) {
    return Either.right(undefined)
  }
  const { end, start } = range
  return isPosition(start) && (end === undefined || (isPosition(end) && end >= start))
    ? Either.right({ start, end })
    : Either.left(
      new ObjectStoreError({
        operation: "get",
        location,
        reason: "other",
        problem: "start and end of the range must be integers of at least 0, and end not before start"
      })
    )
}

/** The error of a range that starts at or after the end of the object, with the status of HTTP. */
export const unsatisfiableRange = (location: string): ObjectStoreError =>
  new ObjectStoreError({
    operation: "get",
    location,
    reason: "other",
    problem: "the range starts at or after the end of the object",
    status: 416
  })

const codePointOrder = (unit: number): number => {
  if (unit < 0xd800) {
    return unit
  }
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800
}

/** The order of the UTF-8 bytes of two texts. UTF-16 orders characters above U+FFFF before those from U+E000. */
export const compareKeys = (first: string, second: string): number => {
  const length = Math.min(first.length, second.length)
  for (let index = 0; index < length; index++) {
    const difference = codePointOrder(first.charCodeAt(index)) - codePointOrder(second.charCodeAt(index))
    if (difference !== 0) {
      return difference
    }
  }
  return first.length - second.length
}
