/** CSV without the transformations of a schema. */
import * as Either from "effect/Either"
import type * as AST from "effect/SchemaAST"
import type { Codec } from "../../../Codec.ts"
import { stripFromText } from "../../../protocol/bytes/byteOrderMark.ts"
import { parse } from "../../../protocol/payload/mediaType.ts"
import { decodeText, encodeText } from "../charset.ts"
import { undecodable, unencodable, unreadableValue } from "../codecError.ts"
import { mediaTypeRead } from "../mediaTypes.ts"
import type { Locate } from "../schemaCodec.ts"
import { read } from "./reader.ts"
import { type Format, type Table, tableOf } from "./table.ts"
import { write } from "./writer.ts"

const mediaType = "text/csv"

/** The `header` parameter of a content type (RFC 4180) overrides the option. */
const formatOf = (format: Format, contentType: string | undefined): Format => {
  const declared = parse(contentType ?? "")?.parameters.get("header")?.toLowerCase()
  return { ...format, header: declared === "present" || (format.header && declared !== "absent") }
}

const isNumber = (key: string | number | undefined): key is number => typeof key === "number"

/** The row and the column of a path. */
const locateIn = ({ isMany, row: { _tag } }: Table): Locate => (path) => {
  const [first] = path
  const row = isMany && isNumber(first) ? first + 1 : undefined
  const [column, ...rest] = row === undefined ? path : path.slice(1)
  const cell = isNumber(column) ? `cell ${column + 1}` : `column ${column}`
  const texts = [
    ...(row === undefined ? [] : [`row ${row}`]),
    ...(column === undefined || _tag === "Cell" ? [] : [cell])
  ]
  return { place: texts.join(", "), path: rest, row }
}

export const csvTable = <I>(
  ast: AST.AST,
  format: Format
): { readonly codec: Codec<I>; readonly locate: Locate } => {
  const table = tableOf(ast)
  const codec: Codec<I> = {
    mediaType,
    encode: (value) =>
      Either.try({ try: () => write(table, value, format), catch: () => unreadableValue(mediaType) }).pipe(
        Either.flatMap(Either.mapLeft((problem) => unencodable(mediaType, problem))),
        Either.flatMap((text) => encodeText(mediaType, text))
      ),
    decode: (body, contentType) => {
      const named = mediaTypeRead(mediaType, contentType)
      return Either.flatMap(
        decodeText(named, body, contentType),
        (text) =>
          Either.mapBoth(read(table, stripFromText(text), formatOf(format, contentType)), {
            onLeft: (problem) => undecodable(named, body, problem),
            onRight: (value) => value as I
          })
      )
    }
  }
  return { codec, locate: locateIn(table) }
}
