import { Clock, Console, Effect, Either, Option, Stream } from "effect"
import { Framing, invokeEndpoint, invokeEndpointAsync, RetryPolicy, streamEndpoint } from "effect-sagemaker-runtime"
import { Emulator } from "effect-sagemaker-runtime/testing"
import { insightEndpoint } from "./insight.ts"

const request = (EndpointName: string, Body: string) => ({ EndpointName, ContentType: "text/plain", Body })

const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes)

const plainCall = (name: string, text: string) =>
  Effect.gen(function*() {
    const { $metadata, Body } = yield* invokeEndpoint(request(name, text)).pipe(
      RetryPolicy.use(RetryPolicy.standard({ maxAttempts: 20 }))
    )
    yield* Console.log(`  answered at attempt ${$metadata.attempts}, after ${$metadata.totalRetryDelay} ms of waiting`)
    yield* Console.log(`  ${decode(Body).slice(0, 200)}`)
  })

const typedCall = (name: string, text: string) =>
  Effect.gen(function*() {
    const { entities, sentiment } = yield* insightEndpoint(name).invoke(text)
    yield* Console.log(`  sentiment ${sentiment.toFixed(2)}`)
    yield* Effect.forEach(entities, ({ type, value }) => Console.log(`  ${type.padEnd(9)} ${value}`))
  })

const failingCall = (name: string) =>
  insightEndpoint(name).invoke("").pipe(
    Effect.zipRight(Console.log("  the model answered")),
    Effect.catchTag("ModelError", ({ OriginalMessage, OriginalStatusCode }) =>
      Console.log(`  ModelError: the container answered ${OriginalStatusCode}, ${OriginalMessage}`))
  )

const streamedCall = (name: string, text: string) =>
  Effect.gen(function*() {
    const begin = yield* Clock.currentTimeMillis
    yield* Framing.lines.frame(streamEndpoint(request(name, text))).pipe(
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
    const { InferenceId = "", OutputLocation } = yield* invokeEndpointAsync(request(name, text))
    yield* Console.log(`  ${InferenceId}: the result will be at ${OutputLocation}`)
    const emulator = yield* Effect.serviceOption(Emulator.Emulator)
    if (Option.isSome(emulator)) {
      yield* Console.log(`  ${decode(Either.getOrThrow(yield* emulator.value.outcome(InferenceId)))}`)
    }
  })

const step = <E extends { readonly _tag: string; readonly message: string }, R>(
  title: string,
  call: Effect.Effect<void, E, R>
) =>
  Console.log(`\n${title}`).pipe(
    Effect.zipRight(call),
    Effect.as(true),
    Effect.catchAll(({ _tag, message }) => Effect.as(Console.log(`  ${_tag}: ${message}`), false))
  )

export const tour = (name: string, text: string) =>
  Effect.all([
    step(`A call, once the model is ready: ${text}`, plainCall(name, text)),
    step("A typed call", typedCall(name, text)),
    step("A call the model fails on: an empty text", failingCall(name)),
    step("A response stream, as it arrives", streamedCall(name, text)),
    step("Work handed over", handedOver(name, text))
  ])
