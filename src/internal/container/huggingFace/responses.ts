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
import { nullish, open } from "../../schema/fields.ts"
import { lazySchema } from "../../schema/lazySchema.ts"

const results = <A>(item: Schema.Schema<A>): Schema.Schema<HuggingFaceResults<A>> =>
  lazySchema(() => Schema.Union(Schema.Array(item), Schema.Array(Schema.Array(item)), item))

const label: Schema.Schema<HuggingFaceLabel> = lazySchema(() => open({ label: Schema.String, score: Schema.Number }))

const entity: Schema.Schema<HuggingFaceEntity> = lazySchema(() =>
  open({
    entity: nullish(Schema.String),
    entity_group: nullish(Schema.String),
    score: Schema.Number,
    index: nullish(Schema.Number),
    word: Schema.String,
    start: nullish(Schema.Number),
    end: nullish(Schema.Number)
  })
)

const answer: Schema.Schema<HuggingFaceAnswer> = lazySchema(() =>
  open({
    answer: Schema.String,
    score: nullish(Schema.Number),
    start: nullish(Schema.Number),
    end: nullish(Schema.Number)
  })
)

const zeroShot: Schema.Schema<HuggingFaceZeroShot> = lazySchema(() =>
  open({
    sequence: nullish(Schema.String),
    labels: Schema.Array(Schema.String),
    scores: Schema.Array(Schema.Number)
  })
)

const maskFill: Schema.Schema<HuggingFaceMaskFill> = lazySchema(() =>
  open({
    score: Schema.Number,
    token: nullish(Schema.Number),
    token_str: nullish(Schema.String),
    sequence: nullish(Schema.String)
  })
)

const message = lazySchema(() => open({ role: Schema.String, content: Schema.Unknown }))

const generation: Schema.Schema<HuggingFaceGeneration> = lazySchema(() =>
  open({
    generated_text: Schema.Union(Schema.String, Schema.Array(message))
  })
)

const summary: Schema.Schema<HuggingFaceSummary> = lazySchema(() => open({ summary_text: Schema.String }))

const translation: Schema.Schema<HuggingFaceTranslation> = lazySchema(() => open({ translation_text: Schema.String }))

const tableAnswer: Schema.Schema<HuggingFaceTableAnswer> = lazySchema(() =>
  open({
    answer: Schema.String,
    coordinates: nullish(Schema.Array(Schema.Array(Schema.Number))),
    cells: nullish(Schema.Array(Schema.String)),
    aggregator: nullish(Schema.String)
  })
)

const conversation: Schema.Schema<HuggingFaceConversation> = lazySchema(() =>
  open({
    generated_text: Schema.String,
    conversation: nullish(
      open({
        past_user_inputs: nullish(Schema.Array(Schema.String)),
        generated_responses: nullish(Schema.Array(Schema.String))
      })
    )
  })
)

const transcription: Schema.Schema<HuggingFaceTranscription> = lazySchema(() =>
  open({
    text: Schema.String,
    chunks: nullish(
      Schema.Array(open({ text: Schema.String, timestamp: nullish(Schema.Array(Schema.NullOr(Schema.Number))) }))
    )
  })
)

const box = lazySchema(() =>
  open({ xmin: Schema.Number, ymin: Schema.Number, xmax: Schema.Number, ymax: Schema.Number })
)

const object: Schema.Schema<HuggingFaceObject> = lazySchema(() =>
  open({ label: Schema.String, score: Schema.Number, box })
)

const segment: Schema.Schema<HuggingFaceSegment> = lazySchema(() =>
  open({
    label: Schema.String,
    score: nullish(Schema.Number),
    mask: nullish(Schema.String)
  })
)

const isFeatures = (value: unknown): boolean =>
  Array.isArray(value) && value.every((element) => typeof element === "number" || isFeatures(element))

/** A schema of each number would take seconds for the tokens of a long text. */
const features = lazySchema(() =>
  Schema.declare((value: unknown): value is HuggingFaceFeatures => isFeatures(value), {
    identifier: "nested lists of numbers"
  })
)

const similarities = lazySchema(() =>
  Schema.Union(open({ similarities: Schema.Array(Schema.Number) }), Schema.Array(Schema.Number))
)

const embeddings = lazySchema(() =>
  open({
    embeddings: Schema.Union(Schema.Array(Schema.Number), Schema.Array(Schema.Array(Schema.Number)))
  })
)

export const responses: { readonly [Task in keyof HuggingFaceResponses]: Schema.Schema<HuggingFaceResponses[Task]> } = {
  "text-classification": results(label),
  "sentiment-analysis": results(label),
  "token-classification": results(entity),
  ner: results(entity),
  "question-answering": results(answer),
  "zero-shot-classification": results(lazySchema(() => Schema.Union(zeroShot, label))),
  "feature-extraction": features,
  "fill-mask": results(maskFill),
  summarization: results(summary),
  translation: results(translation),
  "text2text-generation": results(generation),
  "text-generation": results(generation),
  "table-question-answering": results(tableAnswer),
  conversational: conversation,
  "sentence-similarity": similarities,
  "sentence-embeddings": embeddings,
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
