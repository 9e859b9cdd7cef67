import { Effect, Either, Schema } from "effect"
import { Emulator } from "effect-sagemaker-runtime/testing"

const failure = (message: string) =>
  Emulator.containerError({
    status: 400,
    body: `${JSON.stringify({ code: 400, type: "InternalServerException", message }, null, 2)}\n`,
    contentType: "application/json"
  })

const imageTypes = new Set([
  "image/jpeg",
  "image/png",
  "image/tiff",
  "image/bmp",
  "image/gif",
  "image/webp",
  "image/x-image"
])
const audioTypes = new Set(["audio/x-flac", "audio/mpeg", "audio/wave", "audio/ogg", "audio/x-audio"])

const isFileType = (contentType: string): boolean => imageTypes.has(contentType) || audioTypes.has(contentType)

interface Data {
  readonly inputs: unknown
  readonly parameters: { readonly [name: string]: unknown }
}

const parse = (body: Uint8Array) =>
  Effect.try({
    try: () => JSON.parse(new TextDecoder().decode(body)),
    catch: () => failure("Expecting value: line 1 column 1 (char 0)")
  })

const decode = ({ Body, ContentType = "" }: Pick<Emulator.EmulatorRequest, "Body" | "ContentType">) => {
  if (isFileType(ContentType)) {
    return Effect.succeed<Data>({ inputs: Body, parameters: {} })
  }
  return ContentType === "application/json"
    ? Effect.map(parse(Body), ({ inputs, parameters }): Data => ({ inputs, parameters: parameters ?? {} }))
    : Effect.fail(
      failure(`Content type ${ContentType} is not supported by this framework.`)
    )
}

const pipeline = <E>(name: string, run: (data: Data) => Effect.Effect<unknown, E>) =>
  Emulator.endpoint(name, (request) =>
    decode(request).pipe(
      Effect.flatMap(run),
      Effect.map((result) => ({ ContentType: "application/json", Body: JSON.stringify(result) }))
    ))

const read = <A, I>(schema: Schema.Schema<A, I>, inputs: unknown, message: string) =>
  Schema.decodeUnknownEither(schema)(inputs).pipe(Either.mapLeft(() => failure(message)))

const Texts = Schema.Union(Schema.String, Schema.Array(Schema.String))

const perText = (inputs: typeof Texts.Type, run: (text: string) => unknown) =>
  typeof inputs === "string" ? run(inputs) : inputs.map(run)

const scores = (text: string) => {
  const positive = /fine|good|great|love/i.test(text) ? 0.98 : 0.03
  return [{ label: "POSITIVE", score: positive }, { label: "NEGATIVE", score: 1 - positive }].toSorted((one, other) =>
    other.score - one.score
  )
}

export const textClassification = (name: string) =>
  pipeline(
    name,
    ({ inputs, parameters: { top_k } }) =>
      Effect.map(read(Texts, inputs, "text input must be of type `str`"), (texts) => {
        if (typeof top_k === "number") {
          return perText(texts, (text) => scores(text).slice(0, top_k))
        }
        return [texts].flat().map((text) => scores(text)[0])
      })
  )

export const tokenClassification = (name: string) =>
  pipeline(
    name,
    ({ inputs, parameters }) =>
      Effect.map(read(Texts, inputs, "At least one input is required."), (texts) =>
        perText(texts, (text) =>
          [...text.matchAll(/(?<!^)\b\p{Lu}\p{L}+/gu)].map(({ 0: word, index }, position) => ({
            ...(parameters["aggregation_strategy"] === "simple"
              ? { entity_group: "LOC" }
              : { entity: "I-LOC", index: position + 1 }),
            score: 0.99,
            word,
            start: index,
            end: index + word.length
          }))))
  )

const Question = Schema.Struct({ question: Schema.String, context: Schema.String })

export const questionAnswering = (name: string) =>
  pipeline(
    name,
    ({ inputs, parameters: { top_k = 1 } }) =>
      Effect.map(
        read(Question, inputs, "argument needs to be of type (SquadExample, dict)"),
        ({ context, question }) => {
          const wanted = new Set(question.toLowerCase().match(/\p{L}+/gu))
          const answers = [...context.matchAll(/\p{Lu}\p{L}+/gu)]
            .filter(({ 0: word }) => !wanted.has(word.toLowerCase()))
            .map(({ 0: answer, index: start }, position) => ({
              score: 0.9 / (position + 1),
              start,
              end: start + answer.length,
              answer
            }))
          return top_k === 1
            ? answers.at(-1) ?? { score: 0, start: 0, end: 0, answer: "" }
            : answers.slice(0, Number(top_k))
        }
      )
  )

export const zeroShotClassification = (name: string) =>
  pipeline(name, ({ inputs, parameters: { candidate_labels } }) => {
    const labels = typeof candidate_labels === "string" ? candidate_labels.split(",") : candidate_labels
    if (!Array.isArray(labels) || labels.length === 0) {
      return Effect.fail(failure("You must include at least one label and at least one sequence."))
    }
    return Effect.map(
      read(Texts, inputs, "You must include at least one label and at least one sequence."),
      (texts) =>
        perText(texts, (sequence) => {
          const ranked = labels.map((label: string) =>
            [label.trim(), sequence.includes(label.trim()) ? 0.9 : 0.05] as const
          )
            .toSorted(([, one], [, other]) => other - one)
          return { sequence, labels: ranked.map(([label]) => label), scores: ranked.map(([, score]) => score) }
        })
    )
  })

const tokensOf = (text: string) => ["[CLS]", ...text.toLowerCase().split(/\s+/), "[SEP]"]

export const featureExtraction = (name: string) =>
  pipeline(
    name,
    ({ inputs }) =>
      Effect.map(read(Texts, inputs, "text input must be of type `str`"), (texts) =>
        perText(texts, (text) => [tokensOf(text).map((token) => [token.length, token.charCodeAt(0) / 100])]))
  )

export const imageClassification = (name: string) =>
  pipeline(name, ({ inputs }) =>
    inputs instanceof Uint8Array && inputs[0] === 0xff && inputs[1] === 0xd8
      ? Effect.succeed([{ score: 0.88, label: "tiger, Panthera tigris" }, { score: 0.11, label: "tiger cat" }])
      : Effect.fail(failure("cannot identify image file <_io.BytesIO object at 0x7f1b2c>")))

export const speechRecognition = (name: string) =>
  pipeline(name, ({ inputs }) =>
    inputs instanceof Uint8Array
      ? Effect.succeed({ text: ` I heard ${inputs.length} bytes.` })
      : Effect.fail(failure("We expect a numpy ndarray or torch tensor as input, got `<class 'str'>`")))
