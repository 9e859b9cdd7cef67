/** LIBSVM's sparse rows as payloads. */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type { Codec } from "../../Codec.ts"
import { stripFromText } from "../../protocol/bytes/byteOrderMark.ts"
import { type Invalid, parse, type Row, write } from "../../protocol/payload/libsvm.ts"
import type { CodecError } from "../../SageMakerError.ts"
import { decodeText, encodeText } from "./charset.ts"
import { type Problem, undecodable, unencodable, unreadableValue } from "./codecError.ts"
import { mediaTypeRead } from "./mediaTypes.ts"

const mediaType = "text/libsvm"

const toProblem = ({ line, problem }: Invalid): Problem => ({ problem: `line ${line}: ${problem}`, line })

/** The members of the rows, each read once. */
const copyOf = (rows: ReadonlyArray<Row>): ReadonlyArray<Row> =>
  Array.from(rows, ({ features, label, qid }) => ({
    label,
    qid,
    features: Array.from(features, ({ index, value }) => ({ index, value }))
  }))

const encodeRows = (rows: ReadonlyArray<Row>): Either.Either<Uint8Array, CodecError> =>
  Either.try({ try: () => write(copyOf(rows)), catch: () => unreadableValue(mediaType) }).pipe(
    Either.flatMap((text) =>
      typeof text === "string" ? encodeText(mediaType, text) : Either.left(unencodable(mediaType, toProblem(text)))
    )
  )

export const libsvmCodec: Codec<ReadonlyArray<Row>> = {
  mediaType,
  reads: [mediaType, "text/x-libsvm"],
  encode: (rows) => Effect.suspend(() => encodeRows(rows)),
  decode: (body, contentType) =>
    Effect.suspend(() => {
      const named = mediaTypeRead(mediaType, contentType)
      return Either.flatMap(decodeText(mediaType, body, contentType), (text) => {
        const rows = parse(stripFromText(text))
        return "problem" in rows ? Either.left(undecodable(named, body, toProblem(rows))) : Either.right(rows)
      })
    })
}
