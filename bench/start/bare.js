/** Effect and Node's fetch: the baseline. */
import * as Effect from "effect/Effect"
import { body, headers, path, url } from "./request.js"

const call = Effect.tryPromise(async () => (await fetch(url + path, { method: "POST", body, headers })).arrayBuffer())

await Effect.runPromise(call)
