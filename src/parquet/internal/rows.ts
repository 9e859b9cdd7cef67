/** The codec of the rows of a row group, without bytes. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { Codec } from "../../Codec.ts"
import { type Locate, withSchema } from "../../internal/codec/schemaCodec.ts"
import type { CodecError } from "../../SageMakerError.ts"
import { mediaType } from "./packages.ts"
import type { Row } from "./write.ts"

/** The row and the column of a path. */
const locate: Locate = ([row, column, ...path]) => ({
  place: [
    ...(typeof row === "number" ? [`row ${row + 1}`] : []),
    ...(column === undefined ? [] : [`column ${String(column)}`])
  ].join(", "),
  path,
  row: typeof row === "number" ? row + 1 : undefined
})

/** Rows in the place of the bytes of a payload. */
class Rows extends Uint8Array {
  readonly rows: ReadonlyArray<Row>

  constructor(rows: ReadonlyArray<Row>) {
    super()
    this.rows = rows
  }
}

/** A codec whose payload is a list of rows. */
const payloadCodec: Codec<ReadonlyArray<Row>> = {
  mediaType,
  encode: (rows) => Effect.succeed(new Rows(rows)),
  decode: (payload) => Effect.succeed((payload as Rows).rows)
}

export interface RowsCodec<A, R> {
  readonly encode: (rows: ReadonlyArray<A>) => Effect.Effect<ReadonlyArray<Row>, CodecError, R>
  readonly decode: (rows: ReadonlyArray<Row>) => Effect.Effect<ReadonlyArray<A>, CodecError, R>
}

export const rowsCodec = <A, I extends object, R>(schema: Schema.Schema<A, I, R>): RowsCodec<A, R> => {
  const codec = withSchema(
    Schema.Array(schema),
    payloadCodec as unknown as Codec<ReadonlyArray<I>>,
    locate
  )
  return {
    encode: (rows) => Effect.map(codec.encode(rows), (payload) => (payload as Rows).rows),
    decode: (rows) => codec.decode(new Rows(rows))
  }
}
