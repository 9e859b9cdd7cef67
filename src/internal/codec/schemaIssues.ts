/** Describes where a value does not match a schema, without any part of the value. */
import * as Option from "effect/Option"
import type * as ParseResult from "effect/ParseResult"
import * as AST from "effect/SchemaAST"
import { typeLiterals } from "./schemaAst.ts"
import { type Mismatch, mismatchesIn } from "./schemaMismatch.ts"

/** The property names that a schema declares. The keys of records are not among them. */
const declaredKeys = (ast: AST.AST): ReadonlySet<PropertyKey> =>
  new Set(typeLiterals(ast).flatMap(({ propertySignatures }) => propertySignatures.map(({ name }) => name)))

const hasMessage = (ast: AST.AST): boolean =>
  Option.isSome(AST.getMessageAnnotation(ast)) || Option.isSome(AST.getParseIssueTitleAnnotation(ast))

const nameOf = (ast: AST.AST): Option.Option<string> =>
  Option.orElse(AST.getIdentifierAnnotation(ast), () => AST.getTitleAnnotation(ast))

const refinementText = (ast: AST.Refinement): string =>
  AST.getDescriptionAnnotation(ast).pipe(
    Option.orElse(() => AST.getTitleAnnotation(ast)),
    Option.orElse(() => AST.getIdentifierAnnotation(ast)),
    Option.getOrElse(() => `{ ${expectedText(ast.from)} | filter }`)
  )

/** What a schema expects. The members of structs are omitted. */
const expectedText = (ast: AST.AST): string => {
  switch (ast._tag) {
    case "Refinement":
      return refinementText(ast)
    case "TypeLiteral":
      return Option.getOrElse(nameOf(ast), () => "object")
    case "TupleType":
      return Option.getOrElse(nameOf(ast), () => "array")
    case "Union":
      return Option.getOrElse(nameOf(ast), () => [...new Set(ast.types.map(expectedText))].join(" | "))
    default:
      return String(ast)
  }
}

const maxTextLength = 200

const shorten = (text: string): string =>
  text.length <= maxTextLength ? text : `${text.slice(0, maxTextLength / 2)}…${text.slice(-maxTextLength / 2)}`

const problemOf = ({ ast, found, hasOwnMessage = false, tag }: Mismatch): string => {
  if (tag === "Missing") {
    return "is missing"
  }
  if (tag === "Unexpected") {
    return "is not declared by the schema"
  }
  return ast === undefined || hasMessage(ast) || (hasOwnMessage && Option.isNone(nameOf(ast)))
    ? `does not match the schema (${tag})`
    : `expected ${shorten(expectedText(ast))}, found ${found}`
}

/** Where a value does not match its schema. A key that the schema does not declare is `*`. */
export interface Described {
  readonly path: ReadonlyArray<string | number>
  /** What was expected and the kind that was found, or what is wrong. */
  readonly problem: string
}

/** A path and its problem as one text. */
export const describe = (place: string, { path, problem }: Described): string => {
  const at = [place, shorten(path.join("."))].filter((text) => text !== "").join(", ")
  if (problem.startsWith("expected ")) {
    return at === "" ? problem : `${at}: ${problem}`
  }
  return `${at === "" ? "the payload" : at} ${problem}`
}

const maxIssues = 20

/** Adds the number of the issues that are not listed. */
const limited = <A>(all: ReadonlyArray<A>, toText: (issue: A) => string): ReadonlyArray<string> => {
  const texts = all.slice(0, maxIssues).map(toText)
  return all.length > maxIssues ? [...texts, `${all.length - maxIssues} more`] : texts
}

/** The mismatches of values with a schema. */
export const describeMismatches = (ast: AST.AST) => {
  const declared = declaredKeys(ast)
  const toDescribed = (mismatch: Mismatch): Described => ({
    path: mismatch.path.map((key) => {
      if (typeof key === "number") {
        return key
      }
      return declared.has(key) ? String(key) : "*"
    }),
    problem: problemOf(mismatch)
  })
  return (error: ParseResult.ParseError, toText: (described: Described) => string): ReadonlyArray<string> =>
    limited(mismatchesIn(error.issue), (mismatch) => toText(toDescribed(mismatch)))
}

/** One text per mismatch: the path, what the schema expects and the kind that was found. */
export const schemaIssues = (ast: AST.AST): (error: ParseResult.ParseError) => ReadonlyArray<string> => {
  const describeAll = describeMismatches(ast)
  return (error) => describeAll(error, (described) => describe("", described))
}
