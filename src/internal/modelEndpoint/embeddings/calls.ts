/** The calls of an embedding endpoint: divide the texts into requests, send them, read the vectors. */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import * as Codec from "../../../Codec.ts"
import type {
  EmbeddingBatch,
  EmbeddingEndpoint,
  EmbeddingOptions,
  EmbeddingRequest,
  EmbedOptions
} from "../../../ModelEndpoint.ts"
import type { InvalidInputError } from "../../../SageMakerError.ts"
import type { TokenUsage } from "../../../Tokens.ts"
import { undecodable } from "../../codec/codecError.ts"
import { lazySchema } from "../../schema/lazySchema.ts"
import { configOf, type Configured, definedMembers, invokeWithResponse } from "../calls.ts"
import { type ModelKind, ofLanguageModel } from "../modelKind.ts"
import { embeddingUsage, usageCount } from "../modelUsage.ts"
import { type Batch, batchesOf, readText, readTexts } from "./batches.ts"
import { type Own, readSettings, type Settings, withCallOptions } from "./settings.ts"
import { type Expected, readVectors, type Vector } from "./vectors.ts"

const requestCodec: Codec.Codec<EmbeddingRequest> = /*#__PURE__*/ Codec.json(
  lazySchema(() => Schema.Record({ key: Schema.String, value: Schema.Unknown }))
)

/** A number that is not finite is reported with its position, so the codec accepts it. */
const responseCodec: Codec.Codec<unknown> = /*#__PURE__*/ ofLanguageModel(
  { operation: "embeddings", usageOf: embeddingUsage },
  /*#__PURE__*/ Codec.json(Schema.Unknown, { nonFinite: true })
)

const decodedKind: ModelKind<Decoded> = { operation: "embeddings", usageOf: ({ body }) => embeddingUsage(body) }

type Endpoint = Configured<EmbeddingRequest, never, unknown, never>

/** The options of an endpoint and the model that they configure. */
export interface Configuration {
  readonly settings: Either.Either<Settings, InvalidInputError>
  readonly model: Endpoint
}

export const configure = (name: string, options: EmbeddingOptions | undefined): Configuration => {
  const settings = readSettings(options)
  return {
    settings,
    model: Either.flatMap(
      settings,
      ({ members }) => configOf(name, members, { request: requestCodec, response: responseCodec })
    )
  }
}

interface Decoded {
  readonly vectors: ReadonlyArray<Vector>
  readonly body: unknown
}

/** Decodes the response to one request. All responses of a call must have vectors of one length. */
const vectorCodec = (expected: Expected, length: Length): Codec.Codec<Decoded> => ({
  mediaType: responseCodec.mediaType,
  reads: responseCodec.reads,
  encode: ({ body }) => responseCodec.encode(body),
  decode: (bytes, contentType) =>
    Effect.flatMap(responseCodec.decode(bytes, contentType), (body) =>
      readVectors(body, expected).pipe(
        Either.flatMap((vectors) => sameLength(vectors, expected.start, length)),
        Either.mapBoth({
          onLeft: (problem) => undecodable(responseCodec.mediaType, bytes, { problem, issues: [problem] }),
          onRight: (vectors) => ({ vectors, body })
        })
      ))
})

/** The length of the first vector that was decoded. */
interface Length {
  current: number | undefined
}

const sameLength = (
  vectors: ReadonlyArray<Vector>,
  start: number,
  length: Length
): Either.Either<ReadonlyArray<Vector>, string> => {
  const expected = length.current ??= vectors[0]?.length
  const other = vectors.findIndex((vector) => vector.length !== expected)
  return other === -1
    ? Either.right(vectors)
    : Either.left(
      `the vector of text ${start + other} has ${
        vectors[other]!.length
      } numbers, another vector of the call has ${expected}`
    )
}

const requestOf = (input: string | ReadonlyArray<string>, own: Own): EmbeddingRequest => ({
  ...own.request,
  ...definedMembers({ model: own.model, dimensions: own.dimensions, encoding_format: own.encodingFormat }),
  [own.format === "huggingFace" ? "inputs" : "input"]: input
})

/** The options of one call with the options of the endpoint. */
const callSettings = ({ settings }: Configuration, options: EmbedOptions | undefined) =>
  Either.flatMap(settings, (endpoint) =>
    Either.map(readSettings(options), (call) => ({
      own: withCallOptions(endpoint.own, call.own),
      members: call.members
    })))

const sendWith = ({ model }: Configuration, { members, own }: Settings) => {
  const length: Length = { current: undefined }
  return ({ start, texts }: Batch, input: string | ReadonlyArray<string>) => {
    const expected = { start, count: texts.length, pooling: own.pooling === "mean" ? own.pooling : undefined }
    const call = Either.map(model, (config) => ({
      ...config,
      response: vectorCodec(expected, length),
      kind: decodedKind
    }))
    return Effect.map(
      invokeWithResponse(call)(requestOf(input, own), members),
      ({ response, value }) => ({ start, vectors: value.vectors, body: value.body, response })
    )
  }
}

/** The sum of a count over all responses that have it. */
const total = (batches: ReadonlyArray<EmbeddingBatch>, member: string): number | undefined => {
  const counts = batches.flatMap(({ body }) => usageCount(body, member) ?? [])
  return counts.length === 0 ? undefined : counts.reduce((sum, count) => sum + count, 0)
}

const usageOf = (batches: ReadonlyArray<EmbeddingBatch>): { readonly usage?: TokenUsage } => {
  const inputTokens = total(batches, "prompt_tokens")
  const totalTokens = total(batches, "total_tokens")
  const usage: TokenUsage = {
    ...(inputTokens === undefined ? {} : { inputTokens }),
    ...(totalTokens === undefined ? {} : { totalTokens })
  }
  return Object.keys(usage).length === 0 ? {} : { usage }
}

const embedManyWithResponse = (configuration: Configuration): EmbeddingEndpoint["embedManyWithResponse"] =>
  Effect.fnUntraced(function*(texts: ReadonlyArray<string>, options?: EmbedOptions) {
    const settings = yield* callSettings(configuration, options)
    const { concurrency = 1, maxBatchBytes = Infinity, maxBatchSize = 32 } = settings.own
    const all = yield* batchesOf(yield* readTexts(texts), { maxBatchBytes, maxBatchSize })
    const send = sendWith(configuration, settings)
    const batches = yield* Effect.forEach(all, (batch) => send(batch, batch.texts), { concurrency })
    return { value: batches.flatMap(({ vectors }) => vectors), batches, ...usageOf(batches) }
  })

const embedWithResponse = (configuration: Configuration): EmbeddingEndpoint["embedWithResponse"] =>
  Effect.fnUntraced(function*(text: string, options?: EmbedOptions) {
    const settings = yield* callSettings(configuration, options)
    const { maxBatchBytes = Infinity } = settings.own
    const [batch] = yield* batchesOf(yield* readText(text), { maxBatchBytes, maxBatchSize: 1 }, () => "text")
    const sent = yield* sendWith(configuration, settings)(batch!, text)
    return { value: sent.vectors[0]!, body: sent.body, response: sent.response, ...usageOf([sent]) }
  })

export const embeddingCalls = (configuration: Configuration) => {
  const [one, many] = [embedWithResponse(configuration), embedManyWithResponse(configuration)]
  return {
    embed: (text: string, options?: EmbedOptions) => Effect.map(one(text, options), ({ value }) => value),
    embedWithResponse: one,
    embedMany: (texts: ReadonlyArray<string>, options?: EmbedOptions) =>
      Effect.map(many(texts, options), ({ value }) => value),
    embedManyWithResponse: many
  }
}
