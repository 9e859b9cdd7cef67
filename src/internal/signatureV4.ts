import { hmacSha256, sha256, sha256Hex } from "#sha256"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import { SignatureV4 } from "@smithy/signature-v4"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import type { AwsCredentials } from "../Credentials.ts"
import { concat } from "../protocol/bytes.ts"
import { remembered } from "../protocol/remembered.ts"
import type { SigningScope } from "../Signer.ts"
import { withHeaders } from "./request.ts"

type Data = string | ArrayBuffer | ArrayBufferView

const encoder = new TextEncoder()

const bytesOf = (data: Data): Uint8Array =>
  typeof data === "string"
    ? encoder.encode(data)
    : data instanceof Uint8Array
    ? data
    : ArrayBuffer.isView(data)
    ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    : new Uint8Array(data)

/** The hash `@smithy/signature-v4` asks for, on this runtime's own SHA-256. */
class Sha256 {
  readonly #key: Uint8Array | undefined
  #data: Uint8Array | undefined

  constructor(secret?: Data) {
    this.#key = secret === undefined ? undefined : bytesOf(secret)
  }

  update(data: Data): void {
    const bytes = bytesOf(data)
    this.#data = this.#data === undefined ? bytes : concat([this.#data, bytes])
  }

  digest(): Promise<Uint8Array> {
    const data = this.#data ?? new Uint8Array()
    return this.#key === undefined ? sha256(data) : hmacSha256(this.#key, data)
  }

  reset(): void {
    this.#data = undefined
  }
}

const queryOf = (url: URL): Record<string, Array<string>> => {
  const query: Record<string, Array<string>> = {}
  for (const [name, value] of url.searchParams) {
    ;(query[name] ??= []).push(value)
  }
  return query
}

const identity = ({ accessKeyId, secretAccessKey, sessionToken }: AwsCredentials) => ({
  accessKeyId: Redacted.value(accessKeyId),
  secretAccessKey: Redacted.value(secretAccessKey),
  ...(sessionToken && { sessionToken: Redacted.value(sessionToken) })
})

const bodyOf = ({ body }: HttpClientRequest.HttpClientRequest): Uint8Array => {
  if (body._tag === "Uint8Array") {
    return body.body
  }
  if (body._tag === "Empty") {
    return new Uint8Array()
  }
  throw new TypeError("Only a body of bytes can be signed")
}

/** A request's destination, as the signature names it. */
const targetOf = (url: URL) => ({
  protocol: url.protocol,
  hostname: url.hostname,
  host: url.host,
  path: url.pathname,
  query: queryOf(url)
})

const plainTarget = remembered((url: string) => targetOf(new URL(url)))

const target = (request: HttpClientRequest.HttpClientRequest) =>
  request.urlParams.length === 0 && Option.isNone(request.hash)
    ? plainTarget(request.url)
    : targetOf(Option.getOrThrow(HttpClientRequest.toUrl(request)))

type AnyFunction = (...values: ReadonlyArray<unknown>) => unknown

/** Makes a pure method of the library's signer remember; without such a method it just does all its work every time. */
const adapt = (signer: SignatureV4, method: string, remembering: (original: AnyFunction) => AnyFunction): void => {
  const original: unknown = Reflect.get(signer, method)
  if (typeof original === "function") {
    Reflect.set(signer, method, remembering((...values) => Reflect.apply(original, signer, values)))
  }
}

/** Keeps what came of the last values. */
const keepLast = (original: AnyFunction): AnyFunction => {
  let last: ReadonlyArray<unknown> = []
  let result: unknown
  return (...values) => {
    if (values.length !== last.length || values.some((value, at) => value !== last[at])) {
      result = original(...values)
      last = values
    }
    return result
  }
}

/** Keeps the canonical form of each path, the one thing of a request it depends on. */
const keepPaths = (original: AnyFunction): AnyFunction => {
  const canonical = remembered((path) => original({ path }))
  return (request) => canonical((request as { readonly path: string }).path)
}

/** The signers of each pair of keys, by service and region: the keys derived for a day, and the text of a second, are kept. */
const signers = new WeakMap<AwsCredentials, (scope: string) => SignatureV4>()

const signerOf = (credentials: AwsCredentials, service: string, region: string): SignatureV4 => {
  const known = signers.get(credentials) ?? signersOf(credentials)
  signers.set(credentials, known)
  return known(`${service}/${region}`)
}

const signersOf = (credentials: AwsCredentials) => {
  const plain = identity(credentials)
  return remembered((scope) => {
    const [service = "", region = ""] = scope.split("/")
    const signer = new SignatureV4({ service, region, credentials: plain, sha256: Sha256 })
    adapt(signer, "getSigningKey", keepLast)
    adapt(signer, "formatDate", keepLast)
    adapt(signer, "getCanonicalPath", keepPaths)
    return signer
  })
}

/** A signature's time has whole seconds: one date for each. */
let second = new Date(0)

const secondOf = (date: Date): Date => {
  const millis = Math.floor(date.getTime() / 1_000) * 1_000
  second = second.getTime() === millis ? second : new Date(millis)
  return second
}

const ofSignature = ["authorization", "x-amz-content-sha256", "x-amz-date", "x-amz-security-token"]

/** Signs a request whose URL is absolute and whose body, if any, is bytes. */
export const sign = async (
  credentials: AwsCredentials,
  request: HttpClientRequest.HttpClientRequest,
  { date, region, service }: SigningScope & { readonly date: Date }
): Promise<HttpClientRequest.HttpClientRequest> => {
  const { host, hostname, path, protocol, query } = target(request)
  const bodyHash = await sha256Hex(bodyOf(request))
  const headers: Record<string, string> = Object.assign({ "x-amz-content-sha256": bodyHash }, request.headers, { host })
  const signed = await signerOf(credentials, service, region).sign(
    { method: request.method, protocol, hostname, path, query, headers },
    { signingDate: secondOf(date) }
  )
  const added: Record<string, string> = {}
  for (const name of ofSignature) {
    const value = signed.headers[name]
    if (value !== undefined) {
      added[name] = value
    }
  }
  return withHeaders(request, added)
}
