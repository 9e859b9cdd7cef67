import { createServer } from "node:http"
import { pipeline } from "node:stream/promises"
import { chat } from "./chat.ts"
import { events } from "./sse.ts"

export const server = createServer((request, response) => {
  const left = new AbortController()
  response.once("close", () => left.abort())
  const question = new URL(request.url ?? "/", "http://localhost").searchParams.get("question") ?? ""
  response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-cache" })
  pipeline(events(chat(question, { signal: left.signal })), response).catch(() => response.destroy())
})
