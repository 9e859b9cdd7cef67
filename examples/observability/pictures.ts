import { Otlp } from "@effect/opentelemetry"
import { FetchHttpClient, HttpApp } from "@effect/platform"
import { Effect, Fiber, Layer, Option, Random, Stream, TestClock, TestContext } from "effect"
import { SageMakerRuntime, Signer } from "effect-sagemaker-runtime"
import { Emulator } from "effect-sagemaker-runtime/testing"
import { throttled, tokens } from "./calls.ts"
import { Collector } from "./collector.ts"
import { models } from "./models.ts"
import { timeline } from "./timeline.ts"

const client = SageMakerRuntime.layer({ region: "eu-west-1" }).pipe(
  Layer.provide(Signer.layerAnonymous),
  Layer.provide(Emulator.layerHttpClient({ credentials: "anonymous", endpoints: models() }))
)

/** Sends the spans to the collector without a network. */
const exporter = Layer.unwrapEffect(Effect.map(Collector, ({ routes }) => {
  const handle = HttpApp.toWebHandler(routes)
  const http = Layer.provide(
    FetchHttpClient.layer,
    Layer.succeed(FetchHttpClient.Fetch, (input, init) => handle(new Request(input, init)))
  )
  return Layer.provide(
    Otlp.layerJson({ baseUrl: "http://collector", resource: { serviceName: "pictures" } }),
    http
  )
}))

const draw = <E>(title: string, call: Effect.Effect<unknown, E, SageMakerRuntime.SageMakerRuntime>) =>
  Effect.gen(function*() {
    const fiber = yield* Effect.fork(Effect.provide(call, client))
    yield* Effect.zipRight(TestClock.adjust("10 seconds"), Fiber.poll(fiber)).pipe(
      Effect.repeat({ until: Option.isSome })
    )
    yield* Fiber.join(fiber)
  }).pipe(
    Effect.provide(exporter),
    Effect.zipRight(Effect.flatMap(Collector, ({ spans }) => spans)),
    Effect.map((spans) => timeline(title, spans)),
    Effect.provide([Collector.Default, TestContext.TestContext]),
    Effect.withRandom(Random.fixed([0.12]))
  )

/** The pictures of the guide, by the names of their files. */
export const pictures = Effect.all({
  "trace-retry.svg": draw("A call that is throttled and retried", throttled),
  "trace-stream.svg": draw("A token stream of a chat model", Stream.runDrain(tokens))
})
