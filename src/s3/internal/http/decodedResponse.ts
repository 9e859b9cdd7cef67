/** Responses of `fetch`, which decodes the content encoding of a body and keeps the headers of the encoded bytes. */
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as Effect from "effect/Effect"

/** They describe the bytes as they are stored: their number, their checksum and their version, from which to resume. */
const storedBytesHeader = /^(?:content-encoding|content-length|content-range|etag|x-amz-checksum-.*)$/

const isDecoded = ({ headers, request }: HttpClientResponse.HttpClientResponse): boolean =>
  request.method !== "HEAD" && /\b(?:gzip|deflate|br|zstd)\b/i.test(headers["content-encoding"] ?? "")

/** Removes the headers that are not true for the body. Responses of other HTTP clients are not changed. */
const withoutStoredHeaders = (
  response: HttpClientResponse.HttpClientResponse
): HttpClientResponse.HttpClientResponse => {
  const source: unknown = Reflect.get(response, "source")
  if (typeof Response !== "function" || !(source instanceof Response) || !isDecoded(response)) {
    return response
  }
  const headers = [...source.headers].filter(([name]) => !storedBytesHeader.test(name))
  return HttpClientResponse.fromWeb(response.request, new Response(source.body, { status: source.status, headers }))
}

export const withDecodedHeaders = (client: HttpClient.HttpClient): HttpClient.HttpClient =>
  HttpClient.transformResponse(client, Effect.map(withoutStoredHeaders))
