import { assert, describe, it } from "@effect/vitest"
import { Effect, Logger, Option, Stream } from "effect"
import { SageMakerError, type SageMakerRuntime } from "effect-sagemaker-runtime"
import { NodeEmulator, NodeSageMaker } from "effect-sagemaker-runtime/node"
import { Emulator } from "effect-sagemaker-runtime/testing"
import { readdirSync, readFileSync } from "node:fs"
import { vi } from "vitest"
import { firstCall } from "../../examples/guides/first-call.ts"
import { here, there } from "../../examples/guides/layers.ts"
import { ping } from "../../examples/guides/ping.ts"
import { patient } from "../../examples/guides/policies.ts"
import { recovered } from "../../examples/guides/recovery.ts"
import { logged } from "../../examples/guides/secrets.ts"
import { firstLine, told } from "../../examples/guides/streams.ts"
import worker from "../../examples/guides/worker.ts"
import { advanceClockUntilDone, exampleCredentials } from "../support/nodeConfiguration.ts"
import { scriptedRuntime } from "../support/scriptedHttpClient.ts"

const loading = new SageMakerError.ModelNotReadyException({ message: "loading" })

const endpoints = (isReady: Effect.Effect<boolean>) => [
  Emulator.endpoint("anomaly-v2", () => Effect.succeed({ Body: "{\"score\":0.9}", ContentType: "application/json" })),
  Emulator.endpoint("broken", () => Effect.fail("of a patient: confidential")),
  Emulator.endpoint("cold", () => Effect.if(isReady, { onTrue: () => Effect.succeed("warm"), onFalse: () => loading })),
  Emulator.endpoint("spare", () => Effect.succeed("from the spare")),
  Emulator.endpoint("echo", ({ Body }) => Effect.succeed(Body)),
  Emulator.endpoint("story", () => Effect.succeed(Stream.make("Once ", "upon\na ti", "me")))
]

const client = (isReady = Effect.succeed(false)) =>
  NodeSageMaker.layer({
    region: "eu-west-1",
    credentials: Emulator.credentials,
    http: Emulator.layerHttpClient({ endpoints: endpoints(isReady) })
  })

const run = <A, E>(program: Effect.Effect<A, E, SageMakerRuntime.SageMakerRuntime>) => Effect.provide(program, client())

describe("The programs of the guides run:", () => {
  it.effect("first call", () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* run(firstCall), "AllTraffic answered hello")
    }))

  it.effect("layers, which connect to AWS only with credentials", () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* here, "hello")
      assert.strictEqual((yield* Effect.flip(there))._tag, "CredentialsError")
    }))

  it.effect.each<readonly [string, string]>([
    ["cold", "from the spare"],
    ["broken", "the container answered 500"],
    ["nowhere", "failed: ValidationError"],
    ["", "failed: InvalidInputError"]
  ])("recovery from the error of the endpoint \"%s\"", ([name, expected]) =>
    Effect.gen(function*() {
      assert.strictEqual(yield* advanceClockUntilDone(run(recovered(name))), expected)
    }))

  it.effect.each([[70, "an answer after 15 attempts"], [1_000, "still cold"]] as const)(
    "retry policies for a model that needs %s seconds",
    ([seconds, expected]) =>
      Effect.gen(function*() {
        const isReady = Effect.map(Effect.clockWith(({ currentTimeMillis }) => currentTimeMillis), (now) =>
          now >= seconds * 1_000)
        assert.strictEqual(yield* advanceClockUntilDone(Effect.provide(patient, client(isReady))), expected)
      })
  )

  it.effect("streams", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* run(firstLine), Option.some("Once upon"))
      assert.strictEqual(yield* run(told), "> Once upon\n> a time")
    }))

  it.effect("a custom operation", () =>
    Effect.gen(function*() {
      const { layer: client, requests } = yield* scriptedRuntime({ status: 200, body: "pong" })
      assert.strictEqual(yield* Effect.provide(ping({ EndpointName: "blue", Zone: "a" }), client), "pong")
      const [request] = yield* requests
      assert.match(request?.url ?? "", /\/ping\/blue$/)
      assert.strictEqual(request?.headers["x-zone"], "a")
    }))

  it.effect("redaction: the text of the container is read but not logged", () =>
    Effect.gen(function*() {
      const lines: Array<string> = []
      const logger = Logger.map(Logger.logfmtLogger, (line) => lines.push(line))
      const words = yield* Effect.provide(run(logged), Logger.replace(Logger.defaultLogger, logger))
      assert.strictEqual(words, "of a patient: confidential")
      assert.include(lines.join("\n"), "ModelError")
      assert.notInclude(lines.join("\n"), "patient")
    }))

  const emulator = NodeEmulator.layer({ credentials: exampleCredentials, endpoints: endpoints(Effect.succeed(true)) })

  it.live("a Worker", () =>
    Effect.gen(function*() {
      const { url } = yield* NodeEmulator.NodeEmulator
      const environment = {
        MODELS_URL: url,
        ACCESS_KEY_ID: exampleCredentials.accessKeyId,
        SECRET_ACCESS_KEY: exampleCredentials.secretAccessKey
      }
      const ask = (given: typeof environment) =>
        Effect.promise(async (): Promise<unknown> => (await worker.fetch(new Request(url), given)).json())
      assert.deepStrictEqual(yield* ask(environment), { score: 0.9 })
      assert.deepStrictEqual(yield* ask({ ...environment, SECRET_ACCESS_KEY: "no" }), { error: "AccessDeniedError" })
    }).pipe(Effect.provide(emulator)))

  it.live("a Lambda function", () =>
    Effect.gen(function*() {
      const { url } = yield* NodeEmulator.NodeEmulator
      vi.stubEnv("AWS_REGION", "eu-west-1")
      vi.stubEnv("AWS_ENDPOINT_URL", url)
      vi.stubEnv("AWS_ACCESS_KEY_ID", exampleCredentials.accessKeyId)
      vi.stubEnv("AWS_SECRET_ACCESS_KEY", exampleCredentials.secretAccessKey)
      const { handler } = yield* Effect.promise(() => import("../../examples/guides/lambda.ts"))
      assert.strictEqual(yield* Effect.promise(() => handler({ cpu: 0.2, load: 17 })), 0.9)
    }).pipe(Effect.ensuring(Effect.sync(() => vi.unstubAllEnvs())), Effect.provide(emulator)))
})

const guides = new URL("../../docs/guides/", import.meta.url)

describe("The guides show programs unchanged:", () => {
  it.each(readdirSync(guides))("%s", (page) => {
    const shown = [...readFileSync(new URL(page, guides), "utf8").matchAll(/<!-- (\S+) -->\n```ts\n([\s\S]*?)```/g)]
    assert.isNotEmpty(shown)
    for (const [, path = "", program] of shown) {
      assert.strictEqual(program, readFileSync(new URL(`../../${path}`, import.meta.url), "utf8"))
    }
  })
})
