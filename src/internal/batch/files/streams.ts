/** Rows of sources and sinks as streams. */
import * as Effect from "effect/Effect"
import { dual } from "effect/Function"
import * as Stream from "effect/Stream"
import type { RowSink, RowSource } from "../../../Batch.ts"
import type { InvalidInputError } from "../../../SageMakerError.ts"
import { sinkMethods, sourceMethods } from "./rowFormat.ts"

export const rows = <A, E, R>(source: RowSource<A, E, R>): Stream.Stream<A, E | InvalidInputError, R> =>
  Stream.unwrap(Effect.map(sourceMethods("source", source), (methods) => methods.rows))

export const writeTo: {
  <A, E, R>(
    sink: RowSink<A, E, R>
  ): <E2, R2>(records: Stream.Stream<A, E2, R2>) => Effect.Effect<void, E | E2 | InvalidInputError, R | R2>
  <A, E, R, E2, R2>(
    records: Stream.Stream<A, E2, R2>,
    sink: RowSink<A, E, R>
  ): Effect.Effect<void, E | E2 | InvalidInputError, R | R2>
} = dual(
  2,
  <A, E, R, E2, R2>(records: Stream.Stream<A, E2, R2>, sink: RowSink<A, E, R>) =>
    Effect.flatMap(sinkMethods("sink", sink), (methods) => methods.write(records))
)

/** The rows that are counted at once. */
const countedRows = 65_536

export const countRows = <A, E, R>(source: RowSource<A, E, R>): Effect.Effect<number, E | InvalidInputError, R> =>
  Effect.flatMap(
    sourceMethods("source", source),
    ({ chunks }) => Stream.runFold(chunks(countedRows, () => false), 0, (count, { range }) => count + range.rows)
  )
