/** MLflow's scoring server: four inputs in JSON, and CSV. */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import * as Codec from "../../Codec.ts"
import type { MlflowEndpoint, MlflowOptions, MlflowPrediction, MlflowRequest, MlflowResponse } from "../../Container.ts"
import { listOf } from "../batch/batchers.ts"
import { undecodable, unencodable, unreadableValue } from "../codec/codecError.ts"
import { guardReads } from "../operation/readMembers.ts"
import { open } from "../schema/fields.ts"
import { lazySchema } from "../schema/lazySchema.ts"
import { makeEndpoint, ownOptions } from "./preset.ts"
import { isRecord, openJson, present, wireJson } from "./wireJson.ts"

const ownMembers = ["row", "predictions"]

const inputNames = ["dataframe_split", "dataframe_records", "instances", "inputs"]

const split = lazySchema(() =>
  open({
    columns: Schema.optional(Schema.Array(Schema.Union(Schema.String, Schema.Number))),
    data: Schema.Array(Schema.Array(Schema.Unknown)),
    index: Schema.optional(Schema.Array(Schema.Unknown))
  })
)

const requestSchema = <A, I, R>(row: Schema.Schema<A, I, R>) =>
  open({
    dataframe_split: Schema.optional(split),
    dataframe_records: Schema.optional(Schema.Array(row)),
    params: Schema.optional(Schema.Record({ key: Schema.String, value: Schema.Unknown }))
  })

const countInputs = (request: object): number =>
  Object.entries(request).filter(([member, value]) => inputNames.includes(member) && value !== undefined).length

const requestCodec = <A, I, R>(row: Schema.Schema<A, I, R>): Codec.Codec<MlflowRequest<A>, R> => {
  const codec = openJson<MlflowRequest<A>>()(requestSchema(row))
  return {
    ...codec,
    encode: (request) =>
      Effect.flatMap(
        Either.mapLeft(guardReads("request", () => countInputs(request)), () => unreadableValue(codec.mediaType)),
        (count) =>
          count === 1
            ? codec.encode(request)
            : Effect.fail(unencodable(codec.mediaType, `expected exactly one of ${inputNames.join(", ")}`))
      )
  }
}

/** Servers before MLflow 2 send the predictions alone. */
const responseCodec = <B, J, R>(predictions: Schema.Schema<B, J, R>): Codec.Codec<MlflowResponse<B>, R> =>
  Codec.compose(
    wireJson(Schema.Unknown),
    Schema.transform(Schema.Unknown, open({ predictions }), {
      strict: false,
      decode: (value) => (isRecord(value) ? value : { predictions: value }),
      encode: (value) => value
    })
  ) as Codec.Codec<MlflowResponse<B>, R>

const cell = lazySchema(() => Schema.NullishOr(Schema.Union(Schema.String, Schema.Number, Schema.Boolean)))

const tableOf = (rows: ReadonlyArray<object>) => {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))]
  return Codec.csv(
    Schema.Array(Schema.Struct(Object.fromEntries(columns.map((column) => [column, Schema.optional(cell)])))),
    { header: true }
  )
}

/** CSV with the columns of the rows, for rows without a schema. */
const untypedTable = <A>(): Codec.Codec<ReadonlyArray<A>> => ({
  mediaType: "text/csv",
  encode: (rows) =>
    Effect.flatMap(
      Effect.try({
        try: () => tableOf(rows as ReadonlyArray<object>),
        catch: () => unencodable("text/csv", "expected a list of rows")
      }),
      (codec) => codec.encode(rows as never)
    ),
  decode: (body) => Effect.fail(undecodable("text/csv", body, "rows are only encoded"))
})

export const make = <A, I, R1, B, J, R2>(
  name: string,
  options?: MlflowOptions<A, I, R1, B, J, R2>
): MlflowEndpoint<A, B, R1 | R2> => {
  const { predictions, row } = ownOptions(options)
  const response = responseCodec(predictions ?? (present as unknown as Schema.Schema<B, J, R2>))
  const rows = row ??
    (Schema.Record({ key: Schema.String, value: Schema.Unknown }) as unknown as Schema.Schema<A, I, R1>)
  const table: Codec.Codec<ReadonlyArray<A>, R1> = row === undefined
    ? untypedTable<A>()
    : Codec.csv(Schema.Array(row as unknown as Schema.Schema<A, Codec.CsvRow, R1>), { header: true })
  const endpoint = makeEndpoint(name, options, ownMembers, { request: requestCodec(rows), response })
  const csv = makeEndpoint(name, options, ownMembers, { request: table, response })
  return {
    ...endpoint,
    predict: endpoint.invoke,
    predictCsv: csv.invoke,
    batcher: {
      join: (records) => ({ dataframe_records: records }),
      split: (found) => listOf(found.predictions as ReadonlyArray<MlflowPrediction<B>>, "predictions")
    }
  }
}
