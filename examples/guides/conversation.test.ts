import { assert, it } from "@effect/vitest"
import { Effect, Layer, Ref, Stream } from "effect"
import {
  InvokeEndpointWithBidirectionalStream as Bidirectional,
  SageMakerError,
  SageMakerRuntime,
  Signer
} from "effect-sagemaker-runtime"
import { Emulator } from "effect-sagemaker-runtime/testing"
import { converse } from "./conversation.ts"

const assistant = Emulator.bidirectional("assistant", (parts) =>
  parts.pipe(
    Bidirectional.reassemble,
    Stream.mapEffect(({ Bytes }) =>
      Bytes.length > 0
        ? Effect.succeed(`You asked: ${new TextDecoder().decode(Bytes)}`)
        : Effect.fail(new SageMakerError.ModelStreamError({ ErrorCode: "EmptyQuestion" }))
    )
  ))

const emulator = SageMakerRuntime.layer({ region: "eu-west-1" }).pipe(
  Layer.provide(Signer.layerAnonymous),
  Layer.provideMerge(Emulator.layerHttpClient({ endpoints: [assistant], credentials: "anonymous" }))
)

it.effect("asks each question after the response to the previous question", () =>
  Effect.gen(function*() {
    const responses = yield* Ref.make<ReadonlyArray<string>>([])
    yield* converse(["Why?", "Since when?"], (response) => Ref.update(responses, (all) => [...all, response]))
    assert.deepStrictEqual(yield* Ref.get(responses), ["You asked: Why?", "You asked: Since when?"])
  }).pipe(Effect.provide(emulator)))

it.effect("fails if the model fails during the conversation", () =>
  Effect.gen(function*() {
    const error = yield* Effect.flip(converse(["Why?", ""], () => Effect.void))
    assert.deepInclude(error, { _tag: "ModelStreamError", ErrorCode: "EmptyQuestion" })
  }).pipe(Effect.provide(emulator)))
