/** This client on `fetch`, as in Workers and browsers. */
import { FetchHttpClient } from "@effect/platform"
import { makeWith } from "./ours.js"
import { credentials, region } from "./settings.js"

export const name = "effect-sagemaker-runtime on fetch"

export const make = (url) => makeWith({ region, endpoint: url, credentials, http: FetchHttpClient.layer })
