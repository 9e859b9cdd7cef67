import { Schema } from "effect"
import { decodeCorpus } from "./corpus.ts"

const Shape = Schema.Struct({
  members: Schema.optional(Schema.Record({
    key: Schema.String,
    value: Schema.Struct({
      target: Schema.String,
      traits: Schema.optionalWith(
        Schema.Struct({ "smithy.api#httpHeader": Schema.optional(Schema.String) }),
        { default: () => ({}) }
      )
    })
  })),
  traits: Schema.optionalWith(
    Schema.Struct({
      "smithy.api#length": Schema.optional(Schema.Struct({ min: Schema.Number, max: Schema.Number })),
      "smithy.api#pattern": Schema.optional(Schema.String)
    }),
    { default: () => ({}) }
  )
})

const Model = Schema.Struct({ shapes: Schema.Record({ key: Schema.String, value: Shape }) })

const shapes = decodeCorpus("models/sagemaker-runtime.smithy.2025-09.json", Model)?.shapes ?? {}

/** A text member of an operation's input, with the limits of AWS's model. */
export interface ModelMember {
  readonly name: string
  readonly header: string | undefined
  readonly min: number
  readonly max: number
  readonly pattern: RegExp
}

/** Converts a Java pattern of the model to a JavaScript pattern that matches the complete text. */
const translated = (pattern: string): RegExp =>
  new RegExp(
    `^(?:${
      pattern
        .replaceAll("\\A", "^")
        .replaceAll("\\z", "$")
        .replaceAll("\\p{Print}", "\\x20-\\x7e")
        .replaceAll("\\p{ASCII}", "[\\x00-\\x7f]")
    })$`
  )

/** The text members of an operation's input, without the body. */
export const textMembers = (input: string): ReadonlyArray<ModelMember> =>
  Object.entries(shapes[`com.amazonaws.sagemakerruntime#${input}`]?.members ?? {}).flatMap(
    ([name, { target, traits }]) => {
      const { "smithy.api#length": length, "smithy.api#pattern": pattern } = shapes[target]!.traits
      return pattern === undefined
        ? []
        : [{
          name,
          header: traits["smithy.api#httpHeader"],
          min: length?.min ?? 0,
          max: length?.max ?? Infinity,
          pattern: translated(pattern)
        }]
    }
  )

/** Returns whether the model accepts a text for a member. */
export const accepts = ({ max, min, pattern }: ModelMember, text: string): boolean => {
  const { length } = Array.from(text)
  return length >= min && length <= max && pattern.test(text)
}
