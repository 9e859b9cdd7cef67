/** The body of an undici response. It buffers chunks until the reader requests them. */
import * as Effect from "effect/Effect"
import { noop } from "../../../internal/time/timer.ts"
import type { BodySource, ChunkReceiver } from "../../../internal/transport/bodySource.ts"
import { guard } from "../../../protocol/function/guard.ts"

/** The connection is paused when this many bytes are buffered. */
const maxWaitingBytes = 64 * 1024

const closedEarly = new Error("The response body was closed before its end")

/** How a body ended: completely, or with an error. */
type End = { readonly error: Error | undefined }

/** Controls the connection of a body: undici's controller of a response, or a stream of HTTP/2. */
interface BodyConnection {
  readonly paused: boolean
  readonly pause: () => void
  readonly resume: () => void
  readonly abort: (reason: Error) => void
}

/** Buffers a body between its connection and its reader. */
export class UndiciSource implements BodySource {
  readonly #controller: BodyConnection
  #waiting: Array<Uint8Array> = []
  #waitingBytes = 0
  #end: End | undefined
  #receiver: ChunkReceiver | undefined

  constructor(controller: BodyConnection) {
    this.#controller = controller
  }

  /** Adds a chunk from the connection. */
  push({ buffer, byteLength, byteOffset }: Uint8Array): void {
    this.#waiting.push(new Uint8Array(buffer, byteOffset, byteLength))
    this.#waitingBytes += byteLength
    if (this.#receiver === undefined && this.#waitingBytes >= maxWaitingBytes) {
      this.#controller.pause()
    }
    this.#deliver()
  }

  /** Ends the body: completely, or with an error. */
  end(error?: Error): void {
    this.#end ??= { error }
    this.#deliver()
  }

  pull(receiver: ChunkReceiver): void {
    this.#receiver = receiver
    if (this.#waiting.length === 0 && this.#end === undefined && this.#controller.paused) {
      this.#controller.resume()
    }
    this.#deliver()
  }

  /** Closes the connection unless the body has ended. */
  close(): void {
    if (this.#end === undefined) {
      guard(() => this.#controller.abort(closedEarly), noop)
    }
  }

  get cancel(): Effect.Effect<void> {
    return Effect.sync(() => this.close())
  }

  #deliver(): void {
    const receiver = this.#receiver
    if (receiver === undefined || (this.#waiting.length === 0 && this.#end === undefined)) {
      return
    }
    this.#receiver = undefined
    if (this.#end?.error !== undefined && this.#waiting.length === 0) {
      receiver.onError(this.#end.error)
      return
    }
    const chunks = this.#waiting
    this.#waiting = []
    this.#waitingBytes = 0
    receiver.onChunks(chunks, this.#end !== undefined && this.#end.error === undefined)
  }
}
