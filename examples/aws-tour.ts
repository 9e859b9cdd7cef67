import { Effect, Stream } from "effect"
import { Framing } from "effect-sagemaker-runtime"
import * as scenes from "./aws-scenes.ts"
import { playFrom } from "./scene.ts"
import { row } from "./terminal.ts"

const play = playFrom("examples/aws-scenes.ts", scenes)

const call = (name: string, text: string) =>
  play("A call", "call", (run) =>
    Effect.gen(function*() {
      const { $metadata, Body, ContentType = "", InvokedProductionVariant = "" } = yield* run(name, text)
      yield* row("httpStatusCode", $metadata.httpStatusCode)
      yield* row("attempts", $metadata.attempts)
      yield* row("variant", InvokedProductionVariant)
      yield* row("ContentType", ContentType)
      yield* row("body", new TextDecoder().decode(Body.subarray(0, 200)))
    }))

const responseStream = (name: string, text: string) =>
  play("A response stream", "responseStream", (run) =>
    Framing.text.frame(run(name, text)).pipe(
      Stream.take(10),
      Stream.runForEach((part) => row("part", part.trimEnd()))
    ))

const asynchronousRequest = (name: string, text: string) =>
  play("An asynchronous inference request", "asynchronousRequest", (run) =>
    Effect.gen(function*() {
      const { InferenceId = "", OutputLocation = "" } = yield* run(name, text)
      yield* row("InferenceId", InferenceId)
      yield* row("OutputLocation", OutputLocation)
    }))

export const awsTour = (name: string, text: string) =>
  Effect.all([call(name, text), responseStream(name, text), asynchronousRequest(name, text)])
