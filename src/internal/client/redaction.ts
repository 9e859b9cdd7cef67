/** Redaction: removes credentials, sensitive headers and the request body from the text of an error. */
import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"

/** The values of one request that must not appear in an error. */
export interface RedactionValues {
  /** Removed if the text contains the complete value. */
  readonly values: ReadonlyArray<string>
  /** Parts of at least `minRunLength` characters are removed. */
  readonly texts: ReadonlyArray<string>
}

/** Shorter credentials and header values are too common in text to be removed. */
const minValueLength = 4

/** Shorter bodies are too common in text to be removed. */
const minBodyLength = 8

/** Unrelated texts often share shorter runs. */
const minRunLength = 16

/** Only this many bytes at the start of a body are compared. */
const maxComparedBytes = 1024 * 1024

const bodyText = ({ body }: HttpClientRequest.HttpClientRequest): string =>
  body._tag === "Uint8Array" ? new TextDecoder().decode(body.body.subarray(0, maxComparedBytes)) : ""

/** The forms of a value: as it was sent, as a canonical request contains it, and inside a JSON string. */
const formsOf = (value: string): ReadonlyArray<string> => [
  value,
  value.trim().replace(/\s+/g, " "),
  JSON.stringify(value).slice(1, -1)
]

const unique = (values: ReadonlyArray<string>): ReadonlyArray<string> => [...new Set(values)]

/** Collects the values of a signed request: credentials, session token, sensitive headers and body. */
export const redactionValues = (
  request: HttpClientRequest.HttpClientRequest,
  sensitiveHeaders: ReadonlyArray<string>
): RedactionValues => {
  const { headers } = request
  const authorization = headers["authorization"] ?? ""
  const values = [headers["x-amz-security-token"] ?? "", ...sensitiveHeaders.map((name) => headers[name] ?? "")]
  const body = formsOf(bodyText(request))
  const credentials = [authorization, ...(/Credential=([^/]+)\/.*Signature=(\w+)/.exec(authorization)?.slice(1) ?? [])]
  return {
    values: unique([
      ...[...credentials, ...values].flatMap(formsOf).filter((_) => _.length >= minValueLength),
      ...body.filter((_) => _.length >= minBodyLength)
    ]),
    texts: unique([...values.flatMap(formsOf), ...body]).filter((_) => _.length >= minRunLength)
  }
}

const placeholder = "<redacted>"

type Span = readonly [start: number, end: number]

/** Finds the complete copies of a secret in a text. */
const findCopies = (text: string, secret: string): ReadonlyArray<Span> => {
  const spans: Array<Span> = []
  for (let at = text.indexOf(secret); at >= 0; at = text.indexOf(secret, at + secret.length)) {
    spans.push([at, at + secret.length])
  }
  return spans
}

/** Finds the parts of a secret of at least `minRunLength` characters in a text, in linear time. */
const findSharedRuns = (text: string, secret: string): ReadonlyArray<Span> => {
  const places = new Map<string, Array<number>>()
  for (let at = 0; at + minRunLength <= text.length; at++) {
    const run = text.slice(at, at + minRunLength)
    const known = places.get(run)
    if (known === undefined) {
      places.set(run, [at])
    } else {
      known.push(at)
    }
  }
  const spans: Array<Span> = []
  for (let at = 0; at + minRunLength <= secret.length && places.size > 0; at++) {
    const run = secret.slice(at, at + minRunLength)
    for (const start of places.get(run) ?? []) {
      spans.push([start, start + minRunLength])
    }
    places.delete(run)
  }
  return spans
}

/** Replaces every copy of a secret in a text. All copies are found first, because a replacement could split others. */
export const redact = (text: string, { texts, values }: RedactionValues): string => {
  const spans = [
    ...values.flatMap((secret) => findCopies(text, secret)),
    ...texts.flatMap((secret) => findSharedRuns(text, secret))
  ].toSorted(([one], [other]) => one - other)
  let out = ""
  let end = 0
  for (const span of spans) {
    if (end === 0 || span[0] > end) {
      out += text.slice(end, span[0]) + placeholder
    }
    end = Math.max(end, span[1])
  }
  return out + text.slice(end)
}
