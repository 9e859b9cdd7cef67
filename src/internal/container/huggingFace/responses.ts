/** The responses of Hugging Face's pipelines. */
import * as Schema from "effect/Schema"
import type {
  HuggingFaceAnswer,
  HuggingFaceConversation,
  HuggingFaceEntity,
  HuggingFaceFeatures,
  HuggingFaceGeneration,
  HuggingFaceLabel,
  HuggingFaceMaskFill,
  HuggingFaceObject,
  HuggingFaceResponses,
  HuggingFaceResults,
  HuggingFaceSegment,
  HuggingFaceSummary,
  HuggingFaceTableAnswer,
  HuggingFaceTranscription,
  HuggingFaceTranslation,
  HuggingFaceZeroShot
} from "../../../container/HuggingFace.ts"
import { nullish } from "../nullish.ts"
import { open } from "../wireJson.ts"

const { Array: list, Number: number, String: string } = Schema

const results = <A>(item: Schema.Schema<A>): Schema.Schema<HuggingFaceResults<A>> =>
  Schema.Union(list(item), list(list(item)), item)

const label: Schema.Schema<HuggingFaceLabel> = open({ label: string, score: number })

const entity: Schema.Schema<HuggingFaceEntity> = open({
  entity: nullish(string),
  entity_group: nullish(string),
  score: number,
  index: nullish(number),
  word: string,
  start: nullish(number),
  end: nullish(number)
})

const answer: Schema.Schema<HuggingFaceAnswer> = open({
  answer: string,
  score: nullish(number),
  start: nullish(number),
  end: nullish(number)
})

const zeroShot: Schema.Schema<HuggingFaceZeroShot> = open({
  sequence: nullish(string),
  labels: list(string),
  scores: list(number)
})

const maskFill: Schema.Schema<HuggingFaceMaskFill> = open({
  score: number,
  token: nullish(number),
  token_str: nullish(string),
  sequence: nullish(string)
})

const message = open({ role: string, content: Schema.Unknown })

const generation: Schema.Schema<HuggingFaceGeneration> = open({ generated_text: Schema.Union(string, list(message)) })

const summary: Schema.Schema<HuggingFaceSummary> = open({ summary_text: string })

const translation: Schema.Schema<HuggingFaceTranslation> = open({ translation_text: string })

const tableAnswer: Schema.Schema<HuggingFaceTableAnswer> = open({
  answer: string,
  coordinates: nullish(list(list(number))),
  cells: nullish(list(string)),
  aggregator: nullish(string)
})

const conversation: Schema.Schema<HuggingFaceConversation> = open({
  generated_text: string,
  conversation: nullish(
    open({ past_user_inputs: nullish(list(string)), generated_responses: nullish(list(string)) })
  )
})

const transcription: Schema.Schema<HuggingFaceTranscription> = open({
  text: string,
  chunks: nullish(list(open({ text: string, timestamp: nullish(list(Schema.NullOr(number))) })))
})

const box = open({ xmin: number, ymin: number, xmax: number, ymax: number })

const object: Schema.Schema<HuggingFaceObject> = open({ label: string, score: number, box })

const segment: Schema.Schema<HuggingFaceSegment> = open({
  label: string,
  score: nullish(number),
  mask: nullish(string)
})

const isFeatures = (value: unknown): boolean =>
  Array.isArray(value) && value.every((element) => typeof element === "number" || isFeatures(element))

/** A schema of each number would take seconds for the tokens of a long text. */
const features = Schema.declare((value: unknown): value is HuggingFaceFeatures => isFeatures(value), {
  identifier: "nested lists of numbers"
})

export const responses: { readonly [Task in keyof HuggingFaceResponses]: Schema.Schema<HuggingFaceResponses[Task]> } = {
  "text-classification": results(label),
  "sentiment-analysis": results(label),
  "token-classification": results(entity),
  ner: results(entity),
  "question-answering": results(answer),
  "zero-shot-classification": results(Schema.Union(zeroShot, label)),
  "feature-extraction": features,
  "fill-mask": results(maskFill),
  summarization: results(summary),
  translation: results(translation),
  "text2text-generation": results(generation),
  "text-generation": results(generation),
  "table-question-answering": results(tableAnswer),
  conversational: conversation,
  "sentence-similarity": Schema.Union(open({ similarities: list(number) }), list(number)),
  "sentence-embeddings": open({ embeddings: Schema.Union(list(number), list(list(number))) }),
  "image-classification": results(label),
  "object-detection": results(object),
  "image-segmentation": results(segment),
  "image-to-text": results(generation),
  "zero-shot-image-classification": results(label),
  "visual-question-answering": results(answer),
  "document-question-answering": results(answer),
  "automatic-speech-recognition": results(transcription),
  "audio-classification": results(label)
}
