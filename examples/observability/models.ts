import { Effect, Schedule, Stream } from "effect"
import { SageMakerError } from "effect-sagemaker-runtime"
import { Emulator } from "effect-sagemaker-runtime/testing"

const churn = Emulator.endpoint("churn", () => Effect.delay(Effect.succeed(`{"score":0.9}`), "40 millis"))

/** Throttles the first request of each burst. */
const fraud = () => {
  let requests = 0
  return Emulator.endpoint("fraud", () =>
    Effect.suspend(() =>
      requests++ === 0
        ? Effect.delay(new SageMakerError.ThrottlingError({ message: "Rate exceeded" }), "10 millis")
        : Effect.delay(Effect.succeed(`{"score":0.1}`), "40 millis")
    ))
}

const words = ["Your", " parcel", " arrives", " on", " Monday", "."]

const events = [
  ...words.map((content) => ({ choices: [{ index: 0, delta: { content }, finish_reason: null }] })),
  { choices: [{ index: 0, delta: {}, finish_reason: "stop" }] },
  { choices: [], usage: { prompt_tokens: 12, completion_tokens: words.length, total_tokens: 12 + words.length } }
].map((event) => `data: ${JSON.stringify(event)}\n\n`).concat("data: [DONE]\n\n")

const llama = Emulator.endpoint("llama", () =>
  Effect.delay(
    Effect.succeed({
      ContentType: "text/event-stream",
      Body: Stream.schedule(Stream.fromIterable(events), Schedule.spaced("20 millis"))
    }),
    "80 millis"
  ))

const broken = Emulator.endpoint(
  "broken",
  () => Effect.fail(Emulator.containerError({ status: 500, body: "CUDA out of memory" }))
)

const down = Emulator.endpoint("down", () => new SageMakerError.ServiceUnavailable({ message: "unavailable" }))

export const models = () => [churn, fraud(), llama, broken, down]
