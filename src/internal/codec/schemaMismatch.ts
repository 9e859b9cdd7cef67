/** Finds the mismatches in the error of a schema. For a union, it finds those of the best matching member. */
import type * as ParseResult from "effect/ParseResult"
import * as AST from "effect/SchemaAST"

export interface Mismatch {
  readonly tag: ParseResult.ParseIssue["_tag"]
  readonly path: ReadonlyArray<PropertyKey>
  /** The schema that does not match. `undefined` if the schema or its message can contain the value. */
  readonly ast?: AST.AST | undefined
  /** Whether the schema has its own message, which can contain the value. */
  readonly hasOwnMessage?: boolean
  /** The kind of the value. */
  readonly found?: string
}

/** The kind of a value. The value is not read any further, because its members can throw. */
const kindOf = (value: unknown): string => {
  if (value === null) {
    return "null"
  }
  try {
    return Array.isArray(value) ? "array" : typeof value
  } catch {
    return "object"
  }
}

const isLiteral = (ast: AST.AST | undefined): boolean => {
  if (ast === undefined) {
    return false
  }
  return AST.isUnion(ast) ? ast.types.every(isLiteral) : AST.isLiteral(ast)
}

/** A value of another kind than the member of the union. */
const isOtherKind = ({ path, tag }: Mismatch, depth: number): boolean => tag === "Type" && path.length === depth

/** A member with one of several literals, such as `type`, that is missing or has another value. */
const isDiscriminator = ({ ast, path }: Mismatch, depth: number): boolean => path.length === depth + 1 && isLiteral(ast)

/** The number of members of a value that a struct declares. */
const declaredMembers = (issue: ParseResult.ParseIssue): number => {
  if (issue._tag === "Refinement" || issue._tag === "Transformation") {
    return declaredMembers(issue.issue)
  }
  if (issue._tag !== "Composite" || !AST.isTypeLiteral(issue.ast)) {
    return 0
  }
  const { actual, ast: { propertySignatures } } = issue
  try {
    return propertySignatures.filter(({ name }) => Object.hasOwn(Object(actual), name)).length
  } catch {
    return 0
  }
}

interface Branch {
  readonly mismatches: ReadonlyArray<Mismatch>
  /** How well the value matches: the depth of the mismatch, the declared members, and whether a member is missing. */
  readonly rank: ReadonlyArray<number>
}

const toBranch = (issue: ParseResult.ParseIssue, path: ReadonlyArray<PropertyKey>): Branch => {
  const mismatches = mismatchesIn(issue, path)
  const depth = mismatches.reduce((deepest, mismatch) => Math.max(deepest, mismatch.path.length), 0)
  const isMissing = mismatches.some(({ tag }) => tag === "Missing")
  return { mismatches, rank: [depth, declaredMembers(issue), isMissing ? 0 : 1] }
}

const isBetter = ({ rank }: Branch, { rank: other }: Branch): boolean => {
  const at = rank.findIndex((value, index) => value !== other[index])
  return at !== -1 && rank[at]! > other[at]!
}

const best = (branches: ReadonlyArray<Branch>): Branch | undefined =>
  branches.reduce<Branch | undefined>(
    (found, each) => (found === undefined || isBetter(each, found) ? each : found),
    undefined
  )

/** Whether a value has a member of the struct that was expected. */
const hasMembers = ({ rank: [depth = 0, members = 0] }: Branch, unionDepth: number): boolean =>
  depth > unionDepth + 1 || members > 0

/** The mismatches of the best matching member: by literal members, by kind, or by the deepest match. */
const unionMismatches = (
  { actual, ast, issues }: ParseResult.Composite,
  path: ReadonlyArray<PropertyKey>
): ReadonlyArray<Mismatch> => {
  const depth = path.length
  const branches = [issues].flat().map((issue) => toBranch(issue, path))
  const sameKind = branches.filter(({ mismatches }) => !mismatches.some((each) => isOtherKind(each, depth)))
  const isWrongLiteral = ({ mismatches }: Branch) => mismatches.some((each) => isDiscriminator(each, depth))
  const meant = best(sameKind.filter((branch) => !isWrongLiteral(branch)))
  const discriminated = best(sameKind.filter(isWrongLiteral))
  const isMeant = meant !== undefined && (hasMembers(meant, depth) || discriminated?.rank[2] !== 1)
  const branch = isMeant ? meant : discriminated ?? meant
  return branch === undefined ? [{ tag: "Type", path, ast, found: kindOf(actual) }] : branch.mismatches
}

const hasOwnMessage = (ast: AST.AST): boolean =>
  [AST.MessageAnnotationId, AST.ParseIssueTitleAnnotationId].some((id) => ast.annotations[id] !== undefined)

/** The mismatches in an issue. */
export const mismatchesIn = (
  issue: ParseResult.ParseIssue,
  path: ReadonlyArray<PropertyKey> = [],
  tag: Mismatch["tag"] = issue._tag
): ReadonlyArray<Mismatch> => {
  switch (issue._tag) {
    case "Type":
      return [{
        tag,
        path,
        ast: issue.ast,
        hasOwnMessage: issue.message !== undefined,
        found: kindOf(issue.actual)
      }]
    case "Missing":
      return [{ tag, path, ast: issue.ast.type }]
    case "Pointer":
      return mismatchesIn(issue.issue, path.concat(issue.path))
    case "Composite":
      return AST.isUnion(issue.ast)
        ? unionMismatches(issue, path)
        : [issue.issues].flat().flatMap((inner) => mismatchesIn(inner, path))
    case "Refinement":
    case "Transformation": {
      const isOwn = issue.kind === "Predicate" || issue.kind === "Transformation"
      return isOwn && hasOwnMessage(issue.ast)
        ? [{ tag, path }]
        : mismatchesIn(issue.issue, path, isOwn ? tag : undefined)
    }
    default:
      return [{ tag, path }]
  }
}
