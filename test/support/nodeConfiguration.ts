import { ConfigProvider, Effect, Stream } from "effect"
import { invokeEndpointWithBidirectionalStream, type SageMakerError, SageMakerRuntime } from "effect-sagemaker-runtime"
import { NodeSageMaker } from "effect-sagemaker-runtime/node"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { call } from "./call.ts"
import { scriptedDuplex, textResponse } from "./scriptedDuplex.ts"
import { ok, type Reply, scriptedHttpClient } from "./scriptedHttpClient.ts"

/** The configuration sources of a client: environment variables and the two shared AWS files. */
export interface ConfigurationSources {
  readonly env?: Readonly<Record<string, string>>
  readonly config?: string
  readonly credentials?: string
}

export const exampleCredentials = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "wJalrXUtnFEMI" }

const folder = Effect.acquireRelease(
  Effect.promise(() => mkdtemp(join(tmpdir(), "effect-sagemaker-"))),
  (path) => Effect.promise(() => rm(path, { recursive: true }))
)

/** Runs an effect with these sources only, without the instance metadata service. */
export const withSources =
  ({ config = "", credentials = "", env = {} }: ConfigurationSources) => <A, E, R>(effect: Effect.Effect<A, E, R>) =>
    Effect.scoped(Effect.gen(function*() {
      const path = yield* folder
      const files = { AWS_CONFIG_FILE: join(path, "config"), AWS_SHARED_CREDENTIALS_FILE: join(path, "credentials") }
      yield* Effect.promise(() => writeFile(files.AWS_CONFIG_FILE, config))
      yield* Effect.promise(() => writeFile(files.AWS_SHARED_CREDENTIALS_FILE, credentials))
      const variables = { AWS_EC2_METADATA_DISABLED: "true", ...files, ...env }
      return yield* Effect.withConfigProvider(effect, ConfigProvider.fromMap(new Map(Object.entries(variables))))
    }))

/** Runs a program with a client that has these sources, and returns its requests. */
export const requestsWith = (
  place: ConfigurationSources,
  options: NodeSageMaker.NodeSageMakerOptions = {},
  program: Effect.Effect<unknown, unknown, SageMakerRuntime.SageMakerRuntime> = call,
  ...replies: ReadonlyArray<Reply>
) =>
  Effect.gen(function*() {
    const server = yield* scriptedHttpClient(...(replies.length === 0 ? [ok] : replies))
    const layer = NodeSageMaker.layer({ credentials: exampleCredentials, http: server.http, ...options })
    yield* program.pipe(Effect.provide(layer), withSources(place))
    return yield* server.requests
  })

const path = "/endpoints/anomaly-v2/invocations"

/** The base URL that a client with these sources calls. */
export const serviceUrlWith = (place: ConfigurationSources, options?: NodeSageMaker.NodeSageMakerOptions) =>
  Effect.map(requestsWith(place, options), ([request]) => request?.url.replace(path, ""))

/** The base URL that a client with these sources calls over HTTP/2. */
export const http2UrlWith = (place: ConfigurationSources, options?: NodeSageMaker.NodeSageMakerOptions) =>
  Effect.gen(function*() {
    const server = yield* scriptedDuplex(textResponse())
    const program = invokeEndpointWithBidirectionalStream({ EndpointName: "voice", Body: Stream.empty }).pipe(
      Effect.scoped,
      Effect.provide(server.duplex)
    )
    yield* requestsWith(place, options, program)
    const [request] = yield* server.requests
    return request?.url.replace("/endpoints/voice/invocations-bidirectional-stream", "")
  })

/** The configuration error of a client with these sources. */
export const configurationErrorWith = (
  place: ConfigurationSources,
  options: NodeSageMaker.NodeSageMakerOptions = {}
): Effect.Effect<SageMakerError.ConfigurationError, unknown> =>
  Effect.gen(function*() {
    const server = yield* scriptedHttpClient(ok)
    const layer = NodeSageMaker.layer({ credentials: exampleCredentials, http: server.http, ...options })
    return yield* Effect.flip(Effect.provide(SageMakerRuntime.SageMakerRuntime, layer)).pipe(withSources(place))
  })
