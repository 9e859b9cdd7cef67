/** What a request holds that no message of the service may carry on. */
import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"

/** Values that are cut out as wholes, and texts of which no longer run may stand either; longer ones first. */
export interface Secrets {
  readonly whole: ReadonlyArray<string>
  readonly texts: ReadonlyArray<string>
}

/** Shorter keys and header values are words of any sentence. */
const minValue = 4

/** So are shorter bodies. */
const minBody = 8

/** Texts share shorter runs by chance. */
const minRun = 16

/** Every run of `minRun` characters of a text holds a block of this length that begins at a multiple of it. */
const block = minRun / 2

/** How much of a body is compared. */
const maxBodyBytes = 1024 * 1024

const bodyText = ({ body }: HttpClientRequest.HttpClientRequest): string =>
  body._tag === "Uint8Array" ? new TextDecoder().decode(body.body.subarray(0, maxBodyBytes)) : ""

/** A value as it was sent, as a canonical request repeats it, and as JSON quotes it. */
const formsOf = (value: string): ReadonlyArray<string> => [
  value,
  value.trim().replace(/\s+/g, " "),
  JSON.stringify(value).slice(1, -1)
]

const longestFirst = (values: ReadonlyArray<string>): ReadonlyArray<string> =>
  [...new Set(values)].toSorted((one, other) => other.length - one.length)

/** Keys, token, the headers named, and the body of a request. */
export const secretsOf = (
  request: HttpClientRequest.HttpClientRequest,
  sensitiveHeaders: ReadonlyArray<string>
): Secrets => {
  const { headers } = request
  const authorization = headers["authorization"] ?? ""
  const values = [headers["x-amz-security-token"] ?? "", ...sensitiveHeaders.map((name) => headers[name] ?? "")]
  const body = formsOf(bodyText(request))
  const keys = [authorization, ...(/Credential=([^/]+)\/.*Signature=(\w+)/.exec(authorization)?.slice(1) ?? [])]
  return {
    whole: longestFirst([
      ...[...keys, ...values].flatMap(formsOf).filter((_) => _.length >= minValue),
      ...body.filter((_) => _.length >= minBody)
    ]),
    texts: longestFirst([...values.flatMap(formsOf), ...body]).filter((_) => _.length >= minRun)
  }
}

const redacted = "<redacted>"

/** The text without the runs of at least `minRun` characters it shares with a secret. */
const withoutRuns = (text: string, secret: string): string => {
  const blocks = new Set<string>()
  for (let at = 0; at + block <= secret.length; at += block) {
    blocks.add(secret.slice(at, at + block))
  }
  let out = ""
  let kept = 0
  for (let at = 0; at + block <= text.length; at++) {
    if (!blocks.has(text.slice(at, at + block))) {
      continue
    }
    let start = at
    let end = at + block
    while (end < text.length && secret.includes(text.slice(start, end + 1))) {
      end++
    }
    while (start > kept && secret.includes(text.slice(start - 1, end))) {
      start--
    }
    if (end - start >= minRun) {
      out += text.slice(kept, start) + redacted
      kept = end
      at = end - 1
    }
  }
  return out + text.slice(kept)
}

/** The text without what it repeats of the request. */
export const withoutSecrets = (text: string, { texts, whole }: Secrets): string =>
  texts.reduce(withoutRuns, whole.reduce((cleaned, secret) => cleaned.replaceAll(secret, redacted), text))
