/** Runs the checks with `fetch` in Cloudflare Workers, Vercel Edge and browsers. */
import { FetchHttpClient } from "@effect/platform"
import { ConfigProvider, Effect, Layer } from "effect"
import { Credentials, SageMakerRuntime, Signer } from "effect-sagemaker-runtime"
import { echo, expect, type Results, runChecks, tagOf } from "./checks.ts"

/** The bindings of a Worker, or the variables of an edge function. */
export interface Environment {
  readonly EMULATOR_URL: string
  readonly UNREACHABLE_URL: string
  readonly AWS_ACCESS_KEY_ID: string
  readonly AWS_SECRET_ACCESS_KEY: string
}

const clientWith = (endpoint: string, credentials: Layer.Layer<Credentials.Credentials>) =>
  SageMakerRuntime.layer({ region: "eu-west-1", endpoint }).pipe(
    Layer.provide([Signer.layer, FetchHttpClient.layer]),
    Layer.provide(credentials)
  )

/** Credentials from bindings, from variables, and from a provider that calls the program's own server. */
export const run = (environment: Environment): Promise<Results> => {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, EMULATOR_URL } = environment
  const call = (credentials: Layer.Layer<Credentials.Credentials>) =>
    Effect.provide(echo, clientWith(EMULATOR_URL, credentials))
  const bindings = ConfigProvider.fromMap(new Map(Object.entries(environment)))
  const checkCredentials = Effect.gen(function*() {
    yield* call(Layer.provide(Credentials.layerEnv, Layer.setConfigProvider(bindings)))
    yield* call(Credentials.layerProvider(() => Promise.resolve({ accessKeyId, secretAccessKey })))
    const denied = yield* Effect.flip(call(Credentials.layer({ accessKeyId, secretAccessKey: "another" })))
    yield* expect("the error for a wrong secret key", tagOf(denied), "AccessDeniedError")
  })
  const fixed = Credentials.layer({ accessKeyId, secretAccessKey })
  return runChecks(
    clientWith(EMULATOR_URL, fixed),
    clientWith(environment.UNREACHABLE_URL, fixed),
    checkCredentials,
    undefined
  )
}

export default {
  fetch: async (_: Request, environment: Environment): Promise<Response> => Response.json(await run(environment))
}
