/** InvokeEndpoint from the service's side. */
import * as Effect from "effect/Effect"
import { requestHeaders, responseHeaders } from "../../../InvokeEndpoint.ts"
import { every, read, type Serve, wholeOf, write } from "./serving.ts"

const defaults = { ContentType: "application/octet-stream", InvokedProductionVariant: "AllTraffic" }

export const serveInvokeEndpoint: Serve = (EndpointName, received, handler) =>
  Effect.gen(function*() {
    const members = yield* read(requestHeaders, received)
    const answer = yield* handler({
      ...members,
      operation: "InvokeEndpoint",
      EndpointName,
      Body: received.body
    })
    return yield* write(answer, (output) =>
      Effect.gen(function*() {
        const { Body: _, ...fields } = output
        const headers = yield* Effect.orDie(responseHeaders.encode({ ...defaults, ...fields }, every))
        return { status: 200, headers, body: yield* wholeOf(output) }
      }))
  })
