/** A lower bound: an undici pool, a signer for this one request, and a frame decoder without checksums. */
import { createHash, createHmac } from "node:crypto"
import { Pool } from "undici"
import { credentials, region } from "./settings.js"
import { promises } from "./promises.js"

export const name = "undici with a minimal signer"

const hash = (data) => createHash("sha256").update(data).digest("hex")
const hmac = (key, data) => createHmac("sha256", key).update(data).digest()

let signingKey
let signingDay

const sign = (host, path, body) => {
  const date = new Date().toISOString().replace(/[:-]|\.\d{3}/g, "")
  const day = date.slice(0, 8)
  if (signingDay !== day) {
    signingDay = day
    signingKey = [day, region, "sagemaker", "aws4_request"].reduce(hmac, `AWS4${credentials.secretAccessKey}`)
  }
  const bodyHash = hash(body)
  const names = "content-type;host;x-amz-content-sha256;x-amz-date"
  const canonical =
    `POST\n${path}\n\ncontent-type:application/octet-stream\nhost:${host}\nx-amz-content-sha256:${bodyHash}\nx-amz-date:${date}\n\n${names}\n${bodyHash}`
  const scope = `${day}/${region}/sagemaker/aws4_request`
  const signature = hmac(signingKey, `AWS4-HMAC-SHA256\n${date}\n${scope}\n${hash(canonical)}`).toString("hex")
  return {
    "content-type": "application/octet-stream",
    "x-amz-content-sha256": bodyHash,
    "x-amz-date": date,
    authorization: `AWS4-HMAC-SHA256 Credential=${credentials.accessKeyId}/${scope}, SignedHeaders=${names}, Signature=${signature}`
  }
}

const concat = (chunks) => (chunks.length === 1 ? chunks[0] : Buffer.concat(chunks))

export const make = (url) => {
  const pool = new Pool(url, { connections: 1_024 })
  const { host } = new URL(url)
  const send = (path, body, onResponseData) =>
    new Promise((resolve, reject) =>
      pool.dispatch({ method: "POST", path, headers: sign(host, path, body), body }, {
        onRequestStart: () => {},
        onResponseStart: () => {},
        onResponseData: (_, chunk) => onResponseData(chunk),
        onResponseEnd: () => resolve(),
        onResponseError: (_, error) => reject(error)
      })
    )
  const invoke = async (body) => {
    const chunks = []
    await send("/endpoints/bench/invocations", body, (chunk) => chunks.push(chunk))
    return concat(chunks)
  }
  const stream = (endpoint, part) => {
    let rest
    return send(`/endpoints/${endpoint}/invocations-response-stream`, Buffer.alloc(0), (chunk) => {
      let bytes = rest === undefined ? chunk : Buffer.concat([rest, chunk])
      while (bytes.length >= 4 && bytes.length >= bytes.readUInt32BE(0)) {
        const length = bytes.readUInt32BE(0)
        part(bytes.subarray(12 + bytes.readUInt32BE(4), length - 4).length)
        bytes = bytes.subarray(length)
      }
      rest = bytes.length === 0 ? undefined : bytes
    })
  }
  return promises({ invoke, stream, close: () => pool.destroy() })
}
