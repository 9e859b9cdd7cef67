/** Formats, sources and sinks of rows, with their methods. */
import * as Either from "effect/Either"
import * as Predicate from "effect/Predicate"
import type { RowFormat, RowSink, RowSource } from "../../../Batch.ts"
import type { InvalidInputError } from "../../../SageMakerError.ts"
import { guardReads } from "../../operation/readMembers.ts"
import { invalid } from "../options.ts"
import type { FormatMethods } from "./format.ts"
import type { SinkMethods, SourceMethods } from "./methods.ts"

/** The methods are not in the declarations of the package, so that they can change. */
export const makeFormat = <A, R>(methods: FormatMethods<A, R>): RowFormat<A, R> => ({ methods })

export const makeSource = <A, E, R>(name: string, source: SourceMethods<A, E, R>): RowSource<A, E, R> => ({
  name,
  source
})

export const makeSink = <A, E, R>(name: string, sink: SinkMethods<A, E, R>): RowSink<A, E, R> => ({ name, sink })

/** Reads the methods. An object that this module did not make has none. */
const readMethods = <A>(field: string, read: () => A, what: string): Either.Either<A, InvalidInputError> =>
  Either.filterOrLeft(guardReads(field, read), Predicate.isObject, () => invalid(field, what)) as Either.Either<
    A,
    InvalidInputError
  >

export const formatMethods = <A, R>(format: RowFormat<A, R>): Either.Either<FormatMethods<A, R>, InvalidInputError> =>
  readMethods("format", () => format.methods, "a format such as Batch.csv(schema)")

export const sourceMethods = <A, E, R>(
  field: string,
  source: RowSource<A, E, R>
): Either.Either<SourceMethods<A, E, R>, InvalidInputError> =>
  readMethods(field, () => source.source, "a source of rows such as Batch.file(path, format)")

export const sinkMethods = <A, E, R>(
  field: string,
  sink: RowSink<A, E, R>
): Either.Either<SinkMethods<A, E, R>, InvalidInputError> =>
  readMethods(field, () => sink.sink, "a sink of rows such as Batch.file(path, format)")
