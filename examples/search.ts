import { EmbeddingModel } from "@effect/ai"
import { Array, Effect, Order } from "effect"

type Vector = ReadonlyArray<number>

const dotProduct = (one: Vector, other: Vector): number =>
  one.reduce((sum, value, index) => sum + value * (other[index] ?? 0), 0)

const cosine = (one: Vector, other: Vector): number =>
  dotProduct(one, other) / (Math.sqrt(dotProduct(one, one) * dotProduct(other, other)) || 1)

const paragraphsOf = (text: string): ReadonlyArray<string> =>
  text.split(/\n\s*\n/).map((paragraph) => paragraph.trim()).filter((paragraph) => paragraph !== "")

export interface Match {
  readonly paragraph: string
  readonly similarity: number
}

const bySimilarity = Order.reverse(Order.mapInput(Order.number, ({ similarity }: Match) => similarity))

export const makeIndex = (text: string) =>
  Effect.gen(function*() {
    const model = yield* EmbeddingModel.EmbeddingModel
    const paragraphs = paragraphsOf(text)
    const vectors = yield* model.embedMany(paragraphs)
    return (question: string, limit = 3) =>
      Effect.map(model.embed(question), (vector) =>
        Array.zipWith(paragraphs, vectors, (paragraph, other): Match => ({
          paragraph,
          similarity: cosine(vector, other)
        })).toSorted(bySimilarity).slice(0, limit))
  })
