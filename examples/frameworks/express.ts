import express from "express"
import { pipeline } from "node:stream/promises"
import { chat } from "../promise/chat.ts"
import { statusOf } from "../promise/errors.ts"
import { score } from "../promise/score.ts"
import { events } from "../promise/sse.ts"

export const app = express()

app.use(express.json())

app.post("/score", async (request, response) => {
  const left = new AbortController()
  response.once("close", () => left.abort())
  response.json({ score: await score(request.body, { signal: left.signal }) })
})

app.get("/chat", async (request, response) => {
  const left = new AbortController()
  response.once("close", () => left.abort())
  response.set({ "content-type": "text/event-stream", "cache-control": "no-cache" })
  const texts = chat(String(request.query["question"]), { signal: left.signal })
  await pipeline(events(texts), response)
})

app.use(
  ((error: unknown, _request, response, next) => {
    if (response.headersSent) {
      next(error)
      return
    }
    response.status(statusOf(error)).json({ error: error instanceof Error ? error.name : "Error" })
  }) as express.ErrorRequestHandler
)
