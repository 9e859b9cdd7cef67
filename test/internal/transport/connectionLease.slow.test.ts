import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber } from "effect"
import { RetryPolicy, Timeouts } from "effect-sagemaker-runtime"
import type { IncomingMessage, ServerResponse } from "node:http"
import { anonymousClient } from "../../support/anonymousClient.ts"
import { call } from "../../support/call.ts"
import { serve } from "../../support/server.ts"

const modelError = (_: IncomingMessage, response: ServerResponse) =>
  response.writeHead(424, { "x-amzn-errortype": "ModelError", "content-type": "application/json" })
    .end(JSON.stringify({ OriginalStatusCode: 500, OriginalMessage: "x".repeat(2_000) }))

const abandoned = (
  reply: (response: ServerResponse) => void,
  abandon: (begun: Effect.Effect<void>) => <A, E>(effect: Effect.Effect<A, E>) => Effect.Effect<unknown>
) =>
  Effect.gen(function*() {
    const begun = yield* Deferred.make<void>()
    const closed = yield* Deferred.make<void>()
    const service = yield* serve((request, response) => {
      request.socket.on("close", () => Deferred.unsafeDone(closed, Effect.void))
      reply(response)
      Deferred.unsafeDone(begun, Effect.void)
    })
    yield* call.pipe(
      RetryPolicy.use(RetryPolicy.none),
      Effect.provide(anonymousClient(service.url)),
      abandon(Deferred.await(begun))
    )
    yield* Effect.timeout(Deferred.await(closed), "2 seconds")
  })

const silent = (): void => {}

const halfway = (response: ServerResponse): void => {
  response.writeHead(200)
  response.write("half")
}

const interrupting = (begun: Effect.Effect<void>) => <A, E>(effect: Effect.Effect<A, E>) =>
  Effect.flatMap(
    Effect.fork(effect),
    (fiber) => begun.pipe(Effect.zipRight(Effect.sleep("20 millis")), Effect.zipRight(Fiber.interrupt(fiber)))
  )

const timing = (deadlines: Timeouts.Deadlines) => () => <A, E>(effect: Effect.Effect<A, E>) =>
  Effect.exit(Timeouts.use(deadlines)(effect))

describe("Connections", () => {
  const responses: ReadonlyArray<readonly [string, (request: IncomingMessage, response: ServerResponse) => void]> = [
    ["successes", (_, response) => response.end("ok")],
    ["successes without a body", (_, response) => response.end()],
    ["large successes", (_, response) => response.end(Buffer.alloc(1_000_000))],
    ["modeled errors", modelError],
    ["errors without a body", (_, response) => response.writeHead(400).end()],
    ["chunked HTML errors", (_, response) => {
      response.writeHead(404)
      response.write("<html>")
      response.end("</html>")
    }],
    ["redirects", (_, response) => response.writeHead(302, { location: "http://127.0.0.1:1/" }).end("moved")]
  ]

  for (const [what, reply] of responses) {
    it.scopedLive(`are reused by 50 sequential calls that receive ${what}`, () =>
      Effect.gen(function*() {
        const service = yield* serve(reply)
        yield* Effect.exit(call).pipe(
          RetryPolicy.use(RetryPolicy.none),
          Effect.repeatN(49),
          Effect.provide(anonymousClient(service.url))
        )
        assert.strictEqual(service.seen().length, 50)
        assert.isAtMost(service.connections(), 2)
      }))
  }

  it.scopedLive("are closed immediately if a call is interrupted", () =>
    Effect.all([abandoned(silent, interrupting), abandoned(halfway, interrupting)]))

  it.scopedLive("are closed immediately if a call times out", () =>
    Effect.all([
      abandoned(silent, timing({ firstByte: "100 millis" })),
      abandoned(silent, timing({ attempt: "100 millis" })),
      abandoned(halfway, timing({ idle: "100 millis" })),
      abandoned(halfway, timing({ attempt: "100 millis" })),
      abandoned(halfway, timing({ total: "100 millis" }))
    ]))

  it.scopedLive("are closed immediately if an error body is not read to its end", () =>
    Effect.gen(function*() {
      const closed = yield* Deferred.make<void>()
      const service = yield* serve((request, response) => {
        request.socket.on("close", () => Deferred.unsafeDone(closed, Effect.void))
        response.writeHead(502)
        const more = (): boolean => response.write(Buffer.alloc(65_536)) && more()
        response.on("drain", more)
        more()
      })
      const error = yield* call.pipe(
        RetryPolicy.use(RetryPolicy.none),
        Effect.flip,
        Effect.provide(anonymousClient(service.url))
      )
      assert.deepInclude(error, { _tag: "UnknownServiceError", status: 502 })
      yield* Effect.timeout(Deferred.await(closed), "2 seconds")
    }))
})
