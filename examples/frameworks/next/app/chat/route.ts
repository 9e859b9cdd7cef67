import { Stream } from "effect"
import { ModelEndpoint } from "effect-sagemaker-runtime"
import { NodeSageMaker } from "effect-sagemaker-runtime/node"
import { Client } from "effect-sagemaker-runtime/promise"

const client = Client.make(NodeSageMaker.layer())

const llama = ModelEndpoint.chat("llama-3-8b")

const events = (question: string) =>
  llama.stream({ messages: [{ role: "user", content: question }] }).pipe(
    Stream.map(({ text }) => `data: ${JSON.stringify(text)}\n\n`),
    Stream.concat(Stream.make("event: done\ndata:\n\n")),
    Stream.catchAll(({ _tag }) => Stream.make(`event: error\ndata: ${_tag}\n\n`)),
    Stream.encodeText
  )

const bodyOf = (chunks: AsyncIterable<Uint8Array>) => {
  const iterator = chunks[Symbol.asyncIterator]()
  return new ReadableStream<Uint8Array>({
    pull: async (controller) => {
      const { done, value } = await iterator.next()
      if (done === true) {
        controller.close()
      } else {
        controller.enqueue(value)
      }
    },
    cancel: async () => {
      await iterator.return?.()
    }
  })
}

export const GET = (request: Request) => {
  const question = new URL(request.url).searchParams.get("question") ?? ""
  return new Response(bodyOf(client.iterate(events(question), { signal: request.signal })), {
    headers: { "content-type": "text/event-stream", "cache-control": "no-cache, no-transform" }
  })
}
