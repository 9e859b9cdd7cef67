/** SageMaker's TensorFlow Serving container: predict, classify and regress. */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import * as Codec from "../../Codec.ts"
import type {
  TensorFlowCallOptions,
  TensorFlowClasses,
  TensorFlowEndpoint,
  TensorFlowExamples,
  TensorFlowInputs,
  TensorFlowInstances,
  TensorFlowOptions,
  TensorFlowOutputs,
  TensorFlowPredictions,
  TensorFlowResults,
  TensorFlowSelection
} from "../../Container.ts"
import type { ModelEndpoint, ModelEndpointOptions } from "../../ModelEndpoint.ts"
import { InvalidInputError } from "../../SageMakerError.ts"
import { unreadableValue } from "../codec/codecError.ts"
import { guardReads, readOptions } from "../operation/readMembers.ts"
import { makeEndpoint, ownOptions } from "./preset.ts"
import { isRecord, open, openJson, present, wireJson } from "./wireJson.ts"

export const bytes: Schema.Schema<Uint8Array, { readonly b64: string }> = /*#__PURE__*/ Schema.transform(
  Schema.Struct({ b64: Codec.Base64 }),
  Schema.Uint8ArrayFromSelf,
  { strict: true, decode: ({ b64 }) => b64, encode: (b64) => ({ b64 }) }
)

const ownMembers = ["instance", "prediction", "model", "version", "format"]

const optionalSignature = Schema.optional(Schema.NullishOr(Schema.String))

const unknownSchema = <A, I, R>(schema: Schema.Schema<A, I, R> | undefined): Schema.Schema<A, I, R> =>
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

const table = Codec.csv(
  Schema.Array(Schema.Array(Schema.NullOr(Schema.Union(Schema.Number, Schema.Boolean, Schema.String))))
)

const isStruct = <A, I, R>(instance: Schema.Schema<A, I, R>): boolean =>
  Schema.encodedSchema(instance).ast._tag === "TypeLiteral"

const csvRows = <A, I, R>(instance: Schema.Schema<A, I, R>): Codec.Codec<ReadonlyArray<A>, R> =>
  isStruct(instance)
    ? Codec.csv(Schema.Array(instance as unknown as Schema.Schema<A, Codec.CsvRow, R>))
    : Codec.compose(
      table,
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

const instancesCodec = <A, I, R>(
  instance: Schema.Schema<A, I, R>,
  format: "json" | "csv" | "jsonLines" = "json"
): Codec.Codec<TensorFlowInstances<A>, R> => {
  if (format === "csv") {
    return instancesOnly(csvRows(instance))
  }
  return format === "jsonLines"
    ? instancesOnly(Codec.jsonLines(instance))
    : openJson<TensorFlowInstances<A>>()(
      open({ instances: Schema.Array(instance), signature_name: optionalSignature })
    )
}

const predictionsCodec = <B, J, R>(prediction: Schema.Schema<B, J, R>): Codec.Codec<TensorFlowPredictions<B>, R> =>
  wireJson(open({ predictions: Schema.Array(prediction) }))

const inputsCodec = openJson<TensorFlowInputs>()(
  open({ inputs: present, signature_name: optionalSignature })
)

const outputsCodec: Codec.Codec<TensorFlowOutputs> = wireJson(open({ outputs: present }))

const examplesCodec = openJson<TensorFlowExamples>()(open({
  examples: Schema.Array(Schema.Record({ key: Schema.String, value: Schema.Unknown })),
  context: Schema.optional(Schema.Record({ key: Schema.String, value: Schema.Unknown })),
  signature_name: optionalSignature
}))

/** The documentation names the member `result`, the server sends `results`. */
const resultsCodec = <B, J>(result: Schema.Schema<B, J>): Codec.Codec<TensorFlowResults<B>> =>
  Codec.compose(
    wireJson(Schema.Unknown),
    Schema.transform(Schema.Unknown, open({ results: Schema.Array(result) }), {
      strict: false,
      decode: (
        value
      ) => (isRecord(value) && value["results"] === undefined ? { ...value, results: value["result"] } : value),
      encode: (value) => value
    })
  )

const classesCodec: Codec.Codec<TensorFlowResults<TensorFlowClasses>> = resultsCodec(
  Schema.Array(Schema.Tuple(Schema.String, Schema.Number))
)

const regressionCodec: Codec.Codec<TensorFlowResults<number>> = resultsCodec(Schema.Number)

/** The container reads attributes up to the next comma and drops those with a second equals sign. */
const attributePattern = /^[^,=\s]+$/

const attribute = (
  field: "model" | "version" | "method",
  value: unknown
): Effect.Effect<ReadonlyArray<string>, InvalidInputError> => {
  if (value === undefined || value === null) {
    return Effect.succeed([])
  }
  const name = field === "method" ? "tfs-method" : `tfs-model-${field === "model" ? "name" : field}`
  return (typeof value === "string" || typeof value === "number") && attributePattern.test(String(value))
    ? Effect.succeed([`${name}=${value}`])
    : Effect.fail(new InvalidInputError({ field, constraint: "text without commas, equals signs and spaces" }))
}

/** The input members of a call. The selected model and the method follow the caller's own attributes. */
const callOptions = (
  defaults: ModelEndpointOptions & TensorFlowSelection,
  options: TensorFlowCallOptions | undefined,
  method?: "classify" | "regress"
): Effect.Effect<ModelEndpointOptions, InvalidInputError> =>
  Effect.gen(function*() {
    const { model, version, ...members }: TensorFlowCallOptions = yield* readOptions(options, "options")
    const own = members.CustomAttributes ?? defaults.CustomAttributes
    const selected = [
      yield* attribute("model", model ?? defaults.model),
      yield* attribute("version", version ?? defaults.version),
      yield* attribute("method", method)
    ].flat()
    return selected.length === 0
      ? members
      : { ...members, CustomAttributes: [...(own === undefined ? [] : [own]), ...selected].join(",") }
  })

const call = <A, B, R>(
  endpoint: ModelEndpoint<A, B, R>,
  defaults: ModelEndpointOptions & TensorFlowSelection,
  method?: "classify" | "regress"
) =>
(request: A, options?: TensorFlowCallOptions) =>
  Effect.flatMap(callOptions(defaults, options, method), (members) => endpoint.invoke(request, members))

const hasInputs = (request: object): request is TensorFlowInputs =>
  Either.getOrElse(guardReads("request", () => Predicate.hasProperty(request, "inputs")), () => false)

export const make = <A, I, R1, B, J, R2>(
  name: string,
  options?: TensorFlowOptions<A, I, R1, B, J, R2>
): TensorFlowEndpoint<A, B, R1 | R2> => {
  const own = ownOptions(options)
  const endpoint = <A2, R3, B2, R4>(request: Codec.Codec<A2, R3>, response: Codec.Codec<B2, R4>) =>
    makeEndpoint(name, options, ownMembers, { request, response })
  const rows = endpoint(
    instancesCodec(unknownSchema(own.instance), own.format),
    predictionsCodec(unknownSchema(own.prediction))
  )
  const predictRows = call(rows, own)
  const predictColumns = call(endpoint(inputsCodec, outputsCodec), own)
  const predict = (request: TensorFlowInstances<A> | TensorFlowInputs, given?: TensorFlowCallOptions) =>
    hasInputs(request) ? predictColumns(request, given) : predictRows(request, given)
  return {
    ...rows,
    predict: predict as TensorFlowEndpoint<A, B, R1 | R2>["predict"],
    classify: call(endpoint(examplesCodec, classesCodec), own, "classify"),
    regress: call(endpoint(examplesCodec, regressionCodec), own, "regress")
  }
}
