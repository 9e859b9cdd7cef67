import { hmacSha256, sha256 } from "#sha256"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import { SignatureV4 } from "@smithy/signature-v4"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import type { AwsCredentials } from "../Credentials.ts"
import { concat } from "../protocol/bytes.ts"
import type { SigningScope } from "../Signer.ts"

type Data = string | ArrayBuffer | ArrayBufferView

const encoder = new TextEncoder()

const bytesOf = (data: Data): Uint8Array =>
  typeof data === "string"
    ? encoder.encode(data)
    : ArrayBuffer.isView(data)
    ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    : new Uint8Array(data)

/** The hash `@smithy/signature-v4` asks for, on this runtime's own SHA-256. */
class Sha256 {
  readonly #key: Uint8Array | undefined
  #chunks: Array<Uint8Array> = []

  constructor(secret?: Data) {
    this.#key = secret === undefined ? undefined : bytesOf(secret)
  }

  update(data: Data): void {
    this.#chunks.push(bytesOf(data))
  }

  digest(): Promise<Uint8Array> {
    const data = concat(this.#chunks)
    return this.#key === undefined ? sha256(data) : hmacSha256(this.#key, data)
  }

  reset(): void {
    this.#chunks = []
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

const bodyOf = ({ body }: HttpClientRequest.HttpClientRequest): Uint8Array | undefined => {
  if (body._tag === "Uint8Array") {
    return body.body
  }
  if (body._tag === "Empty") {
    return undefined
  }
  throw new TypeError("Only a body of bytes can be signed")
}

/** Signs a request whose URL is absolute and whose body, if any, is bytes. */
export const sign = async (
  credentials: AwsCredentials,
  request: HttpClientRequest.HttpClientRequest,
  { date, region, service }: SigningScope & { readonly date: Date }
): Promise<HttpClientRequest.HttpClientRequest> => {
  const url = Option.getOrThrow(HttpClientRequest.toUrl(request))
  const { headers } = await new SignatureV4({ service, region, credentials: identity(credentials), sha256: Sha256 })
    .sign({
      method: request.method,
      protocol: url.protocol,
      hostname: url.hostname,
      path: url.pathname,
      query: queryOf(url),
      headers: { ...request.headers, host: url.host },
      body: bodyOf(request)
    }, { signingDate: date })
  const { host: _, ...signed } = headers
  return HttpClientRequest.setHeaders(request, signed)
}
