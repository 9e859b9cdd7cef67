/** The arguments of tool calls, and the JSON Schema of a tool's parameters. */
import * as Effect from "effect/Effect"
import * as JSONSchema from "effect/JSONSchema"
import * as Predicate from "effect/Predicate"
import type * as Schema from "effect/Schema"
import type * as AST from "effect/SchemaAST"
import type { ChatCalledFunction } from "../../Chat.ts"
import * as Codec from "../../Codec.ts"
import type { CodecError } from "../../SageMakerError.ts"
import { undecodable } from "../codec/codecError.ts"

/** Effect's IDs of an empty struct and of `Schema.Object`. Their JSON Schema accepts arrays, and has no `type`. */
const objectIds = new Set(["/schemas/%7B%7D", "/schemas/object"])

/** Chat templates read the `type` and the `properties`, and an `$id` changes the meaning of references. */
const withoutEffectId = (_: string, value: unknown): unknown => {
  if (!Predicate.isRecord(value) || typeof value["$id"] !== "string" || !value["$id"].startsWith("/schemas/")) {
    return value
  }
  const { $id, ...members } = value
  if (!objectIds.has($id)) {
    return members
  }
  const { anyOf: _anyOf, ...others } = members
  return { type: "object", properties: {}, ...others }
}

/** Servers often do not support a reference at the top level. */
export const toJsonSchema = (ast: AST.AST): object => {
  const $defs = {}
  const jsonSchema = JSONSchema.fromAST(ast, { definitions: $defs, topLevelReferenceStrategy: "skip" })
  const schema = Object.keys($defs).length === 0 ? jsonSchema : { ...jsonSchema, $defs }
  return JSON.parse(JSON.stringify(schema), withoutEffectId) as object
}

/** The arguments as JSON text. Servers parse it, and models write no text or `null` for a function without parameters. */
export const argumentsText = (value: string | object | null | undefined): string => {
  const text = typeof value === "string" ? value : JSON.stringify(value ?? {})
  return ["", "null"].includes(text.trim()) ? "{}" : text
}

const encoder = new TextEncoder()

export const decodeArguments = <A, I, R>(
  call: ChatCalledFunction,
  schema: Schema.Schema<A, I, R>
): Effect.Effect<A, CodecError, R> =>
  Effect.flatMap(
    Effect.try({
      try: () => encoder.encode(argumentsText(call.function?.arguments ?? call.arguments)),
      catch: () => undecodable("application/json", new Uint8Array(), "expected a tool call with arguments")
    }),
    Codec.json(schema).decode
  )
