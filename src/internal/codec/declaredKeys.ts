import * as AST from "effect/SchemaAST"

const inside = (ast: AST.AST): ReadonlyArray<AST.AST> => {
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

/** The keys a schema names anywhere; the keys of records are the values' own. */
export const declaredKeys = (ast: AST.AST): ReadonlySet<PropertyKey> => {
  const keys = new Set<PropertyKey>()
  const seen = new Set<AST.AST>()
  const visit = (at: AST.AST): void => {
    if (seen.has(at)) {
      return
    }
    seen.add(at)
    if (AST.isTypeLiteral(at)) {
      at.propertySignatures.forEach(({ name }) => keys.add(name))
    }
    inside(at).forEach(visit)
  }
  visit(ast)
  return keys
}
