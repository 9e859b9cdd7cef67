/** Describes where a value does not match a schema, without any part of the value. */
import * as Option from "effect/Option"
import type * as ParseResult from "effect/ParseResult"
import * as AST from "effect/SchemaAST"
import { typeLiterals } from "./schemaAst.ts"

/** The property names that a schema declares. The keys of records are not among them. */
const declaredKeys = (ast: AST.AST): ReadonlySet<PropertyKey> =>
  new Set(typeLiterals(ast).flatMap(({ propertySignatures }) => propertySignatures.map(({ name }) => name)))

interface Issue {
  readonly tag: ParseResult.ParseIssue["_tag"]
  readonly path: ReadonlyArray<PropertyKey>
  /** What the schema expects. `undefined` for a schema with its own message, which can contain the value. */
  readonly expected?: string | undefined
}

const hasMessage = (ast: AST.AST): boolean =>
  Option.isSome(AST.getMessageAnnotation(ast)) || Option.isSome(AST.getParseIssueTitleAnnotation(ast))

const refinementText = (ast: AST.Refinement): string =>
  AST.getDescriptionAnnotation(ast).pipe(
    Option.orElse(() => AST.getTitleAnnotation(ast)),
    Option.orElse(() => AST.getIdentifierAnnotation(ast)),
    Option.getOrElse(() => `{ ${String(ast.from)} | filter }`)
  )

const expectedBy = ({ ast, message }: ParseResult.Type): string | undefined => {
  if (message !== undefined || hasMessage(ast)) {
    return undefined
  }
  return AST.isRefinement(ast) ? refinementText(ast) : String(ast)
}

/** The mismatches in an issue. The values in the issue are not read, because they can be large or throw. */
const issuesIn = (
  issue: ParseResult.ParseIssue,
  path: ReadonlyArray<PropertyKey>,
  tag: Issue["tag"] = issue._tag
): ReadonlyArray<Issue> => {
  switch (issue._tag) {
    case "Type":
      return [{ tag, path, expected: expectedBy(issue) }]
    case "Pointer":
      return issuesIn(issue.issue, path.concat(issue.path))
    case "Composite":
      return [issue.issues].flat().flatMap((inner) => issuesIn(inner, path))
    case "Refinement":
    case "Transformation": {
      const isOwn = issue.kind === "Predicate" || issue.kind === "Transformation"
      return isOwn && hasMessage(issue.ast) ? [{ tag, path }] : issuesIn(issue.issue, path, isOwn ? tag : undefined)
    }
    default:
      return [{ tag, path }]
  }
}

const describe = ({ expected, tag }: Issue, at: string): string => {
  if (tag === "Missing") {
    return `${at} is missing`
  }
  return expected === undefined ? `${at} does not match the schema (${tag})` : `${at} must be ${expected}`
}

/** One text per mismatch: the path and what the schema expects. A key that the schema does not declare becomes `*`. */
export const schemaIssues = (ast: AST.AST): (error: ParseResult.ParseError) => ReadonlyArray<string> => {
  const declared = declaredKeys(ast)
  return (error) =>
    issuesIn(error.issue, []).map((issue) => {
      const keys = issue.path.map((key) => (typeof key === "number" || declared.has(key) ? String(key) : "*"))
      return describe(issue, keys.length === 0 ? "the payload" : keys.join("."))
    })
}
