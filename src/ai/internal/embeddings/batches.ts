/** Sends texts in requests that succeed or fail on their own. */
import type * as AiError from "@effect/ai/AiError"
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import { batchesOf } from "../../../internal/modelEndpoint/embeddings/batches.ts"
import { settingsOf } from "../../../internal/modelEndpoint/embeddings/settings.ts"
import { byteLength } from "../../../protocol/bytes/utf8.ts"
import { InvalidInputError } from "../../../SageMakerError.ts"
import type { EmbeddingEndpointModel } from "../../SageMakerEmbeddingModel.ts"
import { toAiError } from "../provider/aiError.ts"
import { provideServices } from "../provider/services.ts"

/** The result of one text. */
type Vector = Exit.Exit<Array<number>, AiError.AiError>

/** The results of texts, in their order. */
export type EmbedTexts = (texts: ReadonlyArray<string>) => Effect.Effect<ReadonlyArray<Vector>>

/** Limits of the requests of a model. */
export interface Limits {
  readonly maxBatchSize: number
  readonly maxBatchBytes: number
  readonly concurrency: number | "unbounded"
}

const isPositiveInteger = (value: number): boolean => Number.isInteger(value) && value >= 1

/** The limits of the endpoint. `maxBatchSize` of the layer overrides that of the endpoint. */
export const limitsOf = (
  model: EmbeddingEndpointModel,
  maxBatchSize: number | undefined
): Either.Either<Limits, InvalidInputError> =>
  maxBatchSize !== undefined && !isPositiveInteger(maxBatchSize)
    ? Either.left(new InvalidInputError({ field: "maxBatchSize", constraint: "a positive integer" }))
    : Either.map(settingsOf(model), (own) => ({
      maxBatchSize: maxBatchSize ?? own.maxBatchSize ?? 32,
      maxBatchBytes: own.maxBatchBytes ?? Infinity,
      concurrency: own.concurrency ?? 1
    }))

const call = (model: EmbeddingEndpointModel) =>
  toAiError({ module: "SageMakerEmbeddingModel", method: "embed", endpoint: model.name })

/** Why no request can have the text. */
const problemOf = (text: unknown, { maxBatchBytes }: Limits): InvalidInputError | undefined => {
  if (typeof text !== "string") {
    return new InvalidInputError({ field: "text", constraint: "a string" })
  }
  return byteLength(text) > maxBatchBytes
    ? new InvalidInputError({ field: "text", constraint: `at most ${maxBatchBytes} bytes long (maxBatchBytes)` })
    : undefined
}

/** Sends one request and adds its vectors, or its failure, to the results of its texts. */
const send = (
  model: EmbeddingEndpointModel,
  layer: Context.Context<never>,
  texts: ReadonlyArray<string>
): Effect.Effect<ReadonlyArray<Vector>> =>
  model.embedMany(texts, { maxBatchSize: texts.length }).pipe(
    provideServices(layer),
    Effect.mapError(call(model)),
    Effect.exit,
    Effect.map((exit) => texts.map((_, index) => Exit.map(exit, (vectors) => Array.from(vectors[index] ?? []))))
  )

/** Sends texts to a model. A text that no request can have fails on its own. */
export const embedTexts = (
  model: EmbeddingEndpointModel,
  layer: Context.Context<never>,
  limits: Either.Either<Limits, InvalidInputError>
): EmbedTexts =>
  Effect.fnUntraced(function*(texts: ReadonlyArray<string>) {
    if (Either.isLeft(limits)) {
      return texts.map(() => Exit.fail(call(model)(limits.left)))
    }
    const problems = texts.map((text) => problemOf(text, limits.right))
    const valid = texts.filter((_, index) => problems[index] === undefined)
    const batches = Either.getOrElse(batchesOf(valid, limits.right), () => [])
    const sent = yield* Effect.forEach(batches, (batch) => send(model, layer, batch.texts), {
      concurrency: limits.right.concurrency
    })
    const results = sent.flat().values()
    return problems.map((problem): Vector =>
      problem === undefined ? results.next().value! : Exit.fail(call(model)(problem))
    )
  })
