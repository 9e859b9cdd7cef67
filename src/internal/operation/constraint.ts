/** Checks the constraints of a schema, one kind at a time, so that each kind can be turned off. */
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as AST from "effect/SchemaAST"
import type { Validation } from "../../Operation.ts"

/** Describes the first constraint that a value violates. */
export type Constraint = (value: unknown, validation: Validation) => string | undefined

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

const toCheck = (refinement: AST.Refinement): Check => ({
  kind: kinds.get(Option.getOrUndefined(AST.getSchemaIdAnnotation(refinement))) ?? "always",
  expected: Option.getOrElse(AST.getDescriptionAnnotation(refinement), () => "valid"),
  passes: (value) => Option.isNone(refinement.filter(value, AST.defaultParseOption, refinement))
})

const checksOf = (ast: AST.AST): ReadonlyArray<Check> =>
  AST.isRefinement(ast) ? [...checksOf(ast.from), toCheck(ast)] : []

const isNumberAst = (ast: AST.AST): boolean => AST.isRefinement(ast) ? isNumberAst(ast.from) : AST.isNumberKeyword(ast)

/** Whether a schema describes numbers. */
export const isNumber = (schema: Schema.Schema<string> | Schema.Schema<number>): boolean => isNumberAst(schema.ast)

/** Compiles the filters of a string or number schema. */
export const constraint = (schema: Schema.Schema<string> | Schema.Schema<number>): Constraint => {
  const type = isNumber(schema) ? "number" : "string"
  const checks = checksOf(schema.ast)
  return (value, validation) =>
    typeof value === type
      ? checks.find((_) => (_.kind === "always" || validation[_.kind]) && !_.passes(value))?.expected
      : `a ${type}`
}
