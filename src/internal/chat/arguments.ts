/** The arguments of tool calls, and the JSON Schema of a tool's parameters. */
import * as Effect from "effect/Effect"
import * as JSONSchema from "effect/JSONSchema"
import type * as Schema from "effect/Schema"
import type * as AST from "effect/SchemaAST"
import type { ChatCalledFunction } from "../../Chat.ts"
import * as Codec from "../../Codec.ts"
import type { CodecError } from "../../SageMakerError.ts"
import { undecodable } from "../codec/codecError.ts"

/** Servers often do not support a reference at the top level. */
export const toJsonSchema = (ast: AST.AST): object => {
  const $defs = {}
  const jsonSchema = JSONSchema.fromAST(ast, { definitions: $defs, topLevelReferenceStrategy: "skip" })
  return Object.keys($defs).length === 0 ? jsonSchema : { ...jsonSchema, $defs }
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
