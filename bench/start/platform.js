/** Effect and the HttpClient of @effect/platform, on Node's fetch. */
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as HttpBody from "@effect/platform/HttpBody"
import * as HttpClient from "@effect/platform/HttpClient"
import * as Effect from "effect/Effect"
import { body, headers, path, url } from "./request.js"

const call = HttpClient.post(url + path, { headers, body: HttpBody.uint8Array(body) }).pipe(
  Effect.flatMap((response) => response.arrayBuffer)
)

await Effect.runPromise(Effect.provide(call, FetchHttpClient.layer))
