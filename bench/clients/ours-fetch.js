/** This client over `fetch`, as outside Node. */
import { FetchHttpClient } from "@effect/platform"
import { makeWith } from "./ours.js"
import { keys, region } from "./settings.js"

export const name = "effect-sagemaker-runtime over fetch"

export const make = (url) => makeWith({ region, endpoint: url, credentials: keys, http: FetchHttpClient.layer })
