/** Writes rows as a Parquet file, one row group at a time. */
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { CodecError } from "../../SageMakerError.ts"
import { elementsOf, type Field } from "./columns.ts"
import { loadWriter, unwritable } from "./packages.ts"
import { writeValue } from "./values.ts"

/** A row of a schema's encoded side. */
export type Row = { readonly [name: string]: unknown }

interface WriteOptions {
  readonly fields: ReadonlyArray<Field>
  readonly compression: "snappy" | "uncompressed"
  readonly rowGroupRows: number
}

const columnsOf = (fields: ReadonlyArray<Field>, rows: ReadonlyArray<Row>) =>
  fields.map((field) => ({
    name: field.name,
    data: rows.map((row) => writeValue(field, Object.hasOwn(row, field.name) ? row[field.name] : null))
  }))

const makeWriter = ({ compression, fields }: WriteOptions) =>
  Effect.map(loadWriter, ({ ByteWriter, ParquetWriter }) => {
    const bytes = new ByteWriter()
    const writer = new ParquetWriter({
      writer: bytes,
      schema: [{ name: "schema", num_children: fields.length }, ...fields.flatMap(elementsOf)],
      codec: compression === "snappy" ? "SNAPPY" : "UNCOMPRESSED",
      createdBy: "effect-sagemaker-runtime"
    })
    /** Removes the bytes that were written. */
    const take = (): Uint8Array => {
      const taken = bytes.getBytes().slice()
      bytes.index = 0
      return taken
    }
    const attempt = (write: () => unknown): Effect.Effect<Uint8Array, CodecError> =>
      Effect.try({
        try: () => {
          void write()
          return take()
        },
        catch: () => unwritable("a row has a value that its column cannot have")
      })
    return {
      group: (rows: ReadonlyArray<Row>) =>
        attempt(() => writer.write({ columnData: columnsOf(fields, rows), rowGroupSize: rows.length })),
      finish: attempt(() => writer.finish())
    }
  })

/** The bytes of a file with rows. */
export const writeFile = <E, R>(
  rows: Stream.Stream<Row, E, R>,
  options: WriteOptions
): Stream.Stream<Uint8Array, CodecError | E, R> =>
  Stream.unwrap(Effect.map(makeWriter(options), (writer) =>
    Stream.concat(
      Stream.mapEffect(
        Stream.filter(Stream.chunks(Stream.rechunk(rows, options.rowGroupRows)), Chunk.isNonEmpty),
        (group) => writer.group(Chunk.toReadonlyArray(group))
      ),
      Stream.fromEffect(writer.finish)
    )))
