import { type Duration, Effect, Stream } from "effect"

const encoder = new TextEncoder()

/** A response whose body gives its parts and then is silent for ever. */
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

/** A response whose body gives a part after every pause of the test's clock, and then ends or is silent for ever. */
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

/** A response whose body gives its parts and then breaks off. */
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

/** What `fetch` fails with when the connection is lost, nested as Node nests it. */
export const connectionLostError = (): TypeError =>
  new TypeError("fetch failed", { cause: Object.assign(new Error("read ECONNRESET"), { code: "ECONNRESET" }) })

/** What reading a body fails with when the connection is lost. */
export const bodyCutError = (): TypeError =>
  new TypeError("terminated", { cause: Object.assign(new Error("other side closed"), { code: "UND_ERR_SOCKET" }) })
