/** Lambda's X-Ray trace header. AWS uses it to detect functions that call each other in a loop. */
import * as Effect from "effect/Effect"
import type { ConfigurationError } from "../../../SageMakerError.ts"
import { fromEnvironment, string } from "../config/sources.ts"

const encoder = new TextEncoder()

const percentEncode = (characters: string): string =>
  Array.from(encoder.encode(characters), (byte) => `%${byte.toString(16).toUpperCase().padStart(2, "0")}`).join("")

/** Percent-encodes control characters and characters outside ASCII, as AWS SDKs do: a header cannot contain them. */
const headerValue = (traceId: string): string => traceId.replace(/[^\x20-\x7e]+/g, percentEncode)

type Headers = { readonly [name: string]: string }

const loadStore = async () => (await import("@aws/lambda-invoke-store")).InvokeStore.getInstanceAsync()

/** The header of an invocation, read when a call starts; `undefined` outside Lambda. */
export const xrayTraceHeaders: Effect.Effect<Effect.Effect<Headers | undefined> | undefined, ConfigurationError> =
  Effect.gen(function*() {
    if ((yield* fromEnvironment("AWS_LAMBDA_FUNCTION_NAME", string)) === undefined) {
      return undefined
    }
    const provider = yield* Effect.configProviderWith(Effect.succeed)
    const store = yield* Effect.orElseSucceed(Effect.tryPromise(loadStore), () => undefined)
    const fromVariable = fromEnvironment("_X_AMZN_TRACE_ID", string).pipe(
      Effect.withConfigProvider(provider),
      Effect.map((found) => found?.value),
      Effect.orElseSucceed(() => undefined)
    )
    return Effect.suspend(() => {
      const traceId = store?.getXRayTraceId()
      return Effect.map(
        traceId === undefined || traceId === "" ? fromVariable : Effect.succeed(traceId),
        (id): Headers | undefined => (id === undefined ? undefined : { "x-amzn-trace-id": headerValue(id) })
      )
    })
  })
