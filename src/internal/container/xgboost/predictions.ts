/** Responses of XGBoost: scores and selected content in JSON, JSON Lines and CSV. */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type * as Codec from "../../../Codec.ts"
import type { XgboostContent, XgboostPrediction, XgboostResponse } from "../../../Container.ts"
import { stripFromText } from "../../../protocol/bytes/byteOrderMark.ts"
import { nonBlankLines } from "../../../protocol/bytes/lines.ts"
import type { CodecError } from "../../../SageMakerError.ts"
import { decodeText } from "../../codec/charset.ts"
import { undecodable } from "../../codec/codecError.ts"
import { jsonLinesTypes, jsonTypes } from "../../codec/mediaTypes.ts"
import { anyJson, isRecord } from "../wireJson.ts"
import { readContent, readScores, type Score } from "./scores.ts"

/** How the objective and the options describe a prediction. */
export interface Form {
  readonly isList: boolean
  readonly isClass: boolean
  readonly content: ReadonlyArray<XgboostContent> | undefined
}

const mediaType = "application/json"

const numberMembers = ["predicted_label", "probability", "raw_score", "predicted_score"]
const listMembers = ["labels", "probabilities", "raw_scores"]

/** The members that contain the score, if there is no member `score`. */
const scoreMembers = ({ isClass, isList }: Form): ReadonlyArray<string> => {
  if (isList) {
    return ["probabilities", "raw_scores"]
  }
  return isClass ? ["predicted_label"] : ["predicted_score", "probability", "raw_score"]
}

const toNumber = (value: unknown): number | undefined => {
  if (value === null) {
    return Number.NaN
  }
  return typeof value === "number" || typeof value === "bigint" ? Number(value) : undefined
}

const toList = (value: unknown): ReadonlyArray<number> | undefined => {
  const list = (Array.isArray(value) ? value : [value]).map(toNumber)
  return list.every((element) => element !== undefined) ? list : undefined
}

const toScore = (value: unknown, isList: boolean): Score | undefined => {
  if (isList) {
    return Array.isArray(value) ? toList(value) : undefined
  }
  return toNumber(Array.isArray(value) && value.length === 1 ? value[0] : value)
}

const checkContent = (row: { readonly [member: string]: unknown }): Either.Either<object, string> => {
  const checked: Record<string, unknown> = {}
  for (const member of [...numberMembers, ...listMembers]) {
    const value = row[member]
    if (value === undefined || value === null) {
      continue
    }
    const isList = listMembers.includes(member)
    checked[member] = isList ? toList(value) : toNumber(value)
    if (checked[member] === undefined) {
      return Either.left(`.${member}: expected ${isList ? "a list of numbers" : "number"}`)
    }
  }
  return Either.right(checked)
}

const expectedScore = ({ isList }: Form): string =>
  isList ? "expected a list of numbers" : "expected one number: set the option multiOutput for lists"

const toPrediction = (value: unknown, form: Form): Either.Either<XgboostPrediction<Score>, string> => {
  const row = isRecord(value) ? value : { score: value }
  const member = row["score"] === undefined
    ? scoreMembers(form).find((candidate) => row[candidate] !== undefined)
    : "score"
  return Either.flatMap(checkContent(row), (content) => {
    if (member === undefined) {
      return Either.right({ ...row, ...content })
    }
    const score = toScore({ ...row, ...content }[member], form.isList)
    return score === undefined
      ? Either.left(`.${member}: ${expectedScore(form)}`)
      : Either.right({ ...row, ...content, score })
  })
}

const toResponse = (value: unknown, form: Form): Either.Either<XgboostResponse<Score>, string> => {
  const members = isRecord(value) && Array.isArray(value["predictions"]) ? value : {}
  const rows = members["predictions"] ?? (Array.isArray(value) ? value : [value])
  return Either.map(
    Either.all(
      (rows as ReadonlyArray<unknown>).map((row, index) =>
        Either.mapLeft(toPrediction(row, form), (problem) => `predictions[${index}]${problem}`)
      )
    ),
    (predictions) => ({ ...members, predictions })
  )
}

const encoder = new TextEncoder()

/** One JSON value, or a value in each line. */
const readJson = (text: string): Effect.Effect<unknown, CodecError> => {
  const lines = nonBlankLines(text)
  const whole = anyJson.decode(encoder.encode(text))
  return lines.length > 1
    ? Effect.orElse(
      whole,
      () => Effect.forEach(lines, (line) => anyJson.decode(encoder.encode(line)))
    )
    : whole
}

const readCsv = (text: string, { content, isList }: Form): Either.Either<ReadonlyArray<unknown>, string> =>
  content === undefined ? readScores(text, isList) : readContent(text, content)

const isJson = (text: string): boolean => /^\s*(?:\{|\[\s*\{)/.test(text)

/** Decodes a response by its first character, because some containers send JSON as `text/csv` and the reverse. */
export const responseCodec = (form: Form): Codec.Codec<XgboostResponse<Score>> => ({
  mediaType,
  reads: [...jsonTypes, ...jsonLinesTypes, "text/*"],
  encode: (response) => anyJson.encode(response),
  decode: (body, contentType) =>
    Effect.gen(function*() {
      const text = stripFromText(yield* decodeText(mediaType, body, contentType))
      const fail = (problem: string) => undecodable(mediaType, body, problem, [problem])
      const value = isJson(text) ? yield* readJson(text) : yield* Either.mapLeft(readCsv(text, form), fail)
      return yield* Either.mapLeft(toResponse(value, form), fail)
    })
})
