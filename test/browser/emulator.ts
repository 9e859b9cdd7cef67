/** Starts the emulator before the browser and stops it afterwards. */
import { Effect, Exit, Layer, Scope, Stream } from "effect"
import { NodeEmulator } from "effect-sagemaker-runtime/node"
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

const emulator = NodeEmulator.layer({
  region: "eu-west-1",
  endpoints: [
    Emulator.endpoint("echo", ({ Body }) => Effect.succeed(Body)),
    Emulator.endpoint("broken", () => Effect.fail("out of memory")),
    Emulator.endpoint(
      "slow-story",
      () => Effect.succeed(Stream.make("once", "upon", "a", "time").pipe(Stream.tap(() => Effect.sleep("100 millis"))))
    ),
    Emulator.endpoint("endless", () => Effect.succeed(endless)),
    Emulator.endpoint("hanging", () => Effect.scoped(Effect.zipRight(counted("hanging"), Effect.never))),
    Emulator.endpoint(
      "running",
      ({ Body }) => Effect.sync(() => String(running.get(new TextDecoder().decode(Body)) ?? 0))
    )
  ]
})

export default async () => {
  const scope = await Effect.runPromise(Scope.make())
  const { url } = await Layer.buildWithScope(emulator, scope).pipe(
    Effect.flatMap((context) => Effect.provide(NodeEmulator.NodeEmulator, context)),
    Effect.runPromise
  )
  process.env["EMULATOR_URL"] = url
  return () => Effect.runPromise(Scope.close(scope, Exit.void))
}
