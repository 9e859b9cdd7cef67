import { Clock, Console, Effect, Either, Option, Stream } from "effect"
import { invokeEndpoint, invokeEndpointAsync, RetryPolicy, streamEndpoint } from "effect-sagemaker-runtime"
import { Emulator } from "effect-sagemaker-runtime/testing"
import { insightEndpoint } from "./insight.ts"

const request = (EndpointName: string, Body: string) => ({ EndpointName, ContentType: "text/plain", Body })

const waitUntilReady = (name: string, text: string) =>
  Effect.gen(function*() {
    yield* Console.log("\nWaiting for the model")
    const { $metadata } = yield* invokeEndpoint(request(name, text)).pipe(
      RetryPolicy.use(RetryPolicy.standard({ maxAttempts: 20 }))
    )
    yield* Console.log(`  answered at attempt ${$metadata.attempts}, after ${$metadata.totalRetryDelay} ms of waiting`)
  })

const typedCall = (name: string, text: string) =>
  Effect.gen(function*() {
    yield* Console.log(`\nA typed call: ${text}`)
    const { entities, sentiment } = yield* insightEndpoint(name).invoke(text)
    yield* Console.log(`  sentiment ${sentiment.toFixed(2)}`)
    yield* Effect.forEach(entities, ({ type, value }) => Console.log(`  ${type.padEnd(9)} ${value}`))
  })

const failingCall = (name: string) =>
  Console.log("\nA call the model fails on: an empty text").pipe(
    Effect.zipRight(insightEndpoint(name).invoke("")),
    Effect.zipRight(Console.log("  the model answered")),
    Effect.catchTag("ModelError", ({ OriginalMessage, OriginalStatusCode }) =>
      Console.log(`  ModelError: the container answered ${OriginalStatusCode}, ${OriginalMessage}`))
  )

const streamedCall = (name: string, text: string) =>
  Effect.gen(function*() {
    yield* Console.log("\nA response stream, as it arrives")
    const begin = yield* Clock.currentTimeMillis
    yield* streamEndpoint(request(name, text)).pipe(
      Stream.decodeText(),
      Stream.splitLines,
      Stream.mapEffect((line) =>
        Effect.flatMap(
          Clock.currentTimeMillis,
          (now) => Console.log(`  ${String(now - begin).padStart(5)} ms  ${line}`)
        )
      ),
      Stream.runDrain
    )
  })

const handedOver = (name: string, text: string) =>
  Effect.gen(function*() {
    yield* Console.log("\nWork handed over")
    const { InferenceId = "", OutputLocation } = yield* invokeEndpointAsync(request(name, text))
    yield* Console.log(`  ${InferenceId}: the result will be at ${OutputLocation}`)
    const emulator = yield* Effect.serviceOption(Emulator.Emulator)
    if (Option.isSome(emulator)) {
      const result = Either.getOrThrow(yield* emulator.value.outcome(InferenceId))
      yield* Console.log(`  ${new TextDecoder().decode(result)}`)
    }
  })

export const tour = (name: string, text: string) =>
  waitUntilReady(name, text).pipe(
    Effect.zipRight(typedCall(name, text)),
    Effect.zipRight(failingCall(name)),
    Effect.zipRight(streamedCall(name, text)),
    Effect.zipRight(handedOver(name, text))
  )
