/**
 * Reads the vectors of an embedding response: OpenAI's list of indexed embeddings, or nested lists of numbers as TEI and
 * Hugging Face's pipelines write them. A problem is described without any part of the payload.
 */
import { decodeBase64 } from "#base64"
import * as Either from "effect/Either"

export type Vector = ReadonlyArray<number>

/** What a response must contain. */
export interface Expected {
  /** The position of the first text of the request in the list of the call. */
  readonly start: number
  readonly count: number
  readonly pooling: "mean" | undefined
}

type Result<A> = Either.Either<A, string>

const isRecord = (value: unknown): value is { readonly [member: string]: unknown } =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** The members that contain the vectors if the response is an object. OpenAI's is the first one. */
const listMembers = ["data", "embeddings", "embedding", "vectors"]

const listIn = (value: unknown): Result<ReadonlyArray<unknown>> => {
  const list = isRecord(value)
    ? listMembers.map((member) => value[member]).find((candidate) => Array.isArray(candidate))
    : value
  return Array.isArray(list)
    ? Either.right(list as ReadonlyArray<unknown>)
    : Either.left("the payload must be a list of vectors or an object with the list data")
}

const countProblem = (found: number, { count, start }: Expected): string =>
  count === 1
    ? `expected 1 vector for text ${start}, found ${found}`
    : `expected ${count} vectors for texts ${start} to ${start + count - 1}, found ${found}`

/** Where an item belongs. Servers that omit every index keep the order of the texts. */
const indexOf = (item: { readonly [member: string]: unknown }, position: number, isIndexed: boolean): unknown =>
  isIndexed ? item["index"] : position

const hasIndex = (item: unknown): boolean => isRecord(item) && item["index"] !== undefined && item["index"] !== null

/** The embeddings of OpenAI's items, in the order of their indexes. */
const byIndex = (items: ReadonlyArray<unknown>, expected: Expected): Result<ReadonlyArray<unknown>> => {
  const isIndexed = items.some(hasIndex)
  const embeddings = new Map<number, unknown>()
  for (const [position, item] of items.entries()) {
    if (!isRecord(item) || item["embedding"] === undefined) {
      return Either.left(`the embedding of item ${position} is missing`)
    }
    const index = indexOf(item, position, isIndexed)
    if (typeof index !== "number") {
      return Either.left(`the index of item ${position} must be a number`)
    }
    if (!Number.isInteger(index) || index < 0 || index >= expected.count) {
      return Either.left(`the index of item ${position} must be an integer from 0 to ${expected.count - 1}`)
    }
    if (embeddings.has(index)) {
      return Either.left(`the index of item ${position} must be unique: text ${expected.start + index} has two vectors`)
    }
    embeddings.set(index, item["embedding"])
  }
  return Either.right(Array.from({ length: expected.count }, (_, index) => embeddings.get(index)))
}

const isNumberList = ([first]: ReadonlyArray<unknown>): boolean => !Array.isArray(first) && typeof first !== "string"

/** One element per text. The response to one text can omit the list of texts. */
const perText = (list: ReadonlyArray<unknown>, expected: Expected): Result<ReadonlyArray<unknown>> => {
  if (list.some(isRecord)) {
    return list.length === expected.count ? byIndex(list, expected) : Either.left(countProblem(list.length, expected))
  }
  if (
    expected.count === 1 && list.length > 0 && (isNumberList(list) || list.length > 1 && expected.pooling === "mean")
  ) {
    return Either.right([list])
  }
  return list.length === expected.count ? Either.right(list) : Either.left(countProblem(list.length, expected))
}

/** The numbers of OpenAI's Base64 encoding: 32-bit floats, least significant byte first. */
const fromBase64 = (text: string): Vector | undefined => {
  const bytes = decodeBase64(text)
  if (bytes === undefined || bytes.byteLength % 4 !== 0) {
    return undefined
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  // `Array.from` with a callback takes ten times as long.
  const numbers = Array<number>(bytes.byteLength / 4)
  for (let index = 0; index < numbers.length; index += 1) {
    numbers[index] = view.getFloat32(index * 4, true)
  }
  return numbers
}

const vector = (value: unknown, what: string): Result<Vector> => {
  if (!Array.isArray(value) || value.length === 0) {
    return Either.left(`${what} must be a list of numbers`)
  }
  const list = value as ReadonlyArray<unknown>
  const invalid = list.findIndex((element) => typeof element !== "number" || !Number.isFinite(element))
  return invalid === -1
    ? Either.right(list as Vector)
    : Either.left(`${what} must have numbers only: the value at position ${invalid} is not a finite number`)
}

const mean = (vectors: ReadonlyArray<Vector>): Vector =>
  Array.from(vectors[0]!, (_, dimension) => {
    let sum = 0
    for (const one of vectors) {
      sum += one[dimension]!
    }
    return sum / vectors.length
  })

/** The token vectors of one text. Hugging Face's pipelines add a list with one element around them. */
const tokenVectors = (value: ReadonlyArray<unknown>): ReadonlyArray<unknown> => {
  const [first] = value
  return value.length === 1 && Array.isArray(first) && Array.isArray(first[0]) ? tokenVectors(first) : value
}

const pooled = (tokens: ReadonlyArray<unknown>, text: number): Result<Vector> => {
  const vectors: Array<Vector> = []
  for (const [position, token] of tokens.entries()) {
    const one = vector(token, `the vector of token ${position} of text ${text}`)
    if (Either.isLeft(one)) {
      return one
    }
    if (one.right.length !== (vectors[0] ?? one.right).length) {
      return Either.left(
        `the vector of token ${position} of text ${text} must have ${
          vectors[0]!.length
        } numbers, as the vectors before it`
      )
    }
    vectors.push(one.right)
  }
  return Either.right(mean(vectors))
}

const vectorOf = (value: unknown, text: number, pooling: Expected["pooling"]): Result<Vector> => {
  if (typeof value === "string") {
    const numbers = fromBase64(value)
    return numbers === undefined
      ? Either.left(`the vector of text ${text} must be Base64 of 32-bit floats`)
      : vector(numbers, `the vector of text ${text}`)
  }
  if (!Array.isArray(value) || !Array.isArray(value[0])) {
    return vector(value, `the vector of text ${text}`)
  }
  return pooling === "mean"
    ? pooled(tokenVectors(value), text)
    : Either.left(
      `the response has a vector per token of text ${text}: set the option pooling to "mean", or deploy the model with pooling`
    )
}

/** The vectors of a response, in the order of the texts. */
export const readVectors = (value: unknown, expected: Expected): Result<ReadonlyArray<Vector>> =>
  Either.gen(function*() {
    const values = yield* perText(yield* listIn(value), expected)
    const vectors: Array<Vector> = []
    for (const [position, one] of values.entries()) {
      vectors.push(yield* vectorOf(one, expected.start + position, expected.pooling))
    }
    return vectors
  })
