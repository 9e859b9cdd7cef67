/** Reads the body of an object, which AWS's client returns as a stream of Node or of the web. */
import { noop } from "../../internal/time/timer.ts"

/** A body that is read chunk by chunk. */
export interface ByteReader {
  readonly next: () => Promise<IteratorResult<unknown, unknown>>
  /** Stops reading. It does not wait for a chunk that has been requested. */
  readonly cancel: () => void
}

interface NodeReadable extends AsyncIterable<unknown> {
  readonly destroy: () => void
  readonly on: (event: "error", listener: () => void) => void
}

const hasMethod = (value: object, name: string): boolean => typeof Reflect.get(value, name) === "function"

const isNodeReadable = (body: object): body is NodeReadable =>
  Symbol.asyncIterator in body && hasMethod(body, "destroy") && hasMethod(body, "on")

const isWebStream = (body: object): body is ReadableStream => hasMethod(body, "getReader")

const isBlob = (body: object): body is Blob => hasMethod(body, "stream")

const webReader = (stream: ReadableStream): ByteReader => {
  const reader = stream.getReader()
  return {
    next: () => reader.read() as Promise<IteratorResult<unknown, unknown>>,
    cancel: () => void reader.cancel().catch(noop)
  }
}

/** A stream can fail after it has been destroyed, when it has no other listener. */
const nodeReader = (stream: NodeReadable): ByteReader => {
  stream.on("error", noop)
  const iterator = stream[Symbol.asyncIterator]()
  return { next: () => iterator.next(), cancel: () => stream.destroy() }
}

/** `undefined` if the body is of an unknown kind. */
export const byteReader = (body: unknown): ByteReader | undefined => {
  if (typeof body !== "object" || body === null) {
    return undefined
  }
  if (isNodeReadable(body)) {
    return nodeReader(body)
  }
  if (isWebStream(body)) {
    return webReader(body)
  }
  return isBlob(body) ? webReader(body.stream()) : undefined
}
