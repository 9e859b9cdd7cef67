import { Effect } from "effect"
import { Emulator } from "effect-sagemaker-runtime/testing"

const failure = (status: number, message: string) =>
  Emulator.containerError({ status, body: JSON.stringify({ error: message }), contentType: "application/json" })

const attributesOf = (header = ""): { readonly [name: string]: string | undefined } =>
  Object.fromEntries(
    Array.from(header.matchAll(/(tfs-[a-z-]+)=([^,]+)/g), ([, name = "", value]) => [name, value])
  )

const csvRow = (line: string) => (line.includes(",") ? `[${line}]` : line)

const jsonOf = (text: string, contentType: string | undefined) => {
  const lines = text.trim().split("\n")
  if (contentType === "text/csv") {
    return JSON.parse(`{"instances":[${lines.map(csvRow).join(",")}]}`)
  }
  if (/"(instances|inputs|examples)"\s*:/.test(text)) {
    return JSON.parse(text)
  }
  const isJsonLines = /[}\]]\s*[[{]/.test(text)
  return JSON.parse(`{"instances":[${isJsonLines ? lines.join(",") : text}]}`)
}

const halfPlusThree = (x: number) => x / 2 + 3

const respond = (method: string, request: Record<string, ReadonlyArray<unknown>>) => {
  if (method === "regress" && request.examples !== undefined) {
    return { results: request.examples.map((example) => halfPlusThree((example as { readonly x: number }).x)) }
  }
  if (method === "predict" && request.instances !== undefined) {
    return { predictions: request.instances.map((x) => halfPlusThree(Number(x))) }
  }
  return method === "predict" && request.inputs !== undefined
    ? { outputs: request.inputs.map((x) => halfPlusThree(Number(x))) }
    : undefined
}

const accepted = new Set(["application/json", "application/jsonlines", "text/csv"])

export const container = Emulator.endpoint(
  "half-plus-three",
  ({ Body, ContentType, CustomAttributes }) =>
    Effect.gen(function*() {
      if (!accepted.has(ContentType ?? "")) {
        return yield* failure(415, `Unsupported Media Type: ${ContentType ?? "Unknown"}`)
      }
      const attributes = attributesOf(CustomAttributes)
      const model = attributes["tfs-model-name"] ?? "half_plus_three"
      if (model !== "half_plus_three") {
        return yield* failure(404, `Servable not found for request: Latest(${model})`)
      }
      const request = yield* Effect.try({
        try: () => jsonOf(new TextDecoder().decode(Body), ContentType),
        catch: () => failure(400, "JSON Parse error: Invalid value. at offset: 0")
      })
      const response = respond(attributes["tfs-method"] ?? "predict", request)
      return response === undefined
        ? yield* failure(400, "Missing 'inputs' or 'instances' key")
        : { ContentType: "application/json", Body: JSON.stringify(response, null, 4) }
    })
)
