/** Reads the options of a batch workflow. Each member is read once. */
import type * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type { RowSink, RowSource } from "../../Batch.ts"
import { sinkMethods, sourceMethods } from "../../internal/batch/files/rowFormat.ts"
import { invalid, readLimit } from "../../internal/batch/options.ts"
import { guardReads, readOptions } from "../../internal/operation/readMembers.ts"
import type { InvalidInputError } from "../../SageMakerError.ts"
import type { BatchWorkflowOptions } from "../BatchWorkflow.ts"
import type { Files } from "./schemas.ts"

const defaultChunkRows = 1_000

const defaultChunksInFlight = 16

const defaultChunkRetries = 10

const readCount = (field: string, value: unknown, initial: number, min = 1): Either.Either<number, InvalidInputError> =>
  Either.filterOrLeft(
    readLimit(field, value, initial, min),
    Number.isSafeInteger,
    () => invalid(field, `an integer of at least ${min}`)
  )

/** Checks that the member is a function. */
const readFunction = <F>(field: string, value: F, result: string): Either.Either<F, InvalidInputError> =>
  typeof value === "function" ? Either.right(value) : Either.left(invalid(field, `a function that returns ${result}`))

export const readSettings = <Row, Out, A, B, E, Record, E2, R2, E3, R3, R4>(
  options: BatchWorkflowOptions<Row, Out, A, B, E, Record, E2, R2, E3, R3, R4>
) =>
  Either.gen(function*() {
    const members = (yield* readOptions(options, "options")) as unknown as typeof options
    const { chunkRetries, chunkRows, chunksInFlight, input, output, record, ...batch } = members
    return {
      batch,
      input: yield* readFunction("input", input, "a source of rows"),
      output: yield* readFunction("output", output, "a sink of records"),
      record: yield* readFunction("record", record, "a record of the output"),
      chunkRows: yield* readCount("chunkRows", chunkRows, defaultChunkRows),
      chunksInFlight: yield* readCount("chunksInFlight", chunksInFlight, defaultChunksInFlight),
      chunkRetries: yield* readCount("chunkRetries", chunkRetries, defaultChunkRetries, 0)
    }
  })

export type Settings<Row, Out, A, B, E, Record, E2, R2, E3, R3, R4> = Effect.Effect.Success<
  ReturnType<typeof readSettings<Row, Out, A, B, E, Record, E2, R2, E3, R3, R4>>
>

/** Opens the input and the output of an execution. */
export const openFiles = <Row, Record, E2, R2, E3, R3>(
  { input, output }: {
    readonly input: (location: string) => RowSource<Row, E2, R2>
    readonly output: (location: string) => RowSink<Record, E3, R3>
  },
  files: Files
) =>
  Either.gen(function*() {
    const source = yield* guardReads("input", () => input(files.input))
    const sink = yield* guardReads("output", () => output(files.output))
    return {
      source: yield* sourceMethods("input", source),
      sink: yield* sinkMethods("output", sink)
    }
  })
