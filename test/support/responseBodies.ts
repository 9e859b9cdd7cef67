import { type Duration, Effect, Stream } from "effect"

const encoder = new TextEncoder()

/** A response whose body sends its chunks and then stalls. */
export const stalledBody = (init: ResponseInit, ...parts: ReadonlyArray<string>): Effect.Effect<Response> =>
  Effect.sync(() => {
    const rest = parts.map((part) => encoder.encode(part))
    return new Response(
      new ReadableStream<Uint8Array>({
        pull: (controller) => {
          const part = rest.shift()
          return part === undefined ? new Promise(() => {}) : controller.enqueue(part)
        }
      }),
      init
    )
  })

/** A response whose body sends a chunk after each pause on the TestClock, then ends or stalls. */
export const pacedBody = (
  init: ResponseInit,
  pause: Duration.DurationInput,
  parts: ReadonlyArray<Uint8Array>,
  end: Stream.Stream<Uint8Array> = Stream.empty
): Effect.Effect<Response> =>
  Effect.map(Effect.runtime(), (runtime) => {
    const body = Stream.mapEffect(Stream.fromIterable(parts), (part) => Effect.as(Effect.sleep(pause), part))
    return new Response(Stream.toReadableStreamRuntime(Stream.concat(body, end), runtime), init)
  })

/** A response whose body sends its chunks and then fails. */
export const brokenBody = (
  init: ResponseInit,
  reason: unknown,
  ...parts: ReadonlyArray<string | Uint8Array>
): Effect.Effect<Response> =>
  Effect.sync(() => {
    const rest = parts.map((part) => typeof part === "string" ? encoder.encode(part) : part)
    return new Response(
      new ReadableStream<Uint8Array>({
        pull: (controller) => {
          const part = rest.shift()
          return part === undefined ? controller.error(reason) : controller.enqueue(part)
        }
      }),
      init
    )
  })

/** The error of `fetch` for a lost connection, nested as in Node. */
export const connectionLostError = (): TypeError =>
  new TypeError("fetch failed", { cause: Object.assign(new Error("read ECONNRESET"), { code: "ECONNRESET" }) })

/** The error of a response body for a lost connection. */
export const bodyCutError = (): TypeError =>
  new TypeError("terminated", { cause: Object.assign(new Error("other side closed"), { code: "UND_ERR_SOCKET" }) })
