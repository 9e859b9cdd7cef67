import { assert, it } from "@effect/vitest"
import { Chunk, Effect, Stream } from "effect"
import { InvokeEndpointWithBidirectionalStream as Bidirectional } from "effect-sagemaker-runtime"
import { wavOf } from "./voice-audio.ts"
import { transcribeMorse } from "./voice-container.ts"

const inChunks = (bytes: Uint8Array, size: number) =>
  Stream.fromIterable(
    Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) => bytes.subarray(at * size, (at + 1) * size))
  )

it.effect.each([800, 333, 44])(
  "the emulated model transcribes audio in chunks of %d bytes",
  (size) =>
    Effect.gen(function*() {
      const letters = yield* inChunks(wavOf("Both ways, 24 7?", 30), size).pipe(
        Bidirectional.messages(),
        transcribeMorse(30),
        Stream.runCollect
      )
      assert.strictEqual(Chunk.toReadonlyArray(letters).map(({ text }) => text).join(""), "BOTH WAYS, 24 7?")
    })
)
