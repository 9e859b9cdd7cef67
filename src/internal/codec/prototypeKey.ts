/**
 * Members named `__proto__`.
 *
 * Effect's schemas copy the members of a record by assignment. An assignment to `__proto__` changes the prototype of the
 * copy, or loses the member. Values with such a member are rejected if the schema would copy it.
 */
import * as Option from "effect/Option"
import * as AST from "effect/SchemaAST"
import { nodes, typeLiterals } from "./schemaAst.ts"

const key = "__proto__"

/** Whether a schema can copy a member with any name: it has a record, declares the name, or keeps unknown members. */
export const assignsAnyKey = (ast: AST.AST): boolean =>
  typeLiterals(ast).some(({ indexSignatures, propertySignatures }) =>
    indexSignatures.length > 0 || propertySignatures.some(({ name }) => name === key)
  ) || [...nodes(ast)].some((node) => Option.isSome(AST.getParseOptionsAnnotation(node)))

const memberValues = (value: object): ReadonlyArray<unknown> =>
  Array.isArray(value)
    ? value
    : Object.values(Object.getOwnPropertyDescriptors(value)).map((property): unknown => property.value)

const isObject = (value: unknown): value is object => typeof value === "object" && value !== null

/** Whether an object in a value has an own member named `__proto__`. Getters are not called. */
export const hasPrototypeKey = (value: unknown): boolean => {
  const visited = new Set<object>()
  const pending: Array<unknown> = [value]
  while (pending.length > 0) {
    const next = pending.pop()
    if (!isObject(next) || ArrayBuffer.isView(next) || visited.has(next)) {
      continue
    }
    visited.add(next)
    if (Object.hasOwn(next, key)) {
      return true
    }
    for (const member of memberValues(next)) {
      if (isObject(member)) {
        pending.push(member)
      }
    }
  }
  return false
}
