/** Divides an input into ranges, finds the ranges whose parts are missing, and joins the parts. */
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { isSameInput } from "../../internal/batch/files/checkpoint.ts"
import type { RowRange } from "../../internal/batch/files/format.ts"
import { checkPlaces, type SinkMethods, type SourceMethods } from "../../internal/batch/files/methods.ts"
import { coveredRows } from "../../internal/batch/files/parts.ts"
import { invalid } from "../../internal/batch/options.ts"
import { type Division, Ranges } from "./schemas.ts"

/** The ranges are stored beside the parts, so that they are removed with them. */
const suffix = ".parts/ranges"

const StoredRanges = Schema.parseJson(Ranges)

const readRanges = <Record, E, R>(sink: SinkMethods<Record, E, R>) =>
  Effect.flatMap(sink.readBeside(suffix), (text) =>
    text === undefined
      ? Effect.succeed(undefined)
      : Effect.mapError(
        Schema.decode(StoredRanges)(text),
        () => invalid("output", `an output whose file ${suffix} was written by a batch: remove the file to start again`)
      ))

const divisionOf = ({ input, ranges }: Ranges): Division => {
  const last = ranges.at(-1)
  return { input, rows: last === undefined ? 0 : last.first + last.rows }
}

/** Divides the input. The parts of an earlier execution that was not finished are kept, if it had the same ranges. */
export const divide = <Row, E, R, Record, E2, R2>(
  source: SourceMethods<Row, E, R>,
  sink: SinkMethods<Record, E2, R2>,
  chunkRows: number
) =>
  Effect.gen(function*() {
    yield* checkPlaces(source, sink)
    const input = yield* source.identify
    const stored = yield* readRanges(sink)
    if (stored !== undefined && isSameInput(stored.input, input) && stored.chunkRows === chunkRows) {
      return divisionOf(stored)
    }
    yield* Effect.zipRight(sink.removeParts, sink.parts)
    const chunks = yield* Stream.runCollect(source.chunks(chunkRows, () => false))
    const ranges: Ranges = {
      version: 1,
      input,
      chunkRows,
      ranges: Chunk.toReadonlyArray(chunks).map(({ range }) => range)
    }
    yield* sink.writeBeside(suffix, Schema.encodeSync(StoredRanges)(ranges))
    return divisionOf(ranges)
  })

/** The ranges that have no part. After the parts were joined, there are none. */
export const missingRanges = <Record, E, R>(sink: SinkMethods<Record, E, R>) =>
  Effect.gen(function*() {
    const stored = yield* readRanges(sink)
    const parts = new Set((yield* sink.parts).map(({ first }) => first))
    return stored === undefined ? [] : stored.ranges.filter(({ first }: RowRange) => !parts.has(first))
  })

/** The number of rows of the input. `undefined` if the ranges are not stored. */
export const storedRows = <Record, E, R>(sink: SinkMethods<Record, E, R>) =>
  Effect.map(readRanges(sink), (stored) => (stored === undefined ? undefined : divisionOf(stored).rows))

const total = (counts: ReadonlyArray<number>): number => counts.reduce((sum, count) => sum + count, 0)

/** The rows of the parts. */
export const doneRows = <Record, E, R>(sink: SinkMethods<Record, E, R>) =>
  Effect.map(sink.parts, (parts) => ({
    rows: total(parts.map(({ rows }) => rows)),
    failed: total(parts.map(({ failed }) => failed))
  }))

/** Joins the parts to the output. It can run again until `removeParts`. */
export const join = <Row, E, R, Record, E2, R2>(
  source: SourceMethods<Row, E, R>,
  sink: SinkMethods<Record, E2, R2>,
  division: Division
) =>
  Effect.gen(function*() {
    if (!isSameInput(yield* source.identify, division.input)) {
      return yield* Effect.fail(invalid("input", "an input that does not change during the batch"))
    }
    if (coveredRows(yield* sink.parts) !== division.rows) {
      return yield* Effect.fail(invalid("output", "the output of one execution at a time: parts of it were removed"))
    }
    const summary = yield* doneRows(sink)
    yield* sink.join
    return summary
  })
