/** Converts values between a schema's encoded side and Parquet's columns. */
import * as Predicate from "effect/Predicate"
import { setOwn } from "../../internal/operation/readMembers.ts"
import * as utf8 from "../../protocol/bytes/utf8.ts"
import type { Field, Value, ValueType } from "./columns.ts"

const isSafe = (integer: bigint): boolean =>
  BigInt.asIntN(54, integer) === integer && Number.isSafeInteger(Number(integer))

const isValidDate = (found: unknown): found is Date => found instanceof Date && !Number.isNaN(found.getTime())

const readNumber = (found: unknown): unknown => typeof found === "bigint" && isSafe(found) ? Number(found) : found

const readText = (found: unknown): unknown => {
  if (isValidDate(found)) {
    return found.toISOString()
  }
  return found instanceof Uint8Array ? utf8.decode(found) ?? found : found
}

/** A value of any column as JSON has it: integers that are safe are numbers. */
const readAny = (found: unknown): unknown => {
  if (Array.isArray(found)) {
    return found.map(readAny)
  }
  return readNumber(found)
}

const readLeaf = (kind: (ValueType & { readonly _tag: "Leaf" })["kind"], found: unknown): unknown => {
  switch (kind) {
    case "double":
    case "int64":
      return readNumber(found)
    case "bigint":
      return typeof found === "number" && Number.isSafeInteger(found) ? BigInt(found) : found
    case "string":
      return readText(found)
    case "json":
      return readAny(found)
    default:
      return found
  }
}

const isList = (found: unknown): found is ArrayLike<unknown> => Array.isArray(found) || ArrayBuffer.isView(found)

const readType = (type: ValueType, found: unknown): unknown => {
  switch (type._tag) {
    case "Leaf":
      return readLeaf(type.kind, found)
    case "List":
      return isList(found) ? Array.from(found, (element) => readValue(type.element, element)) : found
    default:
      return Predicate.isRecord(found)
        ? readStruct(type.fields, (name) => Object.hasOwn(found, name) ? found[name] : undefined)
        : found
  }
}

/** Converts a value of a column. */
const readValue = ({ isNullable, isOptional, type }: Value, found: unknown): unknown => {
  if (found === undefined || found === null) {
    return isOptional && !isNullable ? undefined : null
  }
  return readType(type, found)
}

/** Makes a struct from the values of its columns. An absent value is no member. */
export const readStruct = (
  fields: ReadonlyArray<Field>,
  find: (name: string) => unknown
): { readonly [name: string]: unknown } => {
  const struct: Record<string, unknown> = {}
  for (const field of fields) {
    const found = readValue(field, find(field.name))
    if (found !== undefined) {
      setOwn(struct, field.name, found)
    }
  }
  return struct
}

const minInteger = -(2n ** 63n)
const maxInteger = 2n ** 63n - 1n

const toInteger = (given: unknown): bigint => {
  const integer = typeof given === "number" ? BigInt(given) : given as bigint
  if (integer < minInteger || integer > maxInteger) {
    throw new RangeError("an integer has more than 64 bits")
  }
  return integer
}

const toDate = (given: unknown): unknown => {
  if (!isValidDate(given)) {
    throw new RangeError("a date is invalid")
  }
  return given
}

const writeType = (type: ValueType, given: unknown): unknown => {
  switch (type._tag) {
    case "Leaf":
      if (type.kind === "bigint" || type.kind === "int64") {
        return toInteger(given)
      }
      return type.kind === "date" ? toDate(given) : given
    case "List":
      return Array.from(given as ReadonlyArray<unknown>, (element) => writeValue(type.element, element))
    default:
      return Object.fromEntries(
        type.fields.map((field) => [
          field.name,
          writeValue(
            field,
            Object.hasOwn(given as object, field.name) ? Reflect.get(given as object, field.name) : null
          )
        ])
      )
  }
}

/** Converts a value for a column. Throws if the column cannot have it. */
export const writeValue = ({ type }: Value, given: unknown): unknown =>
  given === undefined || given === null ? null : writeType(type, given)
