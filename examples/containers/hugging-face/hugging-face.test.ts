import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { Container } from "effect-sagemaker-runtime"
import { emulated } from "../../emulated.ts"
import {
  featureExtraction,
  imageClassification,
  questionAnswering,
  speechRecognition,
  textClassification,
  tokenClassification,
  zeroShotClassification
} from "./container.ts"
import { vectorsOf } from "./embeddings.ts"
import { animalIn, transcribe } from "./photos.ts"
import { describe } from "./reviews.ts"

const endpoints = emulated(
  textClassification("sentiment"),
  tokenClassification("places"),
  questionAnswering("answers"),
  zeroShotClassification("topics"),
  featureExtraction("bert"),
  imageClassification("animals"),
  speechRecognition("whisper")
)

const jpeg = Uint8Array.of(0xff, 0xd8, 0xff, 0xe0)
const wave = new TextEncoder().encode("RIFF0000WAVEfmt ")

it.live("describes a review", () =>
  Effect.gen(function*() {
    const description = yield* describe("A great week between Lisbon and Porto.")
    assert.deepStrictEqual(description, { sentiment: "POSITIVE", places: ["Lisbon", "Porto"] })
  }).pipe(Effect.provide(endpoints)))

it.live("classifies a photo and transcribes a recording", () =>
  Effect.gen(function*() {
    assert.strictEqual(yield* animalIn(jpeg), "tiger, Panthera tigris")
    assert.strictEqual(yield* transcribe(wave), "I heard 16 bytes.")
  }).pipe(Effect.provide(endpoints)))

it.live("pools token vectors", () =>
  Effect.gen(function*() {
    const [one, other] = yield* vectorsOf(["a cat", "a large dog"])
    assert.deepStrictEqual(one, [(5 + 1 + 3 + 5) / 4, (0.91 + 0.97 + 0.99 + 0.91) / 4])
    assert.lengthOf(other!, 2)
  }).pipe(Effect.provide(endpoints)))

it.live("answers questions and classifies without training", () =>
  Effect.gen(function*() {
    const question = { question: "Where does Philipp live?", context: "Philipp lives in Nuremberg." }
    const answer = yield* Container.huggingFace("answers", "question-answering").invoke({ inputs: question })
    assert.deepStrictEqual([answer].flat(2).map(({ answer }) => answer), ["Nuremberg"])
    const topics = yield* Container.huggingFace("topics", "zero-shot-classification").invoke({
      inputs: "I would like a refund.",
      parameters: { candidate_labels: ["legal", "refund"] }
    })
    assert.deepStrictEqual(topics, {
      sequence: "I would like a refund.",
      labels: ["refund", "legal"],
      scores: [0.9, 0.05]
    })
  }).pipe(Effect.provide(endpoints)))

it.live("fails with the status and the text of the container", () =>
  Effect.gen(function*() {
    const broken = yield* Effect.flip(animalIn(new Uint8Array(3)))
    assert.deepInclude(broken, { _tag: "ModelError", OriginalStatusCode: 400 })
    const unsupported = yield* Effect.flip(
      Container.huggingFace("animals", "image-classification").invoke({ inputs: jpeg, contentType: "image/avif" })
    )
    assert.deepInclude(unsupported, { _tag: "ModelError", OriginalStatusCode: 400 })
  }).pipe(Effect.provide(endpoints)))
