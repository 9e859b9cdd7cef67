/** Removes from an error's text what repeats the request: credentials, sensitive headers and the body. */
import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"

/** The values of one request that must not appear in an error. */
export interface RedactionValues {
  /** Removed where the text contains them completely. */
  readonly values: ReadonlyArray<string>
  /** Removed where the text shares a run of at least `minRunLength` characters with them. */
  readonly texts: ReadonlyArray<string>
}

/** Shorter credentials and header values are too common in text to be removed. */
const minValueLength = 4

/** Shorter bodies are too common in text to be removed. */
const minBodyLength = 8

/** Unrelated texts share shorter runs. */
const minRunLength = 16

/** Every run of `minRunLength` characters contains a block of this length that begins at a multiple of it. */
const blockLength = minRunLength / 2

/** The part of a body that is compared. */
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

/** Finds the places where a text contains a secret completely. */
const findCopies = (text: string, secret: string): ReadonlyArray<Span> => {
  const spans: Array<Span> = []
  for (let at = text.indexOf(secret); at >= 0; at = text.indexOf(secret, at + secret.length)) {
    spans.push([at, at + secret.length])
  }
  return spans
}

/** Finds the places where a text shares runs of at least `minRunLength` characters with a secret. */
const findSharedRuns = (text: string, secret: string): ReadonlyArray<Span> => {
  const blocks = indexBlocks(secret)
  const spans: Array<Span> = []
  for (let at = 0; at + blockLength <= text.length; at++) {
    for (const place of blocks.get(text.slice(at, at + blockLength)) ?? []) {
      const run = extendRun(text, at, secret, place)
      if (run.end - run.start >= minRunLength) {
        spans.push([run.start, run.end])
      }
      if (run.isLongest) {
        break
      }
    }
  }
  return spans
}

/** The places of a secret's blocks, without places that have the same surroundings as an earlier one. */
const indexBlocks = (secret: string): ReadonlyMap<string, ReadonlyArray<number>> => {
  const blocks = new Map<string, Array<number>>()
  const surroundings = new Set<string>()
  for (let at = 0; at + blockLength <= secret.length; at += blockLength) {
    const surrounding = secret.slice(Math.max(0, at - blockLength), at + minRunLength)
    if (!surroundings.has(surrounding)) {
      surroundings.add(surrounding)
      const block = secret.slice(at, at + blockLength)
      const places = blocks.get(block) ?? []
      places.push(at)
      blocks.set(block, places)
    }
  }
  return blocks
}

/** Extends a common block at `at` in the text and at `place` in the secret, by less than one more block on each side. */
const extendRun = (text: string, at: number, secret: string, place: number) => {
  const first = Math.max(0, at - blockLength)
  const last = Math.min(text.length, at + minRunLength)
  const shift = place - at
  let start = at
  let end = at + blockLength
  while (start > first && text[start - 1] === secret[start - 1 + shift]) {
    start--
  }
  while (end < last && text[end] === secret[end + shift]) {
    end++
  }
  return { start, end, isLongest: start === first && end === last }
}

/** Replaces every copy of a secret in a text. All copies are found before the first is replaced, which would split others. */
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
