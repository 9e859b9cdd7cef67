import { Effect } from "effect"
import type { IncomingMessage, ServerResponse } from "node:http"
import { serveContainer } from "./container.ts"

/** HTTP servers with the routes and the formats of well-known containers, written without this package. */

const json = (response: ServerResponse, status: number, value: unknown) =>
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(value))

const words = ["Hel", "lo ", "wor", "ld ✓"]

/** vLLM: chat completions as server-sent events, which do not end with the chunks of the network. */
const vllm = (response: ServerResponse, body: Buffer) => {
  const { messages, stream } = JSON.parse(body.toString())
  if (!Array.isArray(messages)) {
    json(response, 400, { error: { message: "messages is required", type: "BadRequestError", code: 400 } })
    return
  }
  if (stream !== true) {
    const message = { role: "assistant", content: words.join("") }
    json(response, 200, { object: "chat.completion", choices: [{ index: 0, message, finish_reason: "stop" }] })
    return
  }
  const event = (delta: object, finish: string | null) =>
    `data: ${
      JSON.stringify({
        id: "chatcmpl-1",
        object: "chat.completion.chunk",
        choices: [{ index: 0, delta, finish_reason: finish }]
      })
    }\n\n`
  const bytes = Buffer.from(
    words.map((content) => event({ content }, null)).join("") + event({}, "stop") + "data: [DONE]\n\n"
  )
  response.writeHead(200, { "content-type": "text/event-stream; charset=utf-8" })
  const send = (start: number) => {
    if (start >= bytes.length) {
      response.end()
    } else {
      response.write(bytes.subarray(start, start + 61))
      setTimeout(send, 3, start + 61)
    }
  }
  send(0)
}

/** MLflow: a scoring server with one of the four formats of its input. */
const mlflow = (response: ServerResponse, body: Buffer, request: IncomingMessage) => {
  if (request.headers["content-type"] === "text/csv") {
    const [, ...rows] = body.toString().trim().split("\n")
    json(response, 200, { predictions: rows.map((row) => row.split(",").map(Number).reduce((a, b) => a + b)) })
    return
  }
  const { dataframe_split: split } = JSON.parse(body.toString())
  if (split === undefined) {
    json(response, 400, { error_code: "BAD_REQUEST", message: "The input must be a JSON dictionary" })
    return
  }
  const rows: ReadonlyArray<ReadonlyArray<number>> = split.data
  json(response, 200, { predictions: rows.map((row) => row.reduce((a, b) => a + b, 0)) })
}

const headerSize = /^application\/vnd\.sagemaker-triton\.binary\+json;json-header-size=(\d+)$/

/** Triton: doubles a FP32 tensor, in JSON or as binary data. */
const triton = (response: ServerResponse, body: Buffer, request: IncomingMessage) => {
  const size = headerSize.exec(request.headers["content-type"] ?? "")?.[1]
  const header = JSON.parse(body.subarray(0, size === undefined ? body.length : Number(size)).toString())
  const [{ data, name, shape }] = header.inputs
  if (size === undefined) {
    const outputs = [{ name: `${name}_doubled`, datatype: "FP32", shape, data: data.map((value: number) => value * 2) }]
    json(response, 200, { model_name: "doubler", model_version: "1", outputs })
    return
  }
  const raw = body.subarray(Number(size))
  const doubled = Buffer.alloc(raw.length)
  for (let at = 0; at < raw.length; at += 4) {
    doubled.writeFloatLE(raw.readFloatLE(at) * 2, at)
  }
  const output = { name: `${name}_doubled`, datatype: "FP32", shape, parameters: { binary_data_size: raw.length } }
  const text = Buffer.from(JSON.stringify({ model_name: "doubler", model_version: "1", outputs: [output] }))
  response.writeHead(200, {
    "content-type": `application/vnd.sagemaker-triton.binary+json;json-header-size=${text.length}`
  }).end(Buffer.concat([text, doubled]))
}

export const servingContainers = Effect.all({
  vllm: serveContainer(vllm),
  mlflow: serveContainer(mlflow),
  triton: serveContainer(triton)
})
