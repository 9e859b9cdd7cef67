import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import { maxErrorBytes } from "./body.ts"

/** Shorter values are words of any sentence. */
const minLength = 4

/** A body longer than any error's is in none. */
const bodyText = ({ body }: HttpClientRequest.HttpClientRequest): string =>
  body._tag === "Uint8Array" && body.body.byteLength <= maxErrorBytes ? new TextDecoder().decode(body.body) : ""

/** A value as it was sent, as a canonical request repeats it, and as JSON quotes it. */
const formsOf = (value: string): ReadonlyArray<string> => [
  value,
  value.trim().replace(/\s+/g, " "),
  JSON.stringify(value).slice(1, -1)
]

/**
 * What a request holds that no message of the service may carry on: keys, token, named headers, the body. Longer ones
 * come first, as they can hold the shorter.
 */
export const secretsOf = (
  request: HttpClientRequest.HttpClientRequest,
  sensitiveHeaders: ReadonlyArray<string>
): ReadonlyArray<string> => {
  const { headers } = request
  const authorization = headers["authorization"] ?? ""
  const values = [
    authorization,
    /Credential=([^/]+)\//.exec(authorization)?.[1] ?? "",
    headers["x-amz-security-token"] ?? "",
    ...sensitiveHeaders.map((name) => headers[name] ?? ""),
    bodyText(request)
  ]
  return [...new Set(values.flatMap(formsOf))]
    .filter((_) => _.length >= minLength)
    .toSorted((one, other) => other.length - one.length)
}
