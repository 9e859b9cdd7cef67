import { Deferred, Effect, Ref, Schedule, Stream } from "effect"
import { SageMakerError } from "effect-sagemaker-runtime"
import { Emulator } from "effect-sagemaker-runtime/testing"
import { insightContainer } from "./insight-container.ts"

const { handler } = insightContainer("insight")

export const busyContainer = Effect.map(
  Ref.make(0),
  (requests) =>
    Emulator.endpoint("busy", (request) =>
      Effect.flatMap(
        Ref.getAndUpdate(requests, (count) => count + 1),
        (earlier) => earlier === 0 ? new SageMakerError.ThrottlingError({ message: "Rate exceeded" }) : handler(request)
      ))
)

export const slowContainer = Emulator.endpoint("slow", (request) => Effect.delay(handler(request), "10 seconds"))

export const tickerContainer = Effect.gen(function*() {
  const produced = yield* Ref.make(0)
  const stopped = yield* Deferred.make<number>()
  const ticks = Stream.repeatEffect(Ref.updateAndGet(produced, (count) => count + 1)).pipe(
    Stream.map((count) => `tick ${count}\n`),
    Stream.schedule(Schedule.spaced("50 millis")),
    Stream.ensuring(Effect.flatMap(Ref.get(produced), (count) => Deferred.succeed(stopped, count)))
  )
  const endpoint = Emulator.endpoint("ticker", () => Effect.succeed({ ContentType: "text/plain", Body: ticks }))
  return { endpoint, linesWhenStopped: Deferred.await(stopped) }
})
