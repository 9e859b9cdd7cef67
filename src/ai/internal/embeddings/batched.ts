/** Embeds the texts of one effect in common requests, with the request batching of Effect. */
import type * as AiError from "@effect/ai/AiError"
import * as EmbeddingModel from "@effect/ai/EmbeddingModel"
import * as Effect from "effect/Effect"
import * as Request from "effect/Request"
import * as RequestResolver from "effect/RequestResolver"
import type { EmbeddingCache } from "../../SageMakerEmbeddingModel.ts"
import type { EmbedTexts } from "./batches.ts"

class EmbeddingRequest extends Request.TaggedClass("EmbeddingRequest")<
  Array<number>,
  AiError.AiError,
  { readonly text: string }
> {}

const makeResolver = (embedTexts: EmbedTexts) =>
  RequestResolver.makeBatched((requests: ReadonlyArray<EmbeddingRequest>) =>
    Effect.flatMap(embedTexts(requests.map(({ text }) => text)), (results) =>
      Effect.forEach(
        requests,
        (request, index) => Request.complete(request, results[index]!),
        { discard: true }
      ))
  )

type Embed = (text: string) => Effect.Effect<Array<number>, AiError.AiError>

/** Failures are not cached. The copy protects the cached vector from changes by the caller. */
const cached = (
  embed: Effect.Effect<Array<number>, AiError.AiError>,
  request: EmbeddingRequest,
  cache: Request.Cache
) =>
  embed.pipe(
    Effect.withRequestCaching(true),
    Effect.withRequestCache(cache),
    Effect.tapErrorCause(() => cache.invalidate(request)),
    Effect.map((vector) => vector.slice())
  )

/** Makes the service. Requests are batched where Effect batches, for example in `embedMany`. */
export const makeBatched = (
  embedTexts: EmbedTexts,
  options: EmbeddingCache | undefined
): Effect.Effect<EmbeddingModel.Service> =>
  Effect.map(options === undefined ? Effect.succeed(undefined) : Request.makeCache(options), (cache) => {
    const resolver = makeResolver(embedTexts)
    const embed: Embed = (text) => {
      const request = new EmbeddingRequest({ text })
      const vector = Effect.request(request, resolver)
      return cache === undefined ? vector : cached(vector, request, cache)
    }
    return EmbeddingModel.EmbeddingModel.of({
      embed: (text) => Effect.withSpan(embed(text), "EmbeddingModel.embed", { captureStackTrace: false }),
      embedMany: (texts, given) =>
        Effect.forEach(texts, embed, { batching: true, concurrency: given?.concurrency }).pipe(
          Effect.withSpan("EmbeddingModel.embedMany", { captureStackTrace: false })
        )
    })
  })
