import { Effect } from "effect"
import { Container } from "effect-sagemaker-runtime"

const animals = Container.huggingFace("animals", "image-classification")
const whisper = Container.huggingFace("whisper", "automatic-speech-recognition")

export const animalIn = (photo: Uint8Array) =>
  animals.invoke({ inputs: photo, contentType: "image/jpeg" }).pipe(
    Effect.map((labels) => [labels].flat(2)[0]?.label)
  )

export const transcribe = (recording: Uint8Array) =>
  whisper.invoke({ inputs: recording }).pipe(
    Effect.map((result) => [result].flat(2).map(({ text }) => text.trim()).join(" "))
  )
