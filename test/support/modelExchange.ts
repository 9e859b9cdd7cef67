import { Effect } from "effect"
import type { SageMakerRuntime } from "effect-sagemaker-runtime"
import { scriptedRuntime } from "./scriptedHttpClient.ts"

/** The result of a call with a scripted response body, and the headers and the text of its request. */
export const exchange = <A, E>(
  body: string,
  call: Effect.Effect<A, E, SageMakerRuntime.SageMakerRuntime>,
  contentType = "application/json"
) =>
  Effect.gen(function*() {
    const server = yield* scriptedRuntime({ status: 200, headers: { "content-type": contentType }, body })
    const result = yield* Effect.either(Effect.provide(call, server.layer))
    const [request] = yield* server.requests
    const headers: { readonly [name: string]: string | undefined } = { ...request?.headers }
    const sent = request?.body as { readonly body?: Uint8Array } | undefined
    return { result, headers, text: new TextDecoder().decode(sent?.body) }
  })
