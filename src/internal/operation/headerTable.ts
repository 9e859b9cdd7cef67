/** Members as headers and as path segments, checked against the constraints of their schemas. */
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as AST from "effect/SchemaAST"
import type { HeaderCodec, HeaderTable, Validation } from "../../Operation.ts"
import { encodeSegment } from "../../protocol/endpoint/path.ts"
import { lazy } from "../../protocol/function/lazy.ts"
import { memoize } from "../../protocol/function/memoize.ts"
import { InvalidInputError } from "../../SageMakerError.ts"
import { setOwn } from "./readMembers.ts"

const headerCharacters = /^[\t\x20-\x7e]*$/

const invalid = (field: string, constraint: string): Either.Either<never, InvalidInputError> =>
  Either.left(new InvalidInputError({ field, constraint }))

/** Returns the constraint that a value violates, as the rest of the sentence "<field> must be …". */
type ConstraintCheck = (value: unknown, validation: Validation) => string | undefined

interface Check {
  readonly kind: keyof Validation | "always"
  readonly expected: string
  readonly passes: (value: unknown) => boolean
}

const kinds = new Map<unknown, keyof Validation>([
  [Schema.MinLengthSchemaId, "min"],
  [Schema.MaxLengthSchemaId, "max"],
  [Schema.PatternSchemaId, "pattern"],
  [Schema.GreaterThanOrEqualToSchemaId, "min"],
  [Schema.LessThanOrEqualToSchemaId, "max"]
])

const checkOf = (refinement: AST.Refinement): Check => ({
  kind: kinds.get(Option.getOrUndefined(AST.getSchemaIdAnnotation(refinement))) ?? "always",
  expected: Option.getOrElse(AST.getDescriptionAnnotation(refinement), () => "valid"),
  passes: (value) => Option.isNone(refinement.filter(value, AST.defaultParseOption, refinement))
})

const checksOf = (ast: AST.AST): ReadonlyArray<Check> =>
  AST.isRefinement(ast) ? [...checksOf(ast.from), checkOf(ast)] : []

const isNumberAst = (ast: AST.AST): boolean => AST.isRefinement(ast) ? isNumberAst(ast.from) : AST.isNumberKeyword(ast)

const isNumber = (schema: Schema.Schema<string> | Schema.Schema<number>): boolean => isNumberAst(schema.ast)

/** Compiles a schema into checks when the first value is checked. `validation` disables checks by kind. */
const constraintCheck = (schema: Schema.Schema<string> | Schema.Schema<number>): ConstraintCheck => {
  const compiled = lazy(() => ({ type: isNumber(schema) ? "number" : "string", checks: checksOf(schema.ast) }))
  return (value, validation) => {
    const { checks, type } = compiled()
    return typeof value === type
      ? checks.find((_) => (_.kind === "always" || validation[_.kind]) && !_.passes(value))?.expected
      : `a ${type}`
  }
}

/** Members that every object inherits, such as `constructor`. */
const inherited = new Set(Object.getOwnPropertyNames(Object.prototype))

/** A member. One that every object inherits counts only if it is the object's own. */
const memberOf = <A>(values: { readonly [name: string]: A }, name: string): A | undefined =>
  inherited.has(name) && !Object.hasOwn(values, name) ? undefined : values[name]

/** Makes a codec from a header table. */
export const headers = <const T extends HeaderTable>(table: T): HeaderCodec<T> => {
  const members = Object.entries(table).map(([field, [header, schema]]) => ({
    field,
    header: header.toLowerCase(),
    violatedConstraint: constraintCheck(schema),
    parse: (text: string) => (isNumber(schema) ? Number(text) : text)
  }))
  return {
    table,
    encode(values, validation) {
      const out: Record<string, string> = {}
      for (const { field, header, violatedConstraint } of members) {
        const value = memberOf(values, field)
        if (value === undefined || value === null) {
          continue
        }
        const problem = violatedConstraint(value, validation) ??
          (headerCharacters.test(`${value}`) ? undefined : "tabs and printable ASCII only")
        if (problem !== undefined) {
          return invalid(field, problem)
        }
        if (header === "__proto__") {
          return invalid(field, "omitted: its header name cannot be sent")
        }
        out[header] = `${value}`
      }
      return Either.right(out)
    },
    decode(received) {
      const out: Record<string, string | number> = {}
      for (const { field, header, parse } of members) {
        const text = memberOf(received, header)
        if (text !== undefined) {
          setOwn(out, field, parse(text))
        }
      }
      return out
    }
  }
}

/** Makes the encoder of a required member that is one segment of the path. */
export const label = (
  field: string,
  schema: Schema.Schema<string>
): (value: unknown, validation: Validation) => Either.Either<string, InvalidInputError> => {
  const violatedConstraint = constraintCheck(schema)
  const encode = memoize((text) => Either.try(() => encodeSegment(text)))
  return (value, validation) => {
    if (typeof value !== "string" || value === "") {
      return invalid(field, "a non-empty string")
    }
    if (value === "." || value === "..") {
      return invalid(field, "a name, not a relative path")
    }
    const problem = violatedConstraint(value, validation)
    return problem === undefined
      ? Either.orElse(encode(value), () => invalid(field, "well-formed Unicode"))
      : invalid(field, problem)
  }
}
