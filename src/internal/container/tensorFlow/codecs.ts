/** Requests and responses of TensorFlow Serving. */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import * as Codec from "../../../Codec.ts"
import type {
  TensorFlowClasses,
  TensorFlowExamples,
  TensorFlowInputs,
  TensorFlowInstances,
  TensorFlowOutputs,
  TensorFlowPredictions,
  TensorFlowResults
} from "../../../Container.ts"
import { lazy } from "../../../protocol/function/lazy.ts"
import { unreadableValue } from "../../codec/codecError.ts"
import { guardReads } from "../../operation/readMembers.ts"
import { open } from "../../schema/fields.ts"
import { lazySchema } from "../../schema/lazySchema.ts"
import { isRecord, openJson, present, wireJson } from "../wireJson.ts"

export const bytes: Schema.Schema<Uint8Array, { readonly b64: string }> = lazySchema(() =>
  Schema.transform(
    Schema.Struct({ b64: Codec.Base64 }),
    Schema.Uint8ArrayFromSelf,
    { strict: true, decode: ({ b64 }) => b64, encode: (b64) => ({ b64 }) }
  )
)

const optionalSignature = lazy(() => Schema.optional(Schema.NullishOr(Schema.String)))

export const unknownSchema = <A, I, R>(schema: Schema.Schema<A, I, R> | undefined): Schema.Schema<A, I, R> =>
  schema ?? (Schema.Unknown as unknown as Schema.Schema<A, I, R>)

/** CSV and JSON Lines have only the instances. */
const instancesOnly = <A, R>(codec: Codec.Codec<ReadonlyArray<A>, R>): Codec.Codec<TensorFlowInstances<A>, R> => ({
  ...codec,
  encode: (request) =>
    Effect.flatMap(
      Either.mapLeft(guardReads("request", () => request.instances), () => unreadableValue(codec.mediaType)),
      codec.encode
    ),
  decode: (body, contentType) => Effect.map(codec.decode(body, contentType), (instances) => ({ instances }))
})

/** A row for each instance; a scalar is a row of one cell. */
const toRow = (instance: unknown): unknown => (Array.isArray(instance) ? instance : [instance])

const table = lazy(() =>
  Codec.csv(
    Schema.Array(Schema.Array(Schema.NullOr(Schema.Union(Schema.Number, Schema.Boolean, Schema.String))))
  )
)

const isStruct = <A, I, R>(instance: Schema.Schema<A, I, R>): boolean =>
  Schema.encodedSchema(instance).ast._tag === "TypeLiteral"

const csvRows = <A, I, R>(instance: Schema.Schema<A, I, R>): Codec.Codec<ReadonlyArray<A>, R> =>
  isStruct(instance)
    ? Codec.csv(Schema.Array(instance as unknown as Schema.Schema<A, Codec.CsvRow, R>))
    : Codec.compose(
      table(),
      Schema.transform(Schema.Unknown, Schema.Array(instance), {
        strict: false,
        decode: (rows) => rows,
        encode: (instances: ReadonlyArray<I>) => instances.map(toRow)
      }) as unknown as Schema.Schema<
        ReadonlyArray<A>,
        ReadonlyArray<ReadonlyArray<string | number | boolean | null>>,
        R
      >
    )

export const instancesCodec = <A, I, R>(
  instance: Schema.Schema<A, I, R>,
  format: "json" | "csv" | "jsonLines" = "json"
): Codec.Codec<TensorFlowInstances<A>, R> => {
  if (format === "csv") {
    return instancesOnly(csvRows(instance))
  }
  return format === "jsonLines"
    ? instancesOnly(Codec.jsonLines(instance))
    : openJson<TensorFlowInstances<A>>()(
      open({ instances: Schema.Array(instance), signature_name: optionalSignature() })
    )
}

export const predictionsCodec = <B, J, R>(
  prediction: Schema.Schema<B, J, R>
): Codec.Codec<TensorFlowPredictions<B>, R> => wireJson(open({ predictions: Schema.Array(prediction) }))

export const inputsCodec = openJson<TensorFlowInputs>()(
  lazySchema(() => open({ inputs: present, signature_name: optionalSignature() }))
)

export const outputsCodec: Codec.Codec<TensorFlowOutputs> = wireJson(lazySchema(() => open({ outputs: present })))

export const examplesCodec = openJson<TensorFlowExamples>()(lazySchema(() =>
  open({
    examples: Schema.Array(Schema.Record({ key: Schema.String, value: Schema.Unknown })),
    context: Schema.optional(Schema.Record({ key: Schema.String, value: Schema.Unknown })),
    signature_name: optionalSignature()
  })
))

/** The documentation names the member `result`, the server sends `results`. */
const resultsCodec = <B, J>(result: Schema.Schema<B, J>): Codec.Codec<TensorFlowResults<B>> =>
  Codec.compose(
    wireJson(Schema.Unknown),
    lazySchema(() =>
      Schema.transform(Schema.Unknown, open({ results: Schema.Array(result) }), {
        strict: false,
        decode: (
          value
        ) => (isRecord(value) && value["results"] === undefined ? { ...value, results: value["result"] } : value),
        encode: (value) => value
      })
    )
  )

export const classesCodec: Codec.Codec<TensorFlowResults<TensorFlowClasses>> = resultsCodec(
  lazySchema(() => Schema.Array(Schema.Tuple(Schema.String, Schema.Number)))
)

export const regressionCodec: Codec.Codec<TensorFlowResults<number>> = resultsCodec(Schema.Number)
