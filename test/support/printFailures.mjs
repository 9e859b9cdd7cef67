/**
 * Makes the calls in its arguments, prints each failure in every way, and crashes with the last one. A test checks
 * everything that the process prints.
 */
import { Cause, Console, Effect, Layer, Logger, LogLevel, Stream } from "effect"
import {
  Credentials,
  invokeEndpoint,
  SageMakerRuntime,
  Signer,
  streamEndpoint,
  Timeouts
} from "effect-sagemaker-runtime"
import { NodeHttpClient } from "effect-sagemaker-runtime/node"

const { cases, keys } = JSON.parse(process.env.PRINTING)

const callOf = ({ input, stream, url }) =>
  (stream ? Stream.runDrain(streamEndpoint(input)) : invokeEndpoint(input)).pipe(
    Timeouts.use({ firstByte: "300 millis", idle: "300 millis" }),
    Effect.withSpan("program"),
    Effect.tapErrorCause((cause) => Effect.logError("failed", cause)),
    Effect.tapError((error) => Effect.logDebug(error)),
    Effect.tapError((error) => Console.log(error)),
    Effect.tapError((error) => Console.error("failed %o", { error })),
    Effect.tapErrorCause((cause) => Console.error(Cause.pretty(cause, { renderErrorCause: true }))),
    Effect.provide(
      SageMakerRuntime.layer({ region: "eu-west-1", endpoint: url }).pipe(
        Layer.provide([Signer.layer, NodeHttpClient.layer({ connectTimeout: "150 millis", proxy: false })]),
        Layer.provide(Credentials.layer(keys))
      )
    )
  )

const all = Effect.forEach(cases, (one) => Effect.exit(callOf(one)), { concurrency: "unbounded" }).pipe(
  Effect.provide(Logger.pretty),
  Logger.withMinimumLogLevel(LogLevel.All)
)

await Effect.runPromise(all)
console.log("all calls have ended")
await Effect.runPromise(callOf(cases.at(-1)))
