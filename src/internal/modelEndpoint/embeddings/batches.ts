/** The texts of an embedding call, divided into requests. */
import * as Either from "effect/Either"
import { byteLength } from "../../../protocol/bytes/utf8.ts"
import { InvalidInputError } from "../../../SageMakerError.ts"
import { guardReads } from "../../operation/readMembers.ts"

/** The limits of one request. */
export interface Limits {
  readonly maxBatchSize: number
  readonly maxBatchBytes: number
}

/** The texts of one request. */
export interface Batch {
  /** The position of the first text in the list of the call. */
  readonly start: number
  readonly texts: ReadonlyArray<string>
}

const inList = (index: number): string => `texts[${index}]`

const notText = (field: string) => new InvalidInputError({ field, constraint: "a string" })

/** A list with one text. */
export const readText = (text: unknown): Either.Either<ReadonlyArray<string>, InvalidInputError> =>
  typeof text === "string" ? Either.right([text]) : Either.left(notText("text"))

/** The list of texts, read once. */
export const readTexts = (texts: unknown): Either.Either<ReadonlyArray<string>, InvalidInputError> =>
  Either.flatMap(
    guardReads("texts", () => (Array.isArray(texts) ? Array.from<unknown>(texts) : undefined)),
    (list) => {
      if (list === undefined) {
        return Either.left(new InvalidInputError({ field: "texts", constraint: "a list of strings" }))
      }
      const invalid = list.findIndex((text) => typeof text !== "string")
      return invalid === -1
        ? Either.right(list as ReadonlyArray<string>)
        : Either.left(notText(inList(invalid)))
    }
  )

const divide = (texts: ReadonlyArray<string>, sizes: ReadonlyArray<number>, limits: Limits): ReadonlyArray<Batch> => {
  const batches: Array<Batch> = []
  let start = 0
  let bytes = 0
  texts.forEach((_, index) => {
    const size = sizes[index] ?? 0
    if (index - start === limits.maxBatchSize || bytes + size > limits.maxBatchBytes) {
      batches.push({ start, texts: texts.slice(start, index) })
      start = index
      bytes = 0
    }
    bytes += size
  })
  return texts.length === 0 ? batches : [...batches, { start, texts: texts.slice(start) }]
}

/** Divides texts into batches in their order. Fails for a text that no batch can hold. */
export const batchesOf = (
  texts: ReadonlyArray<string>,
  limits: Limits,
  fieldOf: (index: number) => string = inList
): Either.Either<ReadonlyArray<Batch>, InvalidInputError> => {
  const sizes = limits.maxBatchBytes === Infinity ? [] : texts.map(byteLength)
  const tooLarge = sizes.findIndex((size) => size > limits.maxBatchBytes)
  return tooLarge === -1
    ? Either.right(divide(texts, sizes, limits))
    : Either.left(
      new InvalidInputError({
        field: fieldOf(tooLarge),
        constraint: `at most ${limits.maxBatchBytes} bytes of UTF-8 (maxBatchBytes)`
      })
    )
}
