import { assert, it } from "@effect/vitest"
import { Effect, Exit, Layer, Scope, Stream } from "effect"
import { invokeEndpointWithResponseStream } from "effect-sagemaker-runtime"
import { encode } from "../src/protocol/eventStream/frame.ts"
import { scriptedRuntime } from "./support/scriptedHttpClient.ts"

const frame = (text: string) =>
  encode({ ":message-type": "event", ":event-type": "PayloadPart" }, new TextEncoder().encode(text))

const headers = { "content-type": "application/vnd.amazon.eventstream" }

it.scoped("Reading 2,000 streams in one scope leaks no finalizer", () =>
  Effect.gen(function*() {
    const scope = yield* Scope.make()
    const open = () => Object(Reflect.get(scope, "state")).finalizers.size
    const body = Uint8Array.from([...frame("a"), ...frame("b")])
    const server = yield* scriptedRuntime({ status: 200, headers, body })
    const runtime = yield* Layer.build(server.layer)
    yield* Effect.gen(function*() {
      const { Body } = yield* invokeEndpointWithResponseStream({ EndpointName: "story", Body: "once" })
      assert.isAtLeast(open(), 1)
      yield* Stream.runDrain(Body)
    }).pipe(Effect.provide(runtime), Scope.extend(scope), Effect.repeatN(1_999))
    assert.strictEqual(open(), 0)
    assert.strictEqual(yield* server.attempts, 2_000)
    yield* Scope.close(scope, Exit.void)
  }))
