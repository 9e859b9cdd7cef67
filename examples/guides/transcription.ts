import { Effect, Schema } from "effect"
import { AsyncInference, Codec, ModelEndpoint } from "effect-sagemaker-runtime"

const transcription = ModelEndpoint.make("transcription", {
  request: Codec.binary("audio/wav"),
  response: Codec.json(Schema.Struct({ text: Schema.String }))
})

export const transcribe = (audio: Uint8Array) =>
  AsyncInference.run(transcription, audio, {
    inputPrefix: "s3://recordings/inputs",
    InvocationTimeoutSeconds: 600
  }).pipe(
    Effect.map(({ text }) => text),
    Effect.catchTag("AsyncInferenceFailedError", () => Effect.succeed("not transcribed"))
  )
