/** The server process. Responses are prepared in advance, so that the benchmark measures the clients. */
import { EventStreamCodec } from "@smithy/eventstream-codec"
import { createServer } from "node:http"

const codec = new EventStreamCodec((bytes) => Buffer.from(bytes).toString(), (text) => Buffer.from(text))
const text = (value) => ({ type: "string", value })
const headers = {
  ":event-type": text("PayloadPart"),
  ":content-type": text("application/octet-stream"),
  ":message-type": text("event")
}

const responseBody = Buffer.alloc(200, "a")

/** Frames of one size, as many as fit into one write of 256 KiB. */
const batch = (size) => {
  const one = Buffer.from(codec.encode({ headers, body: Buffer.alloc(size, "t") }))
  return { count: Math.max(1, Math.floor((256 * 1024) / one.length)), one }
}

const batches = new Map([64, 16 * 1024].map((size) => {
  const { count, one } = batch(size)
  return [size, { bytes: Buffer.concat(Array.from({ length: count }, () => one)), count, one }]
}))

/** Waits until the socket accepts more data or is closed. */
const write = async (response, bytes) => {
  if (!response.write(bytes) && !response.destroyed) {
    await new Promise((resolve) => {
      const done = () => {
        response.off("drain", done).off("close", done)
        resolve()
      }
      response.on("drain", done).on("close", done)
    })
  }
}

/** Streams `parts` parts of `size` bytes; `wait` is a pause in ms before the second part. */
const stream = async (response, { parts, size, wait }) => {
  const { bytes, count, one } = batches.get(size)
  response.writeHead(200, { "content-type": "application/vnd.amazon.eventstream" })
  let left = parts
  if (wait > 0) {
    response.write(one)
    left -= 1
    await new Promise((resolve) => setTimeout(resolve, wait))
  }
  while (left > 0 && !response.destroyed) {
    await write(response, left >= count ? bytes : bytes.subarray(0, left * one.length))
    left -= count
  }
  response.end()
}

const server = createServer((request, response) => {
  request.on("data", () => {})
  request.on("end", () => {
    if (request.url.endsWith("/invocations")) {
      response.writeHead(200, { "content-type": "application/octet-stream", "content-length": responseBody.length })
      response.end(responseBody)
    } else {
      const [, parts, size, wait] = /stream-(\d+)-(\d+)-(\d+)/.exec(request.url).map(Number)
      void stream(response, { parts, size, wait })
    }
  })
})
server.keepAliveTimeout = 60_000
server.requestTimeout = 0
server.listen(0, "127.0.0.1", 2_048, () => process.send({ url: `http://127.0.0.1:${server.address().port}` }))
process.on("disconnect", () => process.exit())
