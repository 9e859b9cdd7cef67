/** The values that the workflow engine stores. */
import * as Schema from "effect/Schema"
import { RowRange } from "../../internal/batch/files/format.ts"

/** What an execution processes. */
export const executionFields = {
  id: Schema.String,
  input: Schema.String,
  output: Schema.String
}

export interface Files {
  readonly input: string
  readonly output: string
}

/** One chunk of an execution. */
export const chunkFields = {
  /** The execution ID of the batch. */
  batch: Schema.String,
  input: Schema.String,
  output: Schema.String,
  range: RowRange
}

const Identity = Schema.Struct({ bytes: Schema.NonNegativeInt, sha256: Schema.String })

/** The result of the division of an input. */
export const Division = Schema.Struct({ input: Identity, rows: Schema.NonNegativeInt })

export type Division = typeof Division.Type

/** The ranges of an input, which are stored beside the output. */
export const Ranges = Schema.Struct({
  version: Schema.Literal(1),
  input: Identity,
  chunkRows: Schema.NonNegativeInt,
  ranges: Schema.Array(RowRange)
})

export type Ranges = typeof Ranges.Type
