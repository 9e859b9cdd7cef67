/** Time of Base64 text in a schema, relative to `Buffer` and to Effect's schema: `node bench/base64.js`. */
import { Schema } from "effect"
import { Codec } from "effect-sagemaker-runtime"
import { ratio } from "./statistics.js"

const megabytes = 8

const bytes = Uint8Array.from({ length: megabytes * 1_000_000 }, (_, index) => (index * 7_919) >> 3)
const text = Buffer.from(bytes).toString("base64")

const decoders = {
  "Codec.Base64": Schema.decodeSync(Codec.Base64),
  Buffer: (input) => Buffer.from(input, "base64"),
  "Schema.Uint8ArrayFromBase64": Schema.decodeSync(Schema.Uint8ArrayFromBase64)
}

const encoders = {
  "Codec.Base64": Schema.encodeSync(Codec.Base64),
  Buffer: (input) => Buffer.from(input).toString("base64"),
  "Schema.Uint8ArrayFromBase64": Schema.encodeSync(Schema.Uint8ArrayFromBase64)
}

const millis = (work, input) => {
  const begin = performance.now()
  work(input)
  return performance.now() - begin
}

/** Each function in turn, so that a change of the machine's speed affects all of them. */
const measure = (what, functions, input) => {
  const times = Object.fromEntries(Object.keys(functions).map((name) => [name, []]))
  for (let round = 0; round < 7; round++) {
    for (const [name, work] of Object.entries(functions)) {
      const time = millis(work, input)
      if (round > 1) {
        times[name].push(time)
      }
    }
  }
  for (const name of ["Buffer", "Schema.Uint8ArrayFromBase64"]) {
    const { median } = ratio(times["Codec.Base64"], times[name])
    console.log(`${what} ${megabytes} MB: ${median.toFixed(3)} times the time of ${name}`)
  }
}

measure("decode", decoders, text)
measure("encode", encoders, bytes)
