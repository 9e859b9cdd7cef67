/** How codecs fail: what was expected and where, never what was found. */
import * as ParseResult from "effect/ParseResult"
import type * as AST from "effect/SchemaAST"
import { CodecError } from "../../SageMakerError.ts"
import { declaredKeys } from "./declaredKeys.ts"

export const unencodable = (mediaType: string, problem: string, issues: ReadonlyArray<string> = []): CodecError =>
  new CodecError({
    message: `The value cannot be written as ${mediaType}: ${problem}`,
    mediaType,
    direction: "encode",
    issues
  })

export const undecodable = (
  mediaType: string,
  body: Uint8Array,
  problem: string,
  issues: ReadonlyArray<string> = []
): CodecError =>
  new CodecError({
    message: `The payload cannot be read as ${mediaType}: ${problem}`,
    mediaType,
    direction: "decode",
    issues,
    body
  })

/** Where a value does not fit a schema; keys that are the payload's own are stars. */
export const issuesOf = (ast: AST.AST): (error: ParseResult.ParseError) => ReadonlyArray<string> => {
  const declared = declaredKeys(ast)
  return (error) =>
    ParseResult.ArrayFormatter.formatErrorSync(error).map(({ _tag, message, path }) => {
      const keys = path.map((key) => (typeof key === "number" || declared.has(key) ? String(key) : "*"))
      const at = keys.length === 0 ? "the payload" : keys.join(".")
      const expected = /^Expected (.*?), actual /s.exec(message)?.[1]
      return _tag === "Missing"
        ? `${at} is missing`
        : expected === undefined
        ? `${at} does not fit (${_tag})`
        : `${at} must be ${expected}`
    })
}
