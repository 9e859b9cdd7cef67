/**
 * AWS Signature Version 4: which headers are signed, the query and the scope are for `@smithy/signature-v4` to say. Its
 * signer waits for a promise at every hash and makes every header canonical anew, a fifth of a call's CPU: here a request
 * is signed at once where the runtime hashes at once.
 */
import { hmacSha256, hmacSha256Hex, sha256Hex } from "#sha256"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import {
  ALGORITHM_IDENTIFIER,
  ALWAYS_UNSIGNABLE_HEADERS,
  createScope,
  DATE_HEADER,
  getCanonicalQuery,
  PROXY_HEADER_PATTERN,
  SEC_HEADER_PATTERN,
  SHA256_HEADER
} from "@smithy/signature-v4"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import type { AwsCredentials } from "../../Credentials.ts"
import type { Awaitable } from "../../protocol/bytes/sha256.ts"
import { canonicalPath } from "../../protocol/endpoint/path.ts"
import { memoize } from "../../protocol/function/memoize.ts"
import type { SigningScope } from "../../Signer.ts"
import { withHeaders } from "../operation/request.ts"

/** Goes on with a value: at once, or as soon as it is there. */
const andThen = <A, B>(value: Awaitable<A>, then: (value: A) => Awaitable<B>): Awaitable<B> =>
  value instanceof Promise ? value.then(then) : then(value)

const queryOf = (url: URL): Record<string, Array<string>> => {
  const query: Record<string, Array<string>> = {}
  for (const [name, value] of url.searchParams) {
    ;(query[name] ??= []).push(value)
  }
  return query
}

/** A request's destination, as the signature names it. */
const targetOf = (url: URL) => {
  const { host, hostname, pathname: path, protocol } = url
  const query = getCanonicalQuery({ protocol, hostname, path, query: queryOf(url), method: "", headers: {} })
  return { host, lines: `${canonicalPath(path)}\n${query}` }
}

const plainTarget = memoize((url: string) => targetOf(new URL(url)))

const target = (request: HttpClientRequest.HttpClientRequest) =>
  request.urlParams.length === 0 && Option.isNone(request.hash)
    ? plainTarget(request.url)
    : targetOf(Option.getOrThrow(HttpClientRequest.toUrl(request)))

const bodyOf = ({ body }: HttpClientRequest.HttpClientRequest): Uint8Array => {
  if (body._tag === "Uint8Array") {
    return body.body
  }
  if (body._tag === "Empty") {
    return new Uint8Array()
  }
  throw new TypeError("Only a body of bytes can be signed")
}

/** What all signatures in a scope have in common for a pair of keys. */
interface Scope {
  readonly credential: string
  readonly key: Awaitable<string | Uint8Array>
}

const textOf = (secret: Redacted.Redacted): string => {
  const value: unknown = Redacted.value(secret)
  if (typeof value !== "string") {
    throw new TypeError("Keys are text")
  }
  return value
}

/** The scopes of a pair of keys, by name: what stands in the name is what the key is derived from. */
const scopesOf = (credentials: AwsCredentials) =>
  memoize((name): Scope => ({
    credential: `${textOf(credentials.accessKeyId)}/${name}`,
    key: name.split("/").reduce<Awaitable<string | Uint8Array>>(
      (last, part) => andThen(last, (known) => hmacSha256(known, part)),
      `AWS4${textOf(credentials.secretAccessKey)}`
    )
  }))

const known = new WeakMap<AwsCredentials, (name: string) => Scope>()

const scopeFor = (credentials: AwsCredentials, name: string): Scope => {
  const scopes = known.get(credentials) ?? scopesOf(credentials)
  known.set(credentials, scopes)
  return scopes(name)
}

let lastTime = { second: NaN, text: "" }

/** A time as signatures write it, in whole seconds; the last one is kept. */
const timeOf = (date: Date): string => {
  const second = Math.floor(date.getTime() / 1_000)
  if (second !== lastTime.second) {
    lastTime = { second, text: `${date.toISOString().slice(0, 19).replace(/[-:]/g, "")}Z` }
  }
  return lastTime.text
}

const unsigned = [PROXY_HEADER_PATTERN, SEC_HEADER_PATTERN]

/** `Date` may be set anew on its way; `X-Amz-Date` counts. */
const isSigned = (name: string): boolean =>
  name !== DATE_HEADER && !Object.hasOwn(ALWAYS_UNSIGNABLE_HEADERS, name) &&
  !unsigned.some((pattern) => pattern.test(name))

/** Which of the headers of a request are signed, in order. */
const signedOf = memoize((names) => {
  const signed = names.split(";").filter(isSigned).toSorted()
  return { signed, signedHeaders: signed.join(";") }
})

const isPlain = (value: string): boolean => !/^ | $|[\t\r\n]|  /.test(value)

/** A header's value with single spaces, and none around it. */
const canonicalValue = (value: string): string =>
  isPlain(value) ? value : value.replace(/[ \t\r\n]+/g, " ").replace(/^ | $/g, "")

/** Signs a request whose URL is absolute and whose body, if any, is bytes; a hash it comes with is taken as it is. */
export const sign = (
  credentials: AwsCredentials,
  request: HttpClientRequest.HttpClientRequest,
  { date, region, service }: SigningScope & { readonly date: Date }
): Awaitable<HttpClientRequest.HttpClientRequest> =>
  andThen(request.headers[SHA256_HEADER] ?? sha256Hex(bodyOf(request)), (bodyHash) => {
    const time = timeOf(date)
    const added: Record<string, string> = { [SHA256_HEADER]: bodyHash, "x-amz-date": time }
    const token = credentials.sessionToken === undefined ? "" : textOf(credentials.sessionToken)
    if (token !== "") {
      added["x-amz-security-token"] = token
    }
    const { host, lines } = target(request)
    const headers: Record<string, string> = Object.assign({}, request.headers, { host }, added)
    const { signed, signedHeaders } = signedOf(Object.keys(headers).join(";"))
    let headerLines = ""
    for (const name of signed) {
      headerLines += `${name}:${canonicalValue(headers[name]!)}\n`
    }
    const canonical = `${request.method}\n${lines}\n${headerLines}\n${signedHeaders}\n${bodyHash}`
    const scope = createScope(time.slice(0, 8), region, service)
    const { credential, key } = scopeFor(credentials, scope)
    return andThen(
      sha256Hex(canonical),
      (hash) =>
        andThen(
          key,
          (derived) =>
            andThen(hmacSha256Hex(derived, `${ALGORITHM_IDENTIFIER}\n${time}\n${scope}\n${hash}`), (signature) => {
              added["authorization"] =
                `${ALGORITHM_IDENTIFIER} Credential=${credential}, SignedHeaders=${signedHeaders}, Signature=${signature}`
              return withHeaders(request, added)
            })
        )
    )
  })
