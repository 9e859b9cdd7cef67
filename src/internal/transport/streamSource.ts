/** A body that an HTTP client gives as an Effect stream. */
import * as Cause from "effect/Cause"
import type * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Runtime from "effect/Runtime"
import * as Stream from "effect/Stream"
import type { BodySource, ChunkReceiver } from "./bodySource.ts"

/** Reads a stream in a fiber of its own, which waits after each chunk until the next one is requested. */
export const streamSource = <E>(body: Stream.Stream<Uint8Array, E>, runtime: Runtime.Runtime<never>): BodySource => {
  let fiber: Fiber.RuntimeFiber<void, E> | undefined
  let receiver: ChunkReceiver | undefined
  let resumeReading: (() => void) | undefined

  const take = (): ChunkReceiver | undefined => {
    const current = receiver
    receiver = undefined
    return current
  }
  const deliver = (chunk: Chunk.Chunk<Uint8Array>): Effect.Effect<void> =>
    Effect.async((resume) => {
      resumeReading = () => resume(Effect.void)
      take()?.onChunks(Array.from(chunk), false)
    })
  const onExit = (exit: Exit.Exit<void, E>): void => {
    if (Exit.isSuccess(exit)) {
      take()?.onChunks([], true)
    } else {
      take()?.onError(Cause.squash(exit.cause))
    }
  }

  return {
    pull: (next) => {
      receiver = next
      if (fiber === undefined) {
        fiber = Runtime.runFork(runtime)(Stream.runForEachChunk(body, deliver))
        fiber.addObserver(onExit)
      } else {
        resumeReading?.()
      }
    },
    cancel: Effect.suspend(() => fiber === undefined ? Effect.void : Fiber.interrupt(fiber))
  }
}
