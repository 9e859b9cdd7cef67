import { FetchHttpClient } from "@effect/platform"
import { Effect, Layer, Redacted } from "effect"
import { Credentials, SageMakerRuntime, Signer } from "effect-sagemaker-runtime"
import { score } from "../anomaly.ts"

interface Environment {
  readonly MODELS_URL?: string
  readonly ACCESS_KEY_ID: string
  readonly SECRET_ACCESS_KEY: string
}

const live = ({ ACCESS_KEY_ID, MODELS_URL, SECRET_ACCESS_KEY }: Environment) =>
  SageMakerRuntime.layer({ region: "eu-west-1", endpoint: MODELS_URL }).pipe(
    Layer.provide([Signer.layer, FetchHttpClient.layer]),
    Layer.provide(
      Credentials.layer({ accessKeyId: ACCESS_KEY_ID, secretAccessKey: Redacted.make(SECRET_ACCESS_KEY) })
    )
  )

export default {
  fetch: (_: Request, environment: Environment) =>
    score({ cpu: 0.2, load: 17 }).pipe(
      Effect.map((score) => Response.json({ score })),
      Effect.catchAll(({ _tag }) => Effect.succeed(Response.json({ error: _tag }, { status: 502 }))),
      Effect.provide(live(environment)),
      Effect.runPromise
    )
}
