/** Bundle sizes for a browser: minified and gzipped. */
import { build } from "esbuild"
import { fileURLToPath } from "node:url"
import { gzipSync } from "node:zlib"

const here = fileURLToPath(new URL(".", import.meta.url))

const ours = (names, used) =>
  `import { ${names} } from "effect-sagemaker-runtime"
   globalThis.used = [${used}]`

const operations = "invokeEndpoint, invokeEndpointAsync, invokeEndpointWithResponseStream, streamEndpoint"
const layers = "SageMakerRuntime.layer, Signer.layer, Credentials.layer"

/** A typical Effect application: it loads a list over HTTP. */
const app = `
  import { Config, Effect, Layer, Schedule, Schema, Stream } from "effect"
  import { FetchHttpClient, HttpClient, HttpClientResponse } from "@effect/platform"
  const Item = Schema.Struct({ id: Schema.Number, title: Schema.String })
  const program = Config.string("ITEMS").pipe(
    Effect.flatMap((url) => HttpClient.get(url)),
    Effect.flatMap(HttpClientResponse.schemaBodyJson(Schema.Array(Item))),
    Effect.retry(Schedule.recurs(2)),
    Effect.flatMap((items) => Stream.runForEach(Stream.fromIterable(items), ({ title }) => Effect.log(title)))
  )
  Layer.launch(Layer.effectDiscard(program)).pipe(Effect.provide(FetchHttpClient.layer), Effect.runFork)
`

const programs = {
  anonymous: ours("invokeEndpoint, SageMakerRuntime", "invokeEndpoint, SageMakerRuntime.layer"),
  one: ours("Credentials, invokeEndpoint, SageMakerRuntime, Signer", `invokeEndpoint, ${layers}`),
  all: ours(`Credentials, ${operations}, SageMakerRuntime, Signer`, `${operations}, ${layers}`),
  v3: `
    import * as client from "@aws-sdk/client-sagemaker-runtime"
    const { InvokeEndpointCommand, SageMakerRuntimeClient } = client
    globalThis.used = [InvokeEndpointCommand, SageMakerRuntimeClient]
  `,
  aws4fetch: `import { AwsClient } from "aws4fetch"; globalThis.used = AwsClient`
}

/** Dynamic imports are separate files that a page does not load at first. */
const externalizeDynamicImports = {
  name: "externalize-dynamic-imports",
  setup: ({ onResolve }) => {
    onResolve({ filter: /.*/ }, ({ kind, path }) => (kind === "dynamic-import" ? { path, external: true } : undefined))
  }
}

/** The size of a program in kB. */
const size = async (contents) => {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: here },
    tsconfigRaw: {},
    bundle: true,
    minify: true,
    platform: "browser",
    format: "esm",
    target: "es2022",
    write: false,
    plugins: [externalizeDynamicImports],
    logLevel: "error"
  })
  return gzipSync(outputFiles[0].contents, { level: 9 }).length / 1000
}

const forEachProgram = async (measure) =>
  Object.fromEntries(await Promise.all(Object.entries(programs).map(async ([name, text]) => [name, await measure(text)])))

/** Sizes in kB: of each program alone, and the size that it adds to an Effect application. */
export const sizes = async () => {
  const base = await size(app)
  return { alone: await forEachProgram(size), onTop: await forEachProgram(async (text) => (await size(app + text)) - base) }
}
