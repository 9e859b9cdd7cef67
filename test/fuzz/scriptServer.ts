import { Effect } from "effect"
import { once } from "node:events"
import { Worker } from "node:worker_threads"
import type { Script } from "./scripts.ts"

/** A server whose script a test sets. It runs in a worker thread, so that its work does not block the client. */
export const scriptServer = Effect.acquireRelease(
  Effect.promise(async () => {
    const worker = new Worker(new URL("./scriptPlayer.mjs", import.meta.url))
    const [{ port }] = (await once(worker, "message")) as [{ readonly port: number }]
    const ask = <A>(message: object): Effect.Effect<A> =>
      Effect.promise(async () => {
        const answer = once(worker, "message")
        // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker thread has no origin
        worker.postMessage(message)
        return ((await answer) as [A])[0]
      })
    return {
      url: `http://127.0.0.1:${port}`,
      play: (script: Script) => Effect.asVoid(ask({ next: script })),
      connections: Effect.map(ask<{ readonly connections: number }>({ ask: "connections" }), (_) => _.connections),
      worker
    }
  }),
  ({ worker }) => Effect.promise(() => worker.terminate())
)
