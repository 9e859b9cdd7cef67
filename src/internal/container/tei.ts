/** Text Embeddings Inference: the model determines which of its APIs serves the route `/invocations`. */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import * as Codec from "../../Codec.ts"
import type {
  TeiEmbedOptions,
  TeiEmbedSparseRequest,
  TeiEndpoint,
  TeiOptions,
  TeiPrediction,
  TeiPredictRequest,
  TeiRank,
  TeiRerankRequest,
  TeiSimilarityRequest,
  TeiSparseValue
} from "../../container/Tei.ts"
import * as ModelEndpoint from "../../ModelEndpoint.ts"
import type { CodecError } from "../../SageMakerError.ts"
import { unreadableValue } from "../codec/codecError.ts"
import { withSettingsOf } from "../modelEndpoint/embeddings/settings.ts"
import { readMembers, readOptions } from "../operation/readMembers.ts"
import { nullish, open } from "../schema/fields.ts"
import { lazySchema } from "../schema/lazySchema.ts"
import { wireJson } from "./wireJson.ts"

const prediction: Schema.Schema<TeiPrediction> = lazySchema(() => open({ score: Schema.Number, label: Schema.String }))

const rank: Schema.Schema<TeiRank> = lazySchema(() =>
  open({
    index: Schema.Number,
    score: Schema.Number,
    text: nullish(Schema.String)
  })
)

const sparseValue: Schema.Schema<TeiSparseValue> = lazySchema(() =>
  open({ index: Schema.Number, value: Schema.Number })
)

const predictions = lazySchema(() => Schema.Union(Schema.Array(Schema.Array(prediction)), Schema.Array(prediction)))

type Members = Readonly<Record<string, unknown>>

const embedMembers = ["truncate", "truncation_direction", "normalize", "prompt_name"]
const batchMembers = ["dimensions", "pooling", "maxBatchSize", "maxBatchBytes", "concurrency", "request"]

const pick = (members: Members, names: ReadonlyArray<string>): Members =>
  Object.fromEntries(Object.entries(members).filter(([name, value]) => names.includes(name) && value !== undefined))

const omit = (members: Members, names: ReadonlyArray<string>): Members =>
  Object.fromEntries(Object.entries(members).filter(([name]) => !names.includes(name)))

/** Moves the members of TEI's requests from the options to the request body. Invalid options fail the call. */
const embedOptions = (options: TeiEmbedOptions | undefined): ModelEndpoint.EmbedOptions | undefined =>
  Either.match(readOptions(options, "options"), {
    onLeft: () => options,
    onRight: (members) => {
      const body = pick(members, embedMembers)
      const own = members["request"]
      const request = typeof own === "object" && own !== null && !Array.isArray(own) ? { ...body, ...own } : own ?? body
      return { ...omit(members, embedMembers), request } as ModelEndpoint.EmbedOptions
    }
  })

const embedder = (name: string, options: TeiOptions | undefined) => {
  const model = ModelEndpoint.embeddings(
    name,
    Either.isLeft(readOptions(options, "options")) ? options : { ...embedOptions(options), format: "huggingFace" }
  )
  return {
    embeddings: model,
    embed: (text: string, given?: TeiEmbedOptions) => model.embed(text, embedOptions(given)),
    embedWithResponse: (text: string, given?: TeiEmbedOptions) => model.embedWithResponse(text, embedOptions(given)),
    embedMany: (texts: ReadonlyArray<string>, given?: TeiEmbedOptions) => model.embedMany(texts, embedOptions(given)),
    embedManyWithResponse: (texts: ReadonlyArray<string>, given?: TeiEmbedOptions) =>
      model.embedManyWithResponse(texts, embedOptions(given))
  }
}

const json = Codec.json(lazySchema(() => Schema.Record({ key: Schema.String, value: Schema.Unknown })))

/** A codec of requests. Members of the options are sent with every request, unless the request has them. */
const requestCodec = <A extends object>(defaults: Members): Codec.Codec<A> => ({
  mediaType: json.mediaType,
  reads: json.reads,
  encode: (value) =>
    Either.match(readMembers(Object(value), "request"), {
      onLeft: () => Effect.fail(unreadableValue(json.mediaType)),
      onRight: (members) => json.encode({ ...defaults, ...members })
    }),
  decode: (body, contentType) => json.decode(body, contentType) as Effect.Effect<A, CodecError>
})

const modelsOf = (name: string, options: TeiOptions | undefined) => {
  const given = readOptions(options, "options")
  const members: Members = Either.getOrElse(given, () => ({}))
  const make = <A extends object, B>(defaults: ReadonlyArray<string>, response: Schema.Schema<B>) => {
    const codecs = { request: requestCodec<A>(pick(members, defaults)), response: wireJson(response) }
    const operation = omit(members, [...embedMembers, ...batchMembers])
    return ModelEndpoint.make(
      name,
      Either.isLeft(given) ? options as object as typeof codecs : { ...operation, ...codecs }
    )
  }
  return {
    rerank: make<TeiRerankRequest, ReadonlyArray<TeiRank>>(["truncate", "truncation_direction"], Schema.Array(rank)),
    predict: make<TeiPredictRequest, typeof predictions.Type>(["truncate", "truncation_direction"], predictions),
    embedSparse: make<TeiEmbedSparseRequest, ReadonlyArray<ReadonlyArray<TeiSparseValue>>>(
      ["truncate", "truncation_direction", "prompt_name"],
      Schema.Array(Schema.Array(sparseValue))
    ),
    similarity: make<TeiSimilarityRequest, ReadonlyArray<number>>([], Schema.Array(Schema.Number))
  }
}

export const tei = (name: string, options: TeiOptions | undefined): TeiEndpoint => {
  const { embeddings, ...embed } = embedder(name, options)
  const models = modelsOf(name, options)
  const endpoint: TeiEndpoint = {
    name,
    defaults: embeddings.defaults,
    ...embed,
    rerank: models.rerank.invoke,
    predict: models.predict.invoke as TeiEndpoint["predict"],
    embedSparse: models.embedSparse.invoke,
    similarity: models.similarity.invoke,
    models: { ...models, embeddings }
  }
  return withSettingsOf(endpoint, embeddings)
}
