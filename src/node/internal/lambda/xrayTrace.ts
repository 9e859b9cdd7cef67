/** Lambda's protection against functions that call each other in a circle. */
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import { identity } from "effect/Function"
import type { ConfigurationError } from "../../../SageMakerError.ts"
import type { SageMakerRuntime } from "../../../SageMakerRuntime.ts"
import { fromEnvironment, string as anyText } from "../config/sources.ts"

type Runtime = Context.Tag.Service<SageMakerRuntime>

/** What makes requests carry on the trace of the invocation they belong to: around the calls, and around the requests. */
interface Tracing {
  readonly calls: (runtime: Runtime) => Runtime
  readonly requests: (client: HttpClient.HttpClient) => HttpClient.HttpClient
}

const header = "x-amzn-trace-id"

/** Kept from the start of a call: fibers that wait for the same thing all wake in the invocation of the one that ends it. */
class TraceOfCall extends Context.Reference<TraceOfCall>()("effect-sagemaker-runtime/node/TraceOfCall", {
  defaultValue: (): string | undefined => undefined
}) {}

/** Outside Lambda, nothing. */
export const tracing: Effect.Effect<Tracing, ConfigurationError> = Effect.gen(function*() {
  if ((yield* fromEnvironment("AWS_LAMBDA_FUNCTION_NAME", anyText)) === undefined) {
    return { calls: identity, requests: identity }
  }
  const provider = yield* Effect.configProviderWith(Effect.succeed)
  const { InvokeStore } = yield* Effect.promise(() => import("@aws/lambda-invoke-store"))
  const store = yield* Effect.promise(() => InvokeStore.getInstanceAsync())
  const ofEnvironment = fromEnvironment("_X_AMZN_TRACE_ID", anyText).pipe(
    Effect.withConfigProvider(provider),
    Effect.map((found) => found?.value),
    Effect.orElseSucceed(() => undefined)
  )
  const traceId = Effect.flatMap(
    TraceOfCall,
    (id) => (id === undefined || id === "" ? ofEnvironment : Effect.succeed(id))
  )
  return {
    calls: ({ execute }) => ({
      execute: (operation, input) =>
        Effect.suspend(() => Effect.provideService(execute(operation, input), TraceOfCall, store.getXRayTraceId()))
    }),
    requests: HttpClient.mapRequestEffect((request) =>
      header in request.headers
        ? Effect.succeed(request)
        : Effect.map(traceId, (id) => (id === undefined ? request : HttpClientRequest.setHeader(request, header, id)))
    )
  }
})
