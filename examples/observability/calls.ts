import { Effect, Stream } from "effect"
import { invokeEndpoint, ModelEndpoint } from "effect-sagemaker-runtime"

const score = (EndpointName: string) =>
  invokeEndpoint({ EndpointName, ContentType: "application/json", Body: `{"amount":120}` })

export const success = score("churn")

export const throttled = score("fraud")

export const tokens = ModelEndpoint.chat("llama").stream({
  messages: [{ role: "user", content: "When does my parcel arrive?" }],
  stream_options: { include_usage: true }
})

export const failure = score("broken")

export const openCircuit = Effect.zipRight(Effect.ignore(score("down")), score("down"))

export const calls = Effect.all([
  success,
  throttled,
  Stream.runDrain(tokens),
  Effect.ignore(failure),
  Effect.ignore(openCircuit)
], { discard: true }).pipe(Effect.withSpan("handle order"))
