/** CSV without the transformations of a schema. */
import * as Either from "effect/Either"
import type * as AST from "effect/SchemaAST"
import type { Codec } from "../../../Codec.ts"
import { stripFromText } from "../../../protocol/bytes/byteOrderMark.ts"
import { parse } from "../../../protocol/payload/mediaType.ts"
import { decodeText, encodeText } from "../charset.ts"
import { undecodable, unencodable, unreadableValue } from "../codecError.ts"
import { read } from "./reader.ts"
import { type Format, tableOf } from "./table.ts"
import { write } from "./writer.ts"

const mediaType = "text/csv"

/** The `header` parameter of a content type (RFC 4180) overrides the option. */
const formatOf = (format: Format, contentType: string | undefined): Format => {
  const declared = parse(contentType ?? "")?.parameters.get("header")?.toLowerCase()
  return { ...format, header: declared === "present" || (format.header && declared !== "absent") }
}

export const csvTable = <I>(ast: AST.AST, format: Format): Codec<I> => {
  const table = tableOf(ast)
  return {
    mediaType,
    encode: (value) =>
      Either.try({ try: () => write(table, value, format), catch: () => unreadableValue(mediaType) }).pipe(
        Either.flatMap(Either.mapLeft((problem) => unencodable(mediaType, problem))),
        Either.flatMap((text) => encodeText(mediaType, text))
      ),
    decode: (body, contentType) =>
      Either.flatMap(
        decodeText(mediaType, body, contentType),
        (text) =>
          Either.mapBoth(read(table, stripFromText(text), formatOf(format, contentType)), {
            onLeft: (problem) => undecodable(mediaType, body, problem),
            onRight: (value) => value as I
          })
      )
  }
}
