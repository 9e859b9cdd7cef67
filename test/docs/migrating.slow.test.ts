import { SageMakerRuntimeClient } from "@aws-sdk/client-sagemaker-runtime"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Either, Layer, Logger, Stream } from "effect"
import { invokeEndpoint, type SageMakerRuntime } from "effect-sagemaker-runtime"
import { NodeEmulator, NodeSageMaker } from "effect-sagemaker-runtime/node"
import { Emulator } from "effect-sagemaker-runtime/testing"
import { readdirSync, readFileSync } from "node:fs"
import { afterEach, vi } from "vitest"
import { exampleCredentials, withSources } from "../support/nodeConfiguration.ts"
import { forwardProxy } from "../support/proxy.ts"

const page = readFileSync(new URL("../../docs/migrating.md", import.meta.url), "utf8")
const folder = new URL("../../examples/migrating/", import.meta.url)

/** The exports of an example: a client layer, a program, or both. */
interface Example {
  readonly live?: Layer.Layer<SageMakerRuntime.SageMakerRuntime, unknown>
  readonly program?: Effect.Effect<unknown, unknown, SageMakerRuntime.SageMakerRuntime>
}

const load = (name: string) => Effect.promise((): Promise<Example> => import(`../../examples/migrating/${name}.ts`))

const emulator = NodeEmulator.layer({
  credentials: exampleCredentials,
  endpoints: [
    Emulator.endpoint("anomaly-v2", ({ TargetVariant }) =>
      Effect.succeed({
        Body: TargetVariant === undefined ? "{\"score\":0.9}" : TargetVariant,
        ContentType: "application/json"
      })),
    Emulator.endpoint(
      "anomaly-async",
      () => Effect.succeed({ Body: "{\"score\":0.9}", ContentType: "application/json" })
    ),
    Emulator.endpoint("broken", () => Effect.fail("no model here")),
    Emulator.endpoint("slow", () => Effect.never),
    Emulator.endpoint("story", () => Effect.succeed(Stream.make("Once upon ", "a time"))),
    Emulator.endpoint("counter", ({ Body, SessionId }) =>
      Effect.succeed(
        SessionId === "NEW_SESSION"
          ? { Body: "", NewSessionId: "id; Expires=2099-01-01T00:00:00Z" }
          : { Body: `${Body.length}`, ContentType: "application/json" }
      ))
  ]
})

const credentials = ["default", "inference"].map((profile) =>
  `[${profile}]\naws_access_key_id = ${exampleCredentials.accessKeyId}\naws_secret_access_key = ${exampleCredentials.secretAccessKey}\n`
).join("")

const call = Effect.map(
  invokeEndpoint({ EndpointName: "anomaly-v2", Body: "{}" }),
  ({ Body }) => new TextDecoder().decode(Body)
)

/** Runs the example's program, or one plain call if the example exports only a layer. */
const run = (name: string) =>
  Effect.gen(function*() {
    const { url } = yield* NodeEmulator.NodeEmulator
    const proxy = yield* forwardProxy()
    const { live = NodeSageMaker.layer(), program = call } = yield* load(name)
    const result = yield* Effect.either(Effect.provide(program, live)).pipe(
      withSources({
        env: { AWS_REGION: "eu-west-1", AWS_ENDPOINT_URL: url, MODELS_URL: url, PROXY_URL: proxy.url },
        credentials
      })
    )
    return { result, tunnels: proxy.tunnels.length }
  }).pipe(Effect.scoped, Effect.provide([emulator, Logger.remove(Logger.defaultLogger)]))

const score = "{\"score\":0.9}"

/** The expected result of each program; every other example is a client whose plain call returns `score`. */
const results: Readonly<Record<string, unknown>> = {
  abort: "timed out",
  async: "s3:",
  call: score,
  errors: "container error 500",
  json: { score: 0.9 },
  operation: score,
  params: "blue",
  session: [3, 3],
  stream: undefined
}

/** Clients that need AWS: built, but not called. */
const needAws = new Set(["fips", "role"])

const names = readdirSync(folder).map((file) => file.replace(/\.ts$/, ""))

describe("every migrated program runs:", () => {
  afterEach(() => {
    vi.restoreAllMocks()
  })

  it.live.each(names.filter((name) => !needAws.has(name) && !["anonymous", "asyncResult"].includes(name)))(
    "%s",
    (name) =>
      Effect.gen(function*() {
        const log = vi.spyOn(console, "log").mockReturnValue()
        const { result, tunnels } = yield* run(name)
        const value = Either.getOrThrowWith(result, (error) => error as Error)
        const body = typeof value === "object" && value !== null && "Body" in value ? value.Body : value
        const text = body instanceof Uint8Array ? new TextDecoder().decode(body) : body
        const expected = name in results ? results[name] : score
        if (name === "async") {
          assert.match(String(text), /^s3:\/\//)
        } else {
          assert.deepStrictEqual(text, expected)
        }
        assert.strictEqual(log.mock.calls.join(""), name === "stream" ? "Once upon a time" : "")
        assert.strictEqual(tunnels, name === "proxy" ? 1 : 0)
      })
  )

  it.live("anonymous fails with AccessDeniedError when the service requires a signature", () =>
    Effect.gen(function*() {
      const { result } = yield* run("anonymous")
      assert.propertyVal(Either.isLeft(result) ? result.left : undefined, "_tag", "AccessDeniedError")
    }))

  it.live("asyncResult, with the emulated S3, whose URL AWS's client reads from the environment", () =>
    Effect.gen(function*() {
      const { url } = yield* NodeEmulator.NodeEmulator
      const { objectStore } = yield* Emulator.Emulator
      yield* objectStore.put("s3://readings/today.json", new TextEncoder().encode("{\"cpu\":0.2,\"load\":17}"))
      vi.stubEnv("AWS_REGION", "eu-west-1")
      vi.stubEnv("AWS_ENDPOINT_URL", url)
      vi.stubEnv("AWS_ACCESS_KEY_ID", exampleCredentials.accessKeyId)
      vi.stubEnv("AWS_SECRET_ACCESS_KEY", exampleCredentials.secretAccessKey)
      const { live, program } = yield* Effect.promise(() => import("../../examples/migrating/asyncResult.ts"))
      assert.deepStrictEqual(yield* Effect.provide(program, live), { score: 0.9 })
    }).pipe(Effect.ensuring(Effect.sync(() => vi.unstubAllEnvs())), Effect.provide(emulator)))

  it.live.each([...needAws])("%s", (name) =>
    Effect.gen(function*() {
      const { live } = yield* load(name)
      assert.isDefined(live)
      yield* Effect.scoped(Layer.build(live)).pipe(withSources({}))
    }))
})

describe("docs/migrating.md", () => {
  const shown = [...page.matchAll(/<!-- examples\/migrating\/(\w+)\.ts -->\n```ts\n([\s\S]*?)```/g)]

  it("shows the current text of every example", () => {
    assert.sameMembers(shown.map(([, name]) => name), names)
    for (const [, name, program] of shown) {
      assert.strictEqual(program, readFileSync(new URL(`${name}.ts`, folder), "utf8"))
    }
  })

  /** The names in the first column of the tables. */
  const listed = new Set(
    page.split("\n").flatMap((line) => (/^\| (`.*?) \|/.exec(line)?.[1] ?? "").match(/(?<=`)[\w.]+(?=`|\()/g) ?? [])
  )

  it("lists every option of AWS SDK v2", () => {
    const options = [
      "params endpoint accessKeyId secretAccessKey sessionToken credentials credentialProvider region maxRetries",
      "maxRedirects sslEnabled paramValidation computeChecksums convertResponseTypes correctClockSkew s3ForcePathStyle",
      "s3BucketEndpoint s3DisableBodySigning s3UsEast1RegionalEndpoint s3UseArnRegion retryDelayOptions httpOptions.proxy",
      "httpOptions.agent httpOptions.connectTimeout httpOptions.timeout httpOptions.xhrAsync",
      "httpOptions.xhrWithCredentials apiVersion apiVersions logger systemClockOffset signatureVersion signatureCache",
      "dynamoDbCrc32 useAccelerateEndpoint clientSideMonitoring endpointDiscoveryEnabled endpointCacheSize",
      "hostPrefixEnabled stsRegionalEndpoints makeRequest makeUnauthenticatedRequest waitFor setupRequestListeners",
      "defineService client.endpoint"
    ].flatMap((line) => line.split(" "))
    assert.deepStrictEqual(options.filter((option) => !listed.has(option)), [])
  })

  it("lists every option of AWS SDK v3", () => {
    const { config } = new SageMakerRuntimeClient({ region: "eu-west-1" })
    assert.deepStrictEqual(Object.keys(config).filter((option) => !listed.has(option)), [])
  })
})
