import { Effect } from "effect"
import { Emulator } from "effect-sagemaker-runtime/testing"

interface Table {
  readonly columns: ReadonlyArray<string>
  readonly data: ReadonlyArray<ReadonlyArray<number>>
}

const inputs = ["dataframe_records", "dataframe_split", "instances", "inputs"]

const failure = (message: string) =>
  Emulator.containerError({
    status: 400,
    body: JSON.stringify({ error_code: "BAD_REQUEST", message }),
    contentType: "application/json"
  })

const ofRecords = (records: ReadonlyArray<Record<string, number>>): Table => {
  const columns = Object.keys(records[0] ?? {})
  return { columns, data: records.map((record) => columns.map((column) => record[column]!)) }
}

const ofColumns = (columns: Record<string, ReadonlyArray<number>>): Table => {
  const values = Object.values(columns)
  return {
    columns: Object.keys(columns),
    data: (values[0] ?? []).map((_, row) => values.map((column) => column[row]!))
  }
}

const ofCsv = (text: string): Table => {
  const [columns = [], ...rows] = text.trim().split("\n").map((line) => line.split(","))
  return { columns, data: rows.map((row) => row.map(Number)) }
}

const ofJson = (text: string) =>
  Effect.gen(function*() {
    const request = yield* Effect.try({
      try: () => JSON.parse(text),
      catch: () => failure("Invalid input. Ensure that input is a valid JSON formatted string.")
    })
    const found = inputs.filter((input) => input in request)
    if (found.length !== 1) {
      return yield* failure(
        `The input must be a JSON dictionary with exactly one of the input fields {${inputs.join(", ")}}.`
      )
    }
    const [input] = found
    if (input === "dataframe_split") {
      return request.dataframe_split as Table
    }
    return input === "inputs" ? ofColumns(request.inputs) : ofRecords(request[input!])
  })

const predict = ({ columns, data }: Table) =>
  data.map((row) => {
    const cell = (name: string) => row[columns.indexOf(name)] ?? NaN
    return cell("alcohol") / 2 + cell("pH") / 4
  })

const pythonJson = (predictions: ReadonlyArray<number>) => `{"predictions": [${predictions.join(", ")}]}`

export const container = Emulator.endpoint("wine-quality", ({ Body, ContentType = "" }) =>
  Effect.gen(function*() {
    if (ContentType !== "text/csv" && ContentType !== "application/json") {
      return yield* Emulator.containerError({
        status: 415,
        body:
          `This predictor only supports the following content types: Types: ['text/csv', 'application/json']. Got '${ContentType}'.`,
        contentType: "text/plain"
      })
    }
    const text = new TextDecoder().decode(Body)
    const table = ContentType === "text/csv" ? ofCsv(text) : yield* ofJson(text)
    return { ContentType: "application/json", Body: pythonJson(predict(table)) }
  }))
