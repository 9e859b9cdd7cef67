import { Effect } from "effect"
import { Emulator } from "effect-sagemaker-runtime/testing"

const features = 3

const failure = (status: number, body: string) => Emulator.containerError({ status, body, contentType: "text/html" })

const csvRow = (line: string) => line.split(",").map((cell) => (cell === "" ? NaN : Number(cell)))

const libsvmRow = (line: string) => {
  const row = Array.from({ length: features }, () => NaN)
  for (const item of line.split(" ").filter((item) => item.includes(":"))) {
    const [index, value] = item.split(":").map(Number)
    row[index!] = value!
  }
  return row
}

const rowsOf = (text: string, contentType: string) => {
  const lines = text.trim().split("\n")
  if (contentType === "text/csv") {
    return lines.map(csvRow)
  }
  return contentType === "text/libsvm" ? lines.map(libsvmRow) : undefined
}

const probability = ([months = NaN, complaints = NaN, fee = NaN]: ReadonlyArray<number>) =>
  1 / (1 + Math.exp(months / 12 - complaints - (Number.isNaN(fee) ? 0 : fee / 100)))

const encode = (scores: ReadonlyArray<number>, accept: string) => {
  switch (accept) {
    case "application/json":
      return JSON.stringify({ predictions: scores.map((score) => ({ score })) })
    case "application/jsonlines":
      return scores.map((score) => `${JSON.stringify({ score })}\n`).join("")
    case "text/csv":
      return scores.join(",")
    default:
      return undefined
  }
}

export const container = Emulator.endpoint(
  "churn",
  ({ Accept = "text/csv", Body, ContentType = "text/csv" }) =>
    Effect.gen(function*() {
      const rows = rowsOf(new TextDecoder().decode(Body), ContentType)
      if (rows === undefined) {
        return yield* failure(415, `Content-type ${ContentType} is not supported.`)
      }
      const other = rows.find((row) => row.length !== features)
      if (other !== undefined) {
        return yield* failure(
          400,
          `Unable to evaluate payload provided: Feature size of ${ContentType} inference data ${other.length} is not consistent with feature size of trained model ${features}.`
        )
      }
      const body = encode(rows.map(probability), Accept)
      return body === undefined
        ? yield* failure(406, `Accept type ${Accept} is not supported.`)
        : { ContentType: `${Accept}; charset=utf-8`, Body: body }
    })
)
