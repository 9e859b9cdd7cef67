/** The parts of a message's content. */
import * as Schema from "effect/Schema"
import { lazy } from "../../protocol/function/lazy.ts"
import { nullish } from "../schema/fields.ts"
import { lazySchema } from "../schema/lazySchema.ts"

const mediaFields = lazy(() => ({
  /** The ID of the media, which vLLM uses as the key of its cache. */
  uuid: nullish(Schema.String)
}))

const textPart = lazySchema(() =>
  Schema.Struct({
    /** The type of the part. */
    type: Schema.Literal("text"),
    /** The text of the part. */
    text: Schema.String
  })
)

const imagePart = lazySchema(() =>
  Schema.Struct({
    /** The type of the part. */
    type: Schema.Literal("image_url"),
    /** The image. */
    image_url: Schema.Struct({
      /** The URL of the image, or a `data:` URL with its bytes in base64. */
      url: Schema.String,
      /** The resolution at which the model processes the image. Default: `auto`. */
      detail: nullish(Schema.Literal("auto", "low", "high"))
    }),
    ...mediaFields()
  })
)

const audioPart = lazySchema(() =>
  Schema.Struct({
    /** The type of the part. */
    type: Schema.Literal("input_audio"),
    /** The audio. */
    input_audio: Schema.Struct({
      /** The bytes of the audio in base64. */
      data: Schema.String,
      /** The format of the audio, for example `wav` or `mp3`. */
      format: Schema.String
    })
  })
)

const audioUrlPart = lazySchema(() =>
  Schema.Struct({
    /** The type of the part. vLLM and SGLang support it. */
    type: Schema.Literal("audio_url"),
    /** The audio. */
    audio_url: Schema.Struct({
      /** The URL of the audio, or a `data:` URL with its bytes in base64. */
      url: Schema.String
    }),
    ...mediaFields()
  })
)

const videoUrlPart = lazySchema(() =>
  Schema.Struct({
    /** The type of the part. vLLM and SGLang support it. */
    type: Schema.Literal("video_url"),
    /** The video. */
    video_url: Schema.Struct({
      /** The URL of the video, or a `data:` URL with its bytes in base64. */
      url: Schema.String
    }),
    ...mediaFields()
  })
)

const imageEmbedsPart = lazySchema(() =>
  Schema.Struct({
    /** The type of the part. vLLM supports it. */
    type: Schema.Literal("image_embeds"),
    /** The embedding of the image in base64, or one per name. */
    image_embeds: Schema.NullOr(Schema.Union(Schema.String, Schema.Object)),
    ...mediaFields()
  })
)

const refusalPart = lazySchema(() =>
  Schema.Struct({
    /** The type of the part. Only assistant messages have it. */
    type: Schema.Literal("refusal"),
    /** The text of the model's refusal. */
    refusal: Schema.String
  })
)

const knownTypes: ReadonlySet<string> = new Set([
  "text",
  "image_url",
  "input_audio",
  "audio_url",
  "video_url",
  "image_embeds",
  "refusal"
])

const otherType = lazySchema(() =>
  Schema.String.pipe(
    Schema.filter((type) => !knownTypes.has(type), { description: "another type of part" })
  )
)

const otherPart = lazySchema(() => Schema.Struct({ type: otherType }))

const knownPart = lazySchema(() =>
  Schema.Union(
    textPart,
    imagePart,
    audioPart,
    audioUrlPart,
    videoUrlPart,
    imageEmbedsPart,
    refusalPart
  )
)

/** The type has the known parts only, so that a misspelled type is a type error and a type selects a member of the union. */
export const contentPart = lazySchema(() =>
  Schema.asSchema(
    Schema.Union(knownPart, otherPart)
  ) as Schema.Schema<typeof knownPart.Type, typeof knownPart.Encoded>
)

export const content = lazySchema(() => Schema.Union(Schema.String, Schema.Array(contentPart)))
