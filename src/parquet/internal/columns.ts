/** The columns of a Parquet file for a schema, and the conversion of their values. */
import * as Option from "effect/Option"
import * as AST from "effect/SchemaAST"
import type { SchemaElement } from "hyparquet-writer"

type LeafKind = "bigint" | "boolean" | "bytes" | "date" | "double" | "int64" | "json" | "string"

/** The type of a value. */
export type ValueType =
  | { readonly _tag: "Leaf"; readonly kind: LeafKind }
  | { readonly _tag: "List"; readonly element: Value }
  | { readonly _tag: "Struct"; readonly fields: ReadonlyArray<Field> }

/** A value, and what it is if it has none. */
export interface Value {
  readonly type: ValueType
  readonly isNullable: boolean
  /** Whether the value can be undefined, or absent. */
  readonly isOptional: boolean
}

/** A member of a struct. */
export interface Field extends Value {
  readonly name: string
}

const leaf = (kind: LeafKind): ValueType => ({ _tag: "Leaf", kind })

const value = (type: ValueType): Value => ({ type, isNullable: false, isOptional: false })

const isInteger = (ast: AST.Annotated): boolean =>
  Option.exists(
    AST.getJSONSchemaAnnotation(ast),
    (annotation) => (annotation as { readonly type?: unknown }).type === "integer"
  )

const literalKind = (literal: AST.LiteralValue): LeafKind => {
  switch (typeof literal) {
    case "string":
      return "string"
    case "boolean":
      return "boolean"
    case "bigint":
      return "bigint"
    default:
      return "double"
  }
}

const declarations: { readonly [identifier: string]: LeafKind } = {
  DateFromSelf: "date",
  Uint8ArrayFromSelf: "bytes"
}

const isSameLeaf = (one: ValueType, other: ValueType): boolean =>
  one._tag === "Leaf" && other._tag === "Leaf" && one.kind === other.kind

/** The common type of values, JSON if there is none. */
const commonType = ([first, ...others]: ReadonlyArray<ValueType>): ValueType =>
  first !== undefined && others.every((other) => isSameLeaf(first, other)) ? first : leaf("json")

const unionOf = (members: ReadonlyArray<Value>): Value => {
  const present = members.filter(({ type }) => type !== absent)
  return {
    type: commonType(present.map(({ type }) => type)),
    isNullable: members.some(({ isNullable }) => isNullable),
    isOptional: members.some(({ isOptional }) => isOptional)
  }
}

/** The type of null and undefined, which have no column. */
const absent = leaf("json")

const tupleOf = ({ elements, rest }: AST.TupleType): ValueType => {
  const [first, ...others] = [...elements, ...rest].map(({ type }) => valueOf(type))
  if (first === undefined) {
    return leaf("json")
  }
  const isList = others.every(({ type }) => isSameLeaf(first.type, type))
  return isList
    ? {
      _tag: "List",
      element: {
        type: first.type,
        isNullable: [first, ...others].some(({ isNullable }) => isNullable),
        isOptional: [first, ...others].some(({ isOptional }) => isOptional)
      }
    }
    : leaf("json")
}

const fieldsOf = ({ propertySignatures }: AST.TypeLiteral): ReadonlyArray<Field> =>
  propertySignatures.map(({ isOptional, name, type }) => {
    const member = valueOf(type)
    return { ...member, name: String(name), isOptional: isOptional || member.isOptional }
  })

/** The value of the encoded side of a schema. */
export const valueOf = (ast: AST.AST): Value => {
  switch (ast._tag) {
    case "Transformation":
      return valueOf(ast.from)
    case "Refinement": {
      const from = valueOf(ast.from)
      return isInteger(ast) && isSameLeaf(from.type, leaf("double")) ? { ...from, type: leaf("int64") } : from
    }
    case "StringKeyword":
    case "TemplateLiteral":
      return value(leaf("string"))
    case "NumberKeyword":
      return value(leaf("double"))
    case "BooleanKeyword":
      return value(leaf("boolean"))
    case "BigIntKeyword":
      return value(leaf("bigint"))
    case "UndefinedKeyword":
    case "VoidKeyword":
      return { type: absent, isNullable: false, isOptional: true }
    case "Literal":
      return ast.literal === null
        ? { type: absent, isNullable: true, isOptional: false }
        : value(leaf(literalKind(ast.literal)))
    case "Enums":
      return unionOf(ast.enums.map(([, literal]) => value(leaf(literalKind(literal)))))
    case "Union":
      return unionOf(ast.types.map(valueOf))
    case "TupleType":
      return value(tupleOf(ast))
    case "TypeLiteral":
      return value(
        ast.indexSignatures.length === 0 && ast.propertySignatures.length > 0
          ? { _tag: "Struct", fields: fieldsOf(ast) }
          : leaf("json")
      )
    case "Declaration":
      return value(leaf(declarations[Option.getOrElse(AST.getIdentifierAnnotation(ast), () => "")] ?? "json"))
    default:
      return { type: leaf("json"), isNullable: true, isOptional: true }
  }
}

type Element = Omit<SchemaElement, "name" | "repetition_type">

const leafElements: { readonly [_ in LeafKind]: Element } = {
  bigint: { type: "INT64" },
  boolean: { type: "BOOLEAN" },
  bytes: { type: "BYTE_ARRAY" },
  date: { type: "INT64", converted_type: "TIMESTAMP_MILLIS" },
  double: { type: "DOUBLE" },
  int64: { type: "INT64" },
  json: { type: "BYTE_ARRAY", converted_type: "JSON" },
  string: { type: "BYTE_ARRAY", converted_type: "UTF8" }
}

/** The elements of Parquet's schema for a column. */
export const elementsOf = ({ isNullable, isOptional, name, type }: Field): ReadonlyArray<SchemaElement> => {
  const start = { name, repetition_type: isNullable || isOptional ? "OPTIONAL" as const : "REQUIRED" as const }
  switch (type._tag) {
    case "Leaf":
      return [{ ...start, ...leafElements[type.kind] }]
    case "List":
      return [
        { ...start, converted_type: "LIST", num_children: 1 },
        { name: "list", repetition_type: "REPEATED", num_children: 1 },
        ...elementsOf({ ...type.element, name: "element" })
      ]
    default:
      return [{ ...start, num_children: type.fields.length }, ...type.fields.flatMap(elementsOf)]
  }
}
