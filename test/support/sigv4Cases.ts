import { HttpClientRequest } from "@effect/platform"
import { Schema } from "effect"
import { createHash, createHmac } from "node:crypto"
import { readdirSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { hasCorpora, readCorpus } from "./corpora.ts"

const suite = "sigv4/aws-c-auth/tests/aws-signing-test-suite/v4"
const folder = fileURLToPath(new URL(`../../../shared/corpora/${suite}`, import.meta.url))

const Context = Schema.parseJson(Schema.Struct({
  credentials: Schema.Struct({
    access_key_id: Schema.String,
    secret_access_key: Schema.String,
    token: Schema.optional(Schema.String)
  }),
  normalize: Schema.Boolean,
  omit_session_token: Schema.optional(Schema.Boolean),
  region: Schema.String,
  service: Schema.String,
  sign_body: Schema.Boolean,
  timestamp: Schema.Date
}))

/** One of AWS's signing cases. */
export interface SigningCase {
  readonly name: string
  readonly context: typeof Context.Type
  readonly request: string
  readonly canonical: string
  readonly signature: string
}

const read = (name: string): SigningCase => {
  const text = (file: string) => readCorpus(`${suite}/${name}/${file}`)
  return {
    name,
    context: Schema.decodeSync(Context)(text("context.json")),
    request: text("request.txt"),
    canonical: text("header-canonical-request.txt"),
    signature: text("header-signature.txt").trim()
  }
}

export const signingCases: ReadonlyArray<SigningCase> = hasCorpora ? readdirSync(folder).toSorted().map(read) : []

/** The request of a case; repeated headers are joined with commas, and folded headers keep their line breaks. */
export const requestOf = ({ request }: SigningCase): HttpClientRequest.HttpClientRequest => {
  const [head = "", body = ""] = request.split("\n\n")
  const [start = "", ...lines] = head.replace(/\n+$/, "").replaceAll(/\n([ \t])/g, "\r\n$1").split(/(?<!\r)\n/)
  const [, method = "", target = ""] = /^(\S+) (.*) HTTP\/1\.1$/.exec(start) ?? []
  const headers: Record<string, string> = {}
  for (const line of lines) {
    const name = line.split(":", 1)[0]!.toLowerCase()
    const value = line.slice(name.length + 1)
    headers[name] = headers[name] === undefined ? value : `${headers[name]},${value}`
  }
  const { host = "", "content-length": _, ...others } = headers
  const empty = HttpClientRequest.make(method === "POST" ? "POST" : "GET")(`https://${host}${target}`)
  const full = body === ""
    ? empty
    : HttpClientRequest.bodyUint8Array(empty, new TextEncoder().encode(body), others["content-type"])
  return HttpClientRequest.setHeaders(full, others)
}

/**
 * The canonical request of a case as this client makes it. The client always signs the hash of the body. It encodes the
 * path a second time, because the URL of its request is encoded already.
 */
export const ours = ({ canonical }: SigningCase): string => {
  const lines = canonical.split("\n")
  const hash = lines.at(-1)!
  const end = lines.indexOf("", 3)
  const headers = lines.slice(3, end).filter((line) => !line.startsWith("x-amz-content-sha256:"))
  const signed = [...headers, `x-amz-content-sha256:${hash}`].toSorted()
  const names = signed.map((line) => line.split(":", 1)[0]).join(";")
  return [lines[0], lines[1]!.replaceAll("%", "%25"), lines[2], ...signed, "", names, hash].join("\n")
}

const hmac = (key: string | Uint8Array, data: string) => createHmac("sha256", key).update(data).digest()

/** The signature of a canonical request, implemented from AWS's description of Signature Version 4. */
export const signatureOf = ({ context }: SigningCase, canonical: string): string => {
  const date = context.timestamp.toISOString().replaceAll(/[-:]|\.\d+/g, "")
  const scope = [date.slice(0, 8), context.region, context.service, "aws4_request"]
  const key = scope.reduce<string | Uint8Array>(hmac, `AWS4${context.credentials.secret_access_key}`)
  const digest = createHash("sha256").update(canonical).digest("hex")
  return hmac(key, ["AWS4-HMAC-SHA256", date, scope.join("/"), digest].join("\n")).toString("hex")
}
