import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"

/** A body up to this size is compared with the service's messages as a whole. */
const maxBodyBytes = 4_096

/** Shorter values are words of any sentence. */
const minLength = 4

const bodyText = ({ body }: HttpClientRequest.HttpClientRequest): string =>
  body._tag === "Uint8Array" && body.body.byteLength <= maxBodyBytes ? new TextDecoder().decode(body.body) : ""

/** What a request holds that no message of the service may carry on: keys, token, named headers, a short body. */
export const secretsOf = (
  request: HttpClientRequest.HttpClientRequest,
  sensitiveHeaders: ReadonlyArray<string>
): ReadonlyArray<string> => {
  const { headers } = request
  const authorization = headers["authorization"] ?? ""
  return [
    authorization,
    /Credential=([^/]+)\//.exec(authorization)?.[1] ?? "",
    headers["x-amz-security-token"] ?? "",
    ...sensitiveHeaders.map((name) => headers[name] ?? ""),
    bodyText(request)
  ].filter((_) => _.length >= minLength)
}
