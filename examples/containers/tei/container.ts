import { Effect, Either, Schema } from "effect"
import { Emulator } from "effect-sagemaker-runtime/testing"

const maxBatchSize = 32
const maxTokens = 512

const words = (text: string): ReadonlyArray<string> => text.toLowerCase().match(/\p{L}+/gu) ?? []

const failure = (status: number, error: string, error_type: string) =>
  Emulator.containerError({
    status,
    body: JSON.stringify({ error, error_type }),
    contentType: "application/json"
  })

const rejection = (status: number, body: string) =>
  Emulator.containerError({ status, body, contentType: "text/plain; charset=utf-8" })

const readJson = <A, I>(schema: Schema.Schema<A, I>, body: Uint8Array) =>
  Effect.try({
    try: () => JSON.parse(new TextDecoder().decode(body)) as unknown,
    catch: () => rejection(400, "Failed to parse the request body as JSON")
  }).pipe(
    Effect.map(Schema.decodeUnknownEither(schema)),
    Effect.flatMap(Either.mapLeft(() => rejection(422, "Failed to deserialize the JSON body into the target type")))
  )

const checkBatch = (texts: ReadonlyArray<unknown>) =>
  texts.length > maxBatchSize
    ? Effect.fail(
      failure(413, `batch size ${texts.length} > maximum allowed batch size ${maxBatchSize}`, "Validation")
    )
    : Effect.void

const tokensOf = (text: string, truncate: boolean | undefined) => {
  const tokens = words(text)
  if (tokens.length <= maxTokens) {
    return Effect.succeed(tokens)
  }
  return truncate === true
    ? Effect.succeed(tokens.slice(0, maxTokens))
    : Effect.fail(
      failure(
        413,
        `Input validation error: \`inputs\` must have less than ${maxTokens} tokens. Given: ${tokens.length}`,
        "Validation"
      )
    )
}

const json = (value: unknown) => ({ ContentType: "application/json", Body: JSON.stringify(value) })

const hash = (word: string): number =>
  Array.from(word).reduce((sum, letter) => (sum * 31 + letter.codePointAt(0)!) % 64, 7)

const embed = (tokens: ReadonlyArray<string>, normalize: boolean): ReadonlyArray<number> => {
  const vector = Array<number>(64).fill(0)
  for (const token of tokens) {
    vector[hash(token)]! += 1
  }
  const length = Math.hypot(...vector) || 1
  return normalize ? vector.map((value) => value / length) : vector
}

const EmbedRequest = Schema.Struct({
  inputs: Schema.Union(Schema.String, Schema.Array(Schema.String)),
  truncate: Schema.optional(Schema.NullOr(Schema.Boolean)),
  normalize: Schema.optionalWith(Schema.Boolean, { default: () => true })
})

export const embeddingContainer = (name: string) =>
  Emulator.endpoint(name, ({ Body }) =>
    Effect.gen(function*() {
      const { inputs, normalize, truncate } = yield* readJson(EmbedRequest, Body)
      const texts = typeof inputs === "string" ? [inputs] : inputs
      if (texts.length === 0) {
        return yield* failure(400, "`inputs` cannot be empty", "Empty")
      }
      yield* checkBatch(texts)
      const tokens = yield* Effect.forEach(texts, (text) => tokensOf(text, truncate ?? undefined))
      return json(tokens.map((list) => embed(list, normalize)))
    }))

const RerankRequest = Schema.Struct({
  query: Schema.String,
  texts: Schema.Array(Schema.String),
  truncate: Schema.optional(Schema.NullOr(Schema.Boolean)),
  raw_scores: Schema.optionalWith(Schema.Boolean, { default: () => false }),
  return_text: Schema.optionalWith(Schema.Boolean, { default: () => false })
})

const sigmoid = (value: number): number => 1 / (1 + Math.exp(-value))

export const rerankContainer = (name: string) =>
  Emulator.endpoint(name, ({ Body }) =>
    Effect.gen(function*() {
      const { query, raw_scores, return_text, texts, truncate } = yield* readJson(RerankRequest, Body)
      if (texts.length === 0) {
        return yield* failure(400, "`texts` cannot be empty", "Empty")
      }
      yield* checkBatch(texts)
      const wanted = new Set(words(query))
      const ranks = yield* Effect.forEach(texts, (text, index) =>
        Effect.map(tokensOf(text, truncate ?? undefined), (tokens) => {
          const score = tokens.filter((token) => wanted.has(token)).length * 2 - 3
          return { index, ...(return_text ? { text } : {}), score: raw_scores ? score : sigmoid(score) }
        }))
      return json(ranks.toSorted((one, other) =>
        other.score - one.score
      ))
    }))

const Sequence = Schema.Union(Schema.Tuple(Schema.String), Schema.Tuple(Schema.String, Schema.String))

const PredictRequest = Schema.Struct({
  inputs: Schema.Union(Schema.String, Sequence, Schema.Array(Sequence)),
  truncate: Schema.optional(Schema.NullOr(Schema.Boolean)),
  raw_scores: Schema.optionalWith(Schema.Boolean, { default: () => false })
})

const joyful = new Set(["glad", "great", "happy", "love"])

const isBatch = (inputs: typeof PredictRequest.Type["inputs"]): inputs is ReadonlyArray<typeof Sequence.Type> =>
  Array.isArray(inputs[0])

export const classifierContainer = (name: string) =>
  Emulator.endpoint(name, ({ Body }) =>
    Effect.gen(function*() {
      const { inputs, raw_scores, truncate } = yield* readJson(PredictRequest, Body)
      const batch = isBatch(inputs) ? inputs : [[inputs].flat()]
      yield* checkBatch(batch)
      const predictions = yield* Effect.forEach(batch, (texts) =>
        Effect.map(tokensOf(texts.join(" "), truncate ?? undefined), (tokens) => {
          const score = tokens.filter((token) => joyful.has(token)).length * 4 - 2
          return [
            { score: raw_scores ? score : sigmoid(score), label: "joy" },
            { score: raw_scores ? -score : sigmoid(-score), label: "neutral" }
          ].toSorted((one, other) =>
            other.score - one.score
          )
        }))
      return json(isBatch(inputs) ? predictions : predictions[0])
    }))
