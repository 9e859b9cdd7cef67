/** Standard input as the input of a batch, and standard output as its output. */
import * as NodeStream from "@effect/platform-node/NodeStream"
import { isPlatformError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import { Batch } from "effect-sagemaker-runtime"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import process from "node:process"
import { CommandError } from "../../output/failure.ts"
import { cannotWrite } from "../../output/files.ts"
import { chunkWriter } from "../../output/terminal.ts"
import { CellsRecord, cellsRecord, jsonRecord, type RowResult } from "../rows/records.ts"
import { jsonOptions } from "../rows/requests.ts"

const lines = Batch.jsonLines(Schema.Unknown, jsonOptions)

const table = Batch.csv(CellsRecord, { header: true })

const stdin: Stream.Stream<Uint8Array, CommandError> = Stream.suspend(() =>
  NodeStream.fromReadable<CommandError>(
    () => process.stdin,
    () => new CommandError({ message: "cannot read standard input" })
  )
)

/** The values of JSON Lines in standard input, while they arrive. */
export const stdinValues = lines.read(stdin)

/** Stores standard input in a temporary file, for formats that are not read from the start to the end. */
export const stdinFile = Effect.gen(function*() {
  const files = yield* FileSystem.FileSystem
  const path = yield* Effect.mapError(
    files.makeTempFileScoped({ prefix: "effect-sagemaker-runtime-" }),
    () => new CommandError({ message: "cannot store standard input: no temporary file can be written" })
  )
  yield* Effect.mapError(
    Stream.run(stdin, files.sink(path)),
    (error) => (isPlatformError(error) ? cannotWrite(path) : error)
  )
  return path
})

/** Prints results to standard output. */
export const print = <E, R>(rows: Stream.Stream<RowResult, E, R>, format: "csv" | "jsonl", verbose: boolean) =>
  Stream.runForEach(
    format === "csv"
      ? table.write(Stream.map(rows, cellsRecord))
      : lines.write(Stream.map(rows, (result) => jsonRecord(result, verbose))),
    chunkWriter()
  )
