/** The endpoint of the XGBoost preset. */
import * as Effect from "effect/Effect"
import type { XgboostEndpoint, XgboostOptions, XgboostPrediction, XgboostRow } from "../../../Container.ts"
import type { ModelEndpointOptions } from "../../../ModelEndpoint.ts"
import { listOf } from "../../batch/batchers.ts"
import { undecodable } from "../../codec/codecError.ts"
import { makeEndpoint, ownOptions } from "../preset.ts"
import { responseCodec } from "./predictions.ts"
import { rowsCodec } from "./rows.ts"
import type { Score } from "./scores.ts"

const ownMembers = ["objective", "input", "multiOutput", "output"]

const classObjectives = new Set(["binary:hinge", "multi:softmax"])

const noBytes = new Uint8Array()

const wrongCount = (rows: number, predictions: number) =>
  undecodable("application/json", noBytes, `expected ${rows} predictions, one for each row, found ${predictions}`)

const withoutScore = () =>
  undecodable(
    "application/json",
    noBytes,
    "a prediction has no score: use predictDetails to read the selected content"
  )

const scoreOrThrow = ({ score }: XgboostPrediction<Score>): Score => {
  if (score === undefined) {
    throw withoutScore()
  }
  return score
}

const scoreOf = ({ score }: XgboostPrediction<Score>) =>
  score === undefined ? Effect.fail(withoutScore()) : Effect.succeed(score)

export const make = (name: string, objective: string | XgboostOptions<string>): XgboostEndpoint<Score> => {
  const options: XgboostOptions<string> = typeof objective === "string" ? { objective } : objective
  const own = ownOptions(options)
  const endpoint = makeEndpoint(name, options, ownMembers, {
    request: rowsCodec(own.input ?? "csv"),
    response: responseCodec({
      isList: own.multiOutput ?? own.objective === "multi:softprob",
      isClass: classObjectives.has(own.objective ?? ""),
      content: own.output
    })
  })
  const predictDetails = (rows: ReadonlyArray<XgboostRow>, callOptions?: ModelEndpointOptions) =>
    Effect.filterOrFail(
      Effect.map(endpoint.invoke(rows, callOptions), ({ predictions }) => predictions),
      (predictions) => predictions.length === rows.length,
      (predictions) => wrongCount(rows.length, predictions.length)
    )
  return {
    ...endpoint,
    predictDetails,
    batcher: {
      join: (rows) => rows,
      split: ({ predictions }) => listOf(predictions, "predictions").map(scoreOrThrow)
    },
    predict: (rows, callOptions) =>
      Effect.flatMap(predictDetails(rows, callOptions), (predictions) => Effect.forEach(predictions, scoreOf))
  }
}
