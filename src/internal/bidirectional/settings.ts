/** Reads the options of the functions for parts and messages, which callers pass. */
import * as Either from "effect/Either"
import * as Stream from "effect/Stream"
import type { DataType } from "../../InvokeEndpointWithBidirectionalStream.ts"
import { InvalidInputError } from "../../SageMakerError.ts"
import { type Members, readOptions } from "../operation/readMembers.ts"

const mebibyte = 1024 * 1024

const bytesBetween = (
  options: Members,
  field: string,
  [minimum, maximum, initial]: readonly [minimum: number, maximum: number, initial: number]
): Either.Either<number, InvalidInputError> => {
  const value = options[field] ?? initial
  return typeof value === "number" && Number.isInteger(value) && value >= minimum && value <= maximum
    ? Either.right(value)
    : Either.left(new InvalidInputError({ field, constraint: `an integer from ${minimum} to ${maximum}` }))
}

const oneOf = <const A extends string>(
  options: Members,
  field: string,
  values: ReadonlyArray<A>
): Either.Either<A | undefined, InvalidInputError> => {
  const value = options[field] ?? undefined
  const found = values.find((each) => each === value)
  return value === undefined || found !== undefined
    ? Either.right(found)
    : Either.left(new InvalidInputError({ field, constraint: values.join(" or ") }))
}

export interface PartsSettings {
  readonly DataType: DataType | undefined
  readonly maxPartBytes: number
}

/** A character has up to 4 bytes. The limit of an event is 24 MiB, including the signed event around it. */
export const partsSettings = (options: unknown): Either.Either<PartsSettings, InvalidInputError> =>
  Either.flatMap(readOptions(options, "options"), (members) =>
    Either.all({
      DataType: oneOf(members, "DataType", ["UTF8", "BINARY"]),
      maxPartBytes: bytesBetween(members, "maxPartBytes", [4, 16 * mebibyte, mebibyte])
    }))

export const maxMessageBytes = (options: unknown): Either.Either<number, InvalidInputError> =>
  Either.flatMap(
    readOptions(options, "options"),
    (members) => bytesBetween(members, "maxMessageBytes", [1, Number.MAX_SAFE_INTEGER, 64 * mebibyte])
  )

export const binaryParts = (options: unknown): Either.Either<"skip" | "fail", InvalidInputError> =>
  Either.flatMap(
    readOptions(options, "options"),
    (members) => Either.map(oneOf(members, "binary", ["skip", "fail"]), (binary = "skip") => binary)
  )

/** A stream that reads its settings when it runs, and fails if they are invalid. */
export const withSettings = <S, A, E, R>(
  settings: () => Either.Either<S, InvalidInputError>,
  use: (settings: S) => Stream.Stream<A, E, R>
): Stream.Stream<A, E | InvalidInputError, R> =>
  Stream.suspend((): Stream.Stream<A, E | InvalidInputError, R> => {
    const read = settings()
    return Either.isLeft(read) ? Stream.fail(read.left) : use(read.right)
  })
