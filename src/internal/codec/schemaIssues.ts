/** Describes where a value does not match a schema, without any part of the value. */
import * as ParseResult from "effect/ParseResult"
import * as AST from "effect/SchemaAST"

const children = (ast: AST.AST): ReadonlyArray<AST.AST> => {
  switch (ast._tag) {
    case "TypeLiteral":
      return [...ast.propertySignatures, ...ast.indexSignatures].map(({ type }) => type)
    case "TupleType":
      return [...ast.elements, ...ast.rest].map(({ type }) => type)
    case "Union":
      return ast.types
    case "Refinement":
      return [ast.from]
    case "Transformation":
      return [ast.from, ast.to]
    case "Declaration":
      return ast.typeParameters
    case "Suspend":
      return [ast.f()]
    default:
      return []
  }
}

/** The property names that a schema declares. The keys of records are not among them. */
const declaredKeys = (ast: AST.AST): ReadonlySet<PropertyKey> => {
  const keys = new Set<PropertyKey>()
  const visited = new Set<AST.AST>()
  const visit = (node: AST.AST): void => {
    if (visited.has(node)) {
      return
    }
    visited.add(node)
    if (AST.isTypeLiteral(node)) {
      node.propertySignatures.forEach(({ name }) => keys.add(name))
    }
    children(node).forEach(visit)
  }
  visit(ast)
  return keys
}

const describe = ({ _tag, message }: ParseResult.ArrayFormatterIssue, at: string): string => {
  if (_tag === "Missing") {
    return `${at} is missing`
  }
  const expected = /^Expected (.*?), actual /s.exec(message)?.[1]
  return expected === undefined ? `${at} does not match the schema (${_tag})` : `${at} must be ${expected}`
}

/** One text per mismatch: the path and what the schema expects. A key that the schema does not declare becomes `*`. */
export const schemaIssues = (ast: AST.AST): (error: ParseResult.ParseError) => ReadonlyArray<string> => {
  const declared = declaredKeys(ast)
  return (error) =>
    ParseResult.ArrayFormatter.formatErrorSync(error).map((issue) => {
      const keys = issue.path.map((key) => (typeof key === "number" || declared.has(key) ? String(key) : "*"))
      return describe(issue, keys.length === 0 ? "the payload" : keys.join("."))
    })
}
