/** Walks the nodes of a schema. */
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

/** All nodes of a schema, each once. */
export const nodes = (ast: AST.AST): ReadonlySet<AST.AST> => {
  const visited = new Set<AST.AST>([ast])
  for (const node of visited) {
    children(node).forEach((child) => visited.add(child))
  }
  return visited
}

/** The structs and records of a schema. */
export const typeLiterals = (ast: AST.AST): ReadonlyArray<AST.TypeLiteral> => [...nodes(ast)].filter(AST.isTypeLiteral)
