import { Hono } from "hono"
import { streamSSE } from "hono/streaming"
import { chat } from "../promise/chat.ts"
import { statusOf } from "../promise/errors.ts"
import { score } from "../promise/score.ts"

export const app = new Hono()

app.post("/score", async (context) => {
  const { signal } = context.req.raw
  return context.json({ score: await score(await context.req.json(), { signal }) })
})

app.get("/chat", (context) =>
  streamSSE(context, async (stream) => {
    const left = new AbortController()
    stream.onAbort(() => left.abort())
    try {
      for await (const text of chat(context.req.query("question") ?? "", { signal: left.signal })) {
        await stream.writeSSE({ data: JSON.stringify(text) })
      }
      await stream.writeSSE({ event: "done", data: "" })
    } catch (error) {
      await stream.writeSSE({ event: "error", data: error instanceof Error ? error.name : "Error" })
    }
  }))

app.onError((error) => Response.json({ error: error.name }, { status: statusOf(error) }))
