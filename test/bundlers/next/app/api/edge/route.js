import { FetchHttpClient } from "@effect/platform"
import { Effect, Layer } from "effect"
import { Credentials, invokeEndpoint, SageMakerRuntime, Signer } from "effect-sagemaker-runtime"

export const runtime = "edge"

const client = Layer.unwrapEffect(Effect.sync(() =>
  SageMakerRuntime.layer({ region: "eu-west-1", endpoint: process.env.AWS_ENDPOINT_URL })
)).pipe(Layer.provide([Signer.layer, FetchHttpClient.layer]), Layer.provide(Credentials.layerEnv))

export const POST = async (request) =>
  invokeEndpoint({ EndpointName: "echo", Body: await request.text() }).pipe(
    Effect.map(({ Body }) => new Response(Body)),
    Effect.catchAll(({ _tag }) => Effect.succeed(Response.json({ error: _tag }, { status: 502 }))),
    Effect.provide(client),
    Effect.runPromise
  )
