import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, ManagedRuntime } from "effect"
import { anonymousNodeClient } from "../support/anonymousClient.ts"
import { eventually } from "../support/eventually.ts"
import { invoke } from "../support/scriptedHttpClient.ts"
import { serve } from "../support/server.ts"

describe("When the runtime of a client is disposed,", () => {
  it.scopedLive("calls that retry, wait for a response or wait for a connection fail with TransportError", () =>
    Effect.gen(function*() {
      const server = yield* serve((request, response) => {
        request.resume().on("end", () => {
          if (server.seen().length === 1) {
            response.writeHead(503, { "retry-after": "5" }).end()
          }
        })
      })
      const runtime = ManagedRuntime.make(anonymousNodeClient(server.url, { connections: 1 }))
      const retrying = runtime.runFork(invoke("chat"))
      yield* eventually(() => server.seen().length === 1)
      yield* Effect.sleep(50)
      const sent = runtime.runFork(invoke("chat"))
      yield* eventually(() => server.seen().length === 2)
      const waiting = runtime.runFork(invoke("chat"))
      yield* Effect.sleep(10)
      yield* runtime.disposeEffect
      for (const [fiber, requestSent] of [[sent, true], [waiting, false], [retrying, false]] as const) {
        const exit = Exit.mapError(yield* Fiber.await(fiber), ({ _tag }) => ({ _tag, requestSent }))
        assert.deepStrictEqual(exit, Exit.fail({ _tag: "TransportError" as const, requestSent }))
      }
    }))
})
