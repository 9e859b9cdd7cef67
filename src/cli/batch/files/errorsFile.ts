/** Writes the rows that failed to a file, as JSON Lines: a row has its position and its error. */
import * as FileSystem from "@effect/platform/FileSystem"
import { Batch, Codec } from "effect-sagemaker-runtime"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Stream from "effect/Stream"
import { cannotWrite, streamToFile } from "../../output/files.ts"
import { jsonRecord, type RowResult } from "../rows/records.ts"
import { anyJsonLines } from "../rows/requests.ts"
import { type Row, valueOfRow } from "../rows/row.ts"
import type { Input } from "./inputs.ts"

const lineOf = (index: number, error: unknown, row: Row) =>
  Effect.map(
    Codec.encode([{ index, error, row: row._tag === "File" ? row.file.name : valueOfRow(row) }], anyJsonLines),
    ({ Body }) => Buffer.concat([Body, Buffer.from("\n")])
  )

/** Reads the input and the output together, and writes the rows that failed. */
export const writeErrors = <Raw, E, R>(
  path: string,
  { source, toRow }: Input<Raw>,
  errors: Stream.Stream<unknown, E, R>
) =>
  Batch.rows(source).pipe(
    Stream.zip(errors),
    Stream.zipWithIndex,
    Stream.filter(([[, error]]) => error !== undefined),
    Stream.mapEffect(([[raw, error], index]) => lineOf(index, error, toRow(raw))),
    (lines) => streamToFile(path, lines)
  )

/** Opens the file for results that are printed. Returns a function that writes a result if its row failed. */
export const errorWriter = (path: string, verbose: boolean) =>
  Effect.gen(function*() {
    const files = yield* FileSystem.FileSystem
    const file = yield* Effect.mapError(files.open(path, { flag: "w" }), () => cannotWrite(path))
    return ({ index, result, row }: RowResult) =>
      Either.isRight(result)
        ? Effect.void
        : lineOf(index, jsonRecord({ index, result, row }, verbose).error, row).pipe(
          Effect.flatMap((line) => Effect.mapError(file.writeAll(line), () => cannotWrite(path)))
        )
  })
