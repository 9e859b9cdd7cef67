/** Lambda's X-Ray trace header. AWS uses it to detect functions that call each other in a loop. */
import * as Effect from "effect/Effect"
import type { ConfigurationError } from "../../../SageMakerError.ts"
import { fromEnvironment, string } from "../config/sources.ts"

type Headers = { readonly [name: string]: string }

/** The header of an invocation, read when a call starts; `undefined` outside Lambda. */
export const xrayTraceHeaders: Effect.Effect<Effect.Effect<Headers | undefined> | undefined, ConfigurationError> =
  Effect.gen(function*() {
    if ((yield* fromEnvironment("AWS_LAMBDA_FUNCTION_NAME", string)) === undefined) {
      return undefined
    }
    const provider = yield* Effect.configProviderWith(Effect.succeed)
    const { InvokeStore } = yield* Effect.promise(() => import("@aws/lambda-invoke-store"))
    const store = yield* Effect.promise(() => InvokeStore.getInstanceAsync())
    const fromVariable = fromEnvironment("_X_AMZN_TRACE_ID", string).pipe(
      Effect.withConfigProvider(provider),
      Effect.map((found) => found?.value),
      Effect.orElseSucceed(() => undefined)
    )
    return Effect.suspend(() => {
      const traceId = store.getXRayTraceId()
      return Effect.map(
        traceId === undefined || traceId === "" ? fromVariable : Effect.succeed(traceId),
        (id): Headers | undefined => (id === undefined ? undefined : { "x-amzn-trace-id": id })
      )
    })
  })
