import { Effect } from "effect"
import { Container } from "effect-sagemaker-runtime"

const embedder = Container.tei("bge-m3", { truncate: true })
const ranker = Container.tei("bge-reranker-v2", { truncate: true })

const dotProduct = (one: ReadonlyArray<number>, other: ReadonlyArray<number>) =>
  one.reduce((sum, value, index) => sum + value * (other[index] ?? 0), 0)

export const search = (query: string, texts: ReadonlyArray<string>) =>
  Effect.gen(function*() {
    const question = yield* embedder.embed(query)
    const vectors = yield* embedder.embedMany(texts)
    const nearest = vectors
      .map((vector, index) => ({ text: texts[index]!, similarity: dotProduct(question, vector) }))
      .toSorted((one, other) => other.similarity - one.similarity)
      .slice(0, 10)
      .map(({ text }) => text)
    const ranks = yield* ranker.rerank({ query, texts: nearest })
    return ranks.map(({ index, score }) => ({ text: nearest[index]!, score }))
  })
