/** Reads values from callers. A getter or a proxy can throw, or return another value each time it is read. */
import * as Either from "effect/Either"
import { InvalidInputError } from "../../SageMakerError.ts"

/** The members of an object. */
export interface Members {
  readonly [member: string]: unknown
}

const identifier = /^\w{1,64}$/

const unreadable = (field: string) => new InvalidInputError({ field, constraint: "readable without an error" })

/** Adds an own property. An assignment to `__proto__` would change the prototype. */
export const setOwn = (members: Record<string, unknown>, name: string, value: unknown): void => {
  if (name === "__proto__") {
    Object.defineProperty(members, name, { value, enumerable: true, configurable: true, writable: true })
  } else {
    members[name] = value
  }
}

/** Copies the members of an object. Each one is read once. `what` names the object in the error. */
export const readMembers = (object: object, what: string): Either.Either<Members, InvalidInputError> => {
  const members: Record<string, unknown> = {}
  let reading = what
  try {
    for (const name of Object.keys(object)) {
      reading = identifier.test(name) ? name : what
      setOwn(members, name, Reflect.get(object, name))
    }
    return Either.right(members)
  } catch {
    return Either.left(unreadable(reading))
  }
}

/** Copies the members of options, which can be omitted. Anything but an object is invalid. */
export const readOptions = (options: unknown, what: string): Either.Either<Members, InvalidInputError> => {
  if (options === undefined || options === null) {
    return Either.right({})
  }
  return isList(options) || typeof options !== "object"
    ? Either.left(new InvalidInputError({ field: what, constraint: "an object" }))
    : readMembers(options, what)
}

/** `Array.isArray` throws for a revoked proxy. */
const isList = (value: unknown): boolean => {
  try {
    return Array.isArray(value)
  } catch {
    return false
  }
}

/** Runs code that reads values from a caller. A thrown error becomes `InvalidInputError`, without its text. */
export const guardReads = <A>(what: string, read: () => A): Either.Either<A, InvalidInputError> => {
  try {
    return Either.right(read())
  } catch {
    return Either.left(unreadable(what))
  }
}
