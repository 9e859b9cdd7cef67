/** This package on Node's fetch, imported by sub-paths. */
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Credentials from "effect-sagemaker-runtime/Credentials"
import { invokeEndpoint } from "effect-sagemaker-runtime/InvokeEndpoint"
import * as SageMakerRuntime from "effect-sagemaker-runtime/SageMakerRuntime"
import * as Signer from "effect-sagemaker-runtime/Signer"
import { credentials, input, region, url } from "./request.js"

const client = SageMakerRuntime.layer({ region, endpoint: url }).pipe(
  Layer.provide([FetchHttpClient.layer, Signer.layer]),
  Layer.provide(Credentials.layer(credentials))
)

await Effect.runPromise(Effect.provide(invokeEndpoint(input), client))
