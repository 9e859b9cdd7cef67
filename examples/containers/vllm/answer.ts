import { Array, Effect, Stream } from "effect"
import { Container, Tokens } from "effect-sagemaker-runtime"

const reranker = Container.vllm("bge-reranker")
const qwen = Container.vllm("qwen3-8b")

const relevant = (question: string, documents: ReadonlyArray<string>) =>
  reranker.rerank.invoke({ query: question, documents, top_n: 2 }).pipe(
    Effect.map(({ results }) => Array.filterMap(results, ({ index }) => Array.get(documents, index)))
  )

export const answer = (
  question: string,
  documents: ReadonlyArray<string>,
  write: (text: string) => Effect.Effect<void>
) =>
  Effect.gen(function*() {
    const context = yield* relevant(question, documents)
    return yield* qwen.chat.stream({
      messages: [
        { role: "system", content: `Answer from these documents:\n${context.join("\n")}` },
        { role: "user", content: question }
      ],
      max_tokens: 64
    }).pipe(
      Stream.tap(({ text }) => write(text)),
      Tokens.collect
    )
  })
