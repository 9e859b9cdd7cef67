/** Converts integers of JSON to the type that a schema declares: `bigint` or number. */
import * as AST from "effect/SchemaAST"

type Convert = (value: unknown) => unknown

const unchanged: Convert = (value) => value

/** The nodes that describe the values of a schema, without unions, refinements and suspensions. */
const leavesOf = (ast: AST.AST): ReadonlyArray<AST.AST> => {
  switch (ast._tag) {
    case "Union":
      return ast.types.flatMap(leavesOf)
    case "Refinement":
      return leavesOf(ast.from)
    case "Suspend":
      return leavesOf(ast.f())
    default:
      return [ast]
  }
}

/** The type of the numbers that a node accepts. Nodes of any value accept both. */
const numberTypes = (ast: AST.AST): ReadonlyArray<"number" | "bigint"> => {
  switch (ast._tag) {
    case "NumberKeyword":
    case "Enums":
      return ["number"]
    case "BigIntKeyword":
      return ["bigint"]
    case "Literal":
      return typeof ast.literal === "number" || typeof ast.literal === "bigint"
        ? [typeof ast.literal as "number" | "bigint"]
        : []
    case "AnyKeyword":
    case "UnknownKeyword":
    case "Declaration":
      return ["number", "bigint"]
    default:
      return []
  }
}

const convertNumber = (leaves: ReadonlyArray<AST.AST>): Convert => {
  const types = new Set(leaves.flatMap(numberTypes))
  if (types.size !== 1) {
    return unchanged
  }
  return types.has("bigint")
    ? (value) => (Number.isSafeInteger(value) ? BigInt(value as number) : value)
    : Number
}

const memberTypes = (name: string) => ({ indexSignatures, propertySignatures }: AST.TypeLiteral) => {
  const declared = propertySignatures.filter((property) => property.name === name)
  return (declared.length === 0 ? indexSignatures : declared).map(({ type }) => type)
}

const elementTypes = (index: number) => ({ elements, rest }: AST.TupleType) =>
  (index < elements.length ? [elements[index]!] : rest).map(({ type }) => type)

/** Whether the literal members of a struct, such as `type`, have their values. */
const isMeant = (value: object) => ({ propertySignatures }: AST.TypeLiteral): boolean =>
  propertySignatures.every(({ name, type }) => !AST.isLiteral(type) || type.literal === Reflect.get(value, name))

const memoized = <K>(make: (key: K) => Convert): (key: K) => Convert => {
  const made = new Map<K, Convert>()
  return (key) => {
    const known = made.get(key) ?? make(key)
    made.set(key, known)
    return known
  }
}

const memberConversion = (structs: ReadonlyArray<AST.TypeLiteral>): (name: string) => Convert =>
  memoized((name) => conversion(structs.flatMap(memberTypes(name))))

const convertMembers = (structs: ReadonlyArray<AST.TypeLiteral>): (value: object) => void => {
  const bySubset = new Map<string, (name: string) => Convert>()
  return (value) => {
    const meant = structs.length === 1 ? structs : structs.filter(isMeant(value))
    const key = meant.map((struct) => structs.indexOf(struct)).join()
    const member = bySubset.get(key) ?? memberConversion(meant)
    bySubset.set(key, member)
    for (const name of Object.keys(value)) {
      Reflect.set(value, name, member(name)(Reflect.get(value, name)))
    }
  }
}

const convertElements = (tuples: ReadonlyArray<AST.TupleType>): (values: Array<unknown>) => void => {
  const last = Math.max(0, ...tuples.map(({ elements }) => elements.length))
  const element = memoized((index: number) => conversion(tuples.flatMap(elementTypes(index))))
  return (values) => {
    for (const [index, value] of values.entries()) {
      values[index] = element(Math.min(index, last))(value)
    }
  }
}

/** Converts a parsed value in place. */
const conversion = (types: ReadonlyArray<AST.AST>): Convert => {
  const leaves = types.flatMap(leavesOf)
  const number = convertNumber(leaves)
  const members = convertMembers(leaves.filter(AST.isTypeLiteral))
  const elements = convertElements(leaves.filter(AST.isTupleType))
  return (value) => {
    if (typeof value === "number" || typeof value === "bigint") {
      return number(value)
    }
    if (Array.isArray(value)) {
      elements(value)
    } else if (typeof value === "object" && value !== null) {
      members(value)
    }
    return value
  }
}

/**
 * Converts the integers of a parsed value in place, by the encoded side of a schema: to `bigint` where the schema accepts
 * no number, to a number where it accepts no `bigint`. Other integers stay as they were parsed.
 */
export const integerConversion = (ast: AST.AST): Convert => conversion([AST.encodedAST(ast)])
