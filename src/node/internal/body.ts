import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { Dispatcher } from "undici"
import { concat } from "../../protocol/bytes.ts"

/** How many bytes may wait for a reader before the connection is paused. */
const maxWaiting = 64 * 1024

/** A response's body between the connection that fills it and the one reader that empties it. */
export interface Body {
  readonly push: (chunk: Uint8Array) => void
  readonly end: () => void
  readonly fail: (error: Error) => void
  /** Leaving it before its end closes the connection. */
  readonly stream: Stream.Stream<Uint8Array, Error>
  /** The whole of it; interrupting closes the connection. */
  readonly rest: Effect.Effect<Uint8Array, Error>
}

const left = new Error("The body was left before its end")

export const makeBody = (controller: Dispatcher.DispatchController): Body => {
  let waiting: Array<Uint8Array> = []
  let size = 0
  let over: Option.Option<Error> | undefined
  let wake: (() => void) | undefined
  let isTaken = false

  /** One reader may have it. */
  const reading = <A>(read: () => A, refuse: (error: Error) => A): A => {
    const mayRead = !isTaken
    isTaken = true
    return mayRead ? read() : refuse(new Error("The body has been read"))
  }

  const take: Effect.Effect<Chunk.Chunk<Uint8Array>, Option.Option<Error>> = Effect.suspend(() => {
    if (waiting.length > 0) {
      const taken = waiting
      waiting = []
      size = 0
      return Effect.succeed(Chunk.unsafeFromArray(taken))
    }
    return over === undefined ? next : Effect.fail(over)
  })
  const next = Effect.async<Chunk.Chunk<Uint8Array>, Option.Option<Error>>((resume) => {
    wake = () => resume(take)
    if (controller.paused) {
      controller.resume()
    }
    return Effect.sync(() => {
      wake = undefined
    })
  })
  const rest = Effect.async<Uint8Array, Error>((resume) => {
    const taken: Array<Uint8Array> = []
    const collect = () => {
      taken.push(...waiting)
      waiting = []
      size = 0
      if (over !== undefined) {
        resume(Option.isSome(over) ? Effect.fail(over.value) : Effect.succeed(concat(taken)))
        return
      }
      wake = collect
      if (controller.paused) {
        controller.resume()
      }
    }
    collect()
    return leave
  })
  const leave = Effect.sync(() => {
    wake = undefined
    if (over === undefined) {
      controller.abort(left)
    }
  })
  const notify = () => {
    const waiter = wake
    wake = undefined
    waiter?.()
  }
  const finish = (how: Option.Option<Error>) => {
    over ??= how
    notify()
  }
  return {
    push: (chunk) => {
      waiting.push(new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength))
      size += chunk.byteLength
      if (wake === undefined && size >= maxWaiting) {
        controller.pause()
      }
      notify()
    },
    end: () => finish(Option.none()),
    fail: (error) => finish(Option.some(error)),
    stream: Stream.suspend(() =>
      reading(() => Stream.ensuring(Stream.repeatEffectChunkOption(take), leave), Stream.fail)
    ),
    rest: Effect.suspend(() => reading(() => rest, Effect.fail))
  }
}
