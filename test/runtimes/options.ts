/** Calls servers with options of the HTTP client on Node, Bun and Deno, and writes the results to standard output. */
import { ConfigProvider, Effect } from "effect"
import { type InvokeEndpoint, invokeEndpoint, RetryPolicy, type SageMakerError } from "effect-sagemaker-runtime"
import { type NodeHttpClient, NodeSageMaker } from "effect-sagemaker-runtime/node"
import { readFileSync } from "node:fs"

/** A call. `variables` replace the environment that the layer reads. */
export interface OptionsCase {
  readonly endpoint: string
  readonly http: NodeHttpClient.NodeHttpClientOptions
  readonly variables?: { readonly [name: string]: string }
}

const credentials = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "secret" }

const describe = (error: SageMakerError.ConfigurationError | InvokeEndpoint.InvokeEndpointError): string =>
  [error._tag, "setting" in error ? error.setting : "", "reason" in error ? error.reason : ""].filter(Boolean).join(" ")

const callWith = ({ endpoint, http, variables = {} }: OptionsCase) =>
  invokeEndpoint({ EndpointName: "echo", Body: "" }).pipe(
    Effect.map(({ Body }) => new TextDecoder().decode(Body)),
    Effect.provide(NodeSageMaker.layer({ region: "eu-west-1", endpoint, credentials, http, retry: RetryPolicy.none })),
    Effect.withConfigProvider(ConfigProvider.fromMap(new Map(Object.entries(variables)))),
    Effect.catchAll((error) => Effect.succeed(describe(error)))
  )

const cases = JSON.parse(readFileSync("options.json", "utf8")) as ReadonlyArray<OptionsCase>

console.log(JSON.stringify(await Effect.runPromise(Effect.forEach(cases, callWith))))
