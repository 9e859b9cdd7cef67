import { Effect, Layer } from "effect"
import { Credentials, RetryPolicy, SageMakerRuntime, Signer } from "effect-sagemaker-runtime"
import { scriptedHttpClient } from "../support/scriptedHttpClient.ts"
import { keys, type SdkResponse } from "./sdk.ts"

/** Runs a call of this client against a response and returns its request and result. */
export const withOurs = <A, E>(
  call: Effect.Effect<A, E, SageMakerRuntime.SageMakerRuntime>,
  { body, headers, status }: SdkResponse
) =>
  Effect.gen(function*() {
    const server = yield* scriptedHttpClient({
      status,
      headers,
      body: body.byteLength === 0 ? null : new Uint8Array(body)
    })
    const client = SageMakerRuntime.layer({ region: "eu-west-1" }).pipe(
      Layer.provide([Signer.layer, server.http]),
      Layer.provide(Credentials.layer(keys))
    )
    const outcome = yield* call.pipe(
      RetryPolicy.use(RetryPolicy.none),
      Effect.withTracerEnabled(false),
      Effect.provide(client),
      Effect.either
    )
    return { request: (yield* server.requests)[0]!, outcome }
  })

/** The identifier that an output or error keeps: one of AWS's form that is not a part of the request body. */
export const keptIdentifier = (identifier: string | undefined, body: string): string | undefined =>
  identifier !== undefined && /^[\w.-]{1,128}$/.test(identifier) && !body.includes(identifier.toLowerCase())
    ? identifier
    : undefined
