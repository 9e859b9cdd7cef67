/** What a request holds that no message of the service may carry on. */
import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"

/** Values that are cut out as wholes, and texts of which no longer run may stand either. */
export interface RedactionValues {
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

const unique = (values: ReadonlyArray<string>): ReadonlyArray<string> => [...new Set(values)]

/** Keys, token, the headers named, and the body of a request. */
export const redactionValues = (
  request: HttpClientRequest.HttpClientRequest,
  sensitiveHeaders: ReadonlyArray<string>
): RedactionValues => {
  const { headers } = request
  const authorization = headers["authorization"] ?? ""
  const values = [headers["x-amz-security-token"] ?? "", ...sensitiveHeaders.map((name) => headers[name] ?? "")]
  const body = formsOf(bodyText(request))
  const keys = [authorization, ...(/Credential=([^/]+)\/.*Signature=(\w+)/.exec(authorization)?.slice(1) ?? [])]
  return {
    whole: unique([
      ...[...keys, ...values].flatMap(formsOf).filter((_) => _.length >= minValue),
      ...body.filter((_) => _.length >= minBody)
    ]),
    texts: unique([...values.flatMap(formsOf), ...body]).filter((_) => _.length >= minRun)
  }
}

const redacted = "<redacted>"

type Span = readonly [start: number, end: number]

/** Where a text repeats a secret whole. */
const repeats = (text: string, secret: string): ReadonlyArray<Span> => {
  const spans: Array<Span> = []
  for (let at = text.indexOf(secret); at >= 0; at = text.indexOf(secret, at + secret.length)) {
    spans.push([at, at + secret.length])
  }
  return spans
}

/** Where a text shares runs of at least `minRun` characters with a secret, in pieces around the blocks they hold. */
const sharedRuns = (text: string, secret: string): ReadonlyArray<Span> => {
  const blocks = new Map<string, Array<number>>()
  const surroundings = new Set<string>()
  for (let at = 0; at + block <= secret.length; at += block) {
    const surrounding = secret.slice(Math.max(0, at - block), at + minRun)
    if (surroundings.has(surrounding)) {
      continue
    }
    surroundings.add(surrounding)
    const name = secret.slice(at, at + block)
    const places = blocks.get(name)
    if (places === undefined) {
      blocks.set(name, [at])
    } else {
      places.push(at)
    }
  }
  const spans: Array<Span> = []
  for (let at = 0; at + block <= text.length; at++) {
    const first = Math.max(0, at - block)
    const last = Math.min(text.length, at + minRun)
    for (const place of blocks.get(text.slice(at, at + block)) ?? []) {
      const ahead = place - at
      let start = at
      let end = at + block
      while (start > first && text[start - 1] === secret[start - 1 + ahead]) {
        start--
      }
      while (end < last && text[end] === secret[end + ahead]) {
        end++
      }
      if (end - start >= minRun) {
        spans.push([start, end])
      }
      if (start === first && end === last) {
        break
      }
    }
  }
  return spans
}

/** The text without what it repeats of the request. All is found before any is cut: a cut would break up other runs. */
export const redact = (text: string, { texts, whole }: RedactionValues): string => {
  const spans = [
    ...whole.flatMap((secret) => repeats(text, secret)),
    ...texts.flatMap((secret) => sharedRuns(text, secret))
  ].toSorted(([one], [other]) => one - other)
  let out = ""
  let end = 0
  for (const span of spans) {
    if (end === 0 || span[0] > end) {
      out += text.slice(end, span[0]) + redacted
    }
    end = Math.max(end, span[1])
  }
  return out + text.slice(end)
}
