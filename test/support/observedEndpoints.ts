/** Endpoints of the emulator that count their running calls. A call runs until the client has closed its connection. */
import { Effect, Stream } from "effect"
import { Emulator } from "effect-sagemaker-runtime/testing"

const running = new Map<string, number>()

/** Counts the running calls of an endpoint until the scope closes. */
const counted = (name: string) => {
  const add = (count: number) => Effect.sync(() => running.set(name, (running.get(name) ?? 0) + count))
  return Effect.acquireRelease(add(1), () => add(-1))
}

const endless = Stream.unwrapScoped(
  Effect.as(counted("endless"), Stream.tick("5 millis").pipe(Stream.as("tick")))
)

const brokenStream = Stream.concat(Stream.make("first"), Stream.fail("out of memory"))

/** `running` returns the number of running calls of the endpoint that its body names. */
export const observedEndpoints = [
  Emulator.endpoint("echo", ({ Body }) => Effect.succeed(Body)),
  Emulator.endpoint("broken", () => Effect.fail("out of memory")),
  Emulator.endpoint("broken-stream", () => Effect.succeed(brokenStream)),
  Emulator.endpoint(
    "slow-story",
    () => Effect.succeed(Stream.make("once", "upon", "a", "time").pipe(Stream.tap(() => Effect.sleep("100 millis"))))
  ),
  Emulator.endpoint("endless", () => Effect.succeed(endless)),
  Emulator.endpoint("hanging", () => Effect.scoped(Effect.zipRight(counted("hanging"), Effect.never))),
  Emulator.bidirectional(
    "conversation",
    (parts) => Stream.unwrapScoped(Effect.as(counted("conversation"), Stream.concat(parts, Stream.never)))
  ),
  Emulator.endpoint(
    "running",
    ({ Body }) => Effect.sync(() => String(running.get(new TextDecoder().decode(Body)) ?? 0))
  )
]
