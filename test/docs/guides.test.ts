import { HttpClient } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Layer, Logger, Option, Redacted, Stream } from "effect"
import { Credentials, SageMakerError, type SageMakerRuntime } from "effect-sagemaker-runtime"
import { NodeEmulator, NodeSageMaker } from "effect-sagemaker-runtime/node"
import { Emulator } from "effect-sagemaker-runtime/testing"
import { readdirSync, readFileSync } from "node:fs"
import { vi } from "vitest"
import worker from "../../examples/guides/cloudflare-worker.ts"
import { callColdModel } from "../../examples/guides/cold-model-retry.ts"
import { credentials } from "../../examples/guides/credentials.ts"
import { ping } from "../../examples/guides/custom-operation.ts"
import { callWithRecovery } from "../../examples/guides/error-handling.ts"
import { firstCall } from "../../examples/guides/first-call.ts"
import { callAws, callEmulator } from "../../examples/guides/layers.ts"
import { allLines, firstLine } from "../../examples/guides/lines.ts"
import { containerMessage } from "../../examples/guides/redaction.ts"
import { advanceWhileIdle } from "../support/eventually.ts"
import { exampleCredentials } from "../support/nodeConfiguration.ts"
import { scriptedHttpClient, scriptedRuntime } from "../support/scriptedHttpClient.ts"

const loading = new SageMakerError.ModelNotReadyException({ message: "loading" })

const endpoints = (isReady: Effect.Effect<boolean>) => [
  Emulator.endpoint("anomaly-v2", () => Effect.succeed({ Body: "{\"score\":0.9}", ContentType: "application/json" })),
  Emulator.endpoint("broken", () => Effect.fail("of a patient: confidential")),
  Emulator.endpoint("cold", () => Effect.if(isReady, { onTrue: () => Effect.succeed("warm"), onFalse: () => loading })),
  Emulator.endpoint("spare", () => Effect.succeed("spare response")),
  Emulator.endpoint("echo", ({ Body }) => Effect.succeed(Body)),
  Emulator.endpoint("story", () => Effect.succeed(Stream.make("Once ", "upon\na ti", "me")))
]

const emulatedHttp = (isReady = Effect.succeed(false)) => Emulator.layerHttpClient({ endpoints: endpoints(isReady) })

const clientWith = (http: Layer.Layer<HttpClient.HttpClient>) =>
  NodeSageMaker.layer({ region: "eu-west-1", credentials: Emulator.credentials, http })

const client = () => clientWith(emulatedHttp())

/** A client of the emulator that is idle after its first request, while no request is running. */
const countedClient = (isReady?: Effect.Effect<boolean>) => {
  let sent = 0
  let running = 0
  const http = Layer.map(emulatedHttp(isReady), (context) => {
    const counted = HttpClient.transform(
      Context.get(context, HttpClient.HttpClient),
      (response) =>
        Effect.acquireUseRelease(
          Effect.sync(() => {
            sent += 1
            running += 1
          }),
          () => response,
          () => Effect.sync(() => void (running -= 1))
        )
    )
    return Context.make(HttpClient.HttpClient, counted)
  })
  return { isIdle: () => sent > 0 && running === 0, layer: clientWith(http) }
}

const run = <A, E>(program: Effect.Effect<A, E, SageMakerRuntime.SageMakerRuntime>) => Effect.provide(program, client())

describe("programs in the guides", () => {
  it.effect("first call", () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* run(firstCall), "AllTraffic: hello")
    }))

  it.effect("layers: the emulator succeeds, AWS fails without credentials", () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* callEmulator, "hello")
      assert.strictEqual((yield* Effect.flip(callAws))._tag, "CredentialsError")
    }))

  it.effect("credentials: the vault, else the chain of AWS", () =>
    Effect.gen(function*() {
      const lease = { accessKeyId: "of-the-vault", secretAccessKey: "secret", expiration: "2099-01-01T00:00:00Z" }
      const open = yield* scriptedHttpClient({ status: 200, body: JSON.stringify(lease) })
      const sealed = yield* scriptedHttpClient({ status: 503 })
      const currentId = Effect.flatMap(Credentials.Credentials, ({ get }) =>
        Effect.map(get, ({ accessKeyId }) => Redacted.value(accessKeyId)))
      assert.strictEqual(
        yield* Effect.provide(currentId, Layer.provide(credentials, open.http)),
        "of-the-vault"
      )
      vi.stubEnv("AWS_ACCESS_KEY_ID", "of-the-chain")
      vi.stubEnv("AWS_SECRET_ACCESS_KEY", "secret")
      assert.strictEqual(
        yield* Effect.provide(currentId, Layer.provide(credentials, sealed.http)),
        "of-the-chain"
      )
    }).pipe(Effect.ensuring(Effect.sync(() =>
      vi.unstubAllEnvs()
    ))))

  it.effect.each<readonly [string, string]>([
    ["cold", "spare response"],
    ["broken", "container error 500"],
    ["nowhere", "failed: ValidationError"],
    ["", "failed: InvalidInputError"]
  ])("error handling for endpoint %j", ([name, expected]) =>
    Effect.gen(function*() {
      const { isIdle, layer } = countedClient()
      assert.strictEqual(
        yield* callWithRecovery(name).pipe(Effect.provide(layer), advanceWhileIdle(isIdle)),
        expected
      )
    }))

  it.effect.each([[70, "succeeded after 15 attempts"], [1_000, "not ready"]] as const)(
    "retry policy for a model that loads for %s seconds",
    ([seconds, expected]) =>
      Effect.gen(function*() {
        const isReady = Effect.map(Effect.clockWith(({ currentTimeMillis }) => currentTimeMillis), (now) =>
          now >= seconds * 1_000)
        const { isIdle, layer } = countedClient(isReady)
        assert.strictEqual(
          yield* callColdModel.pipe(Effect.provide(layer), advanceWhileIdle(isIdle)),
          expected
        )
      })
  )

  it.effect("streams", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* run(firstLine), Option.some("Once upon"))
      assert.strictEqual(yield* run(allLines), "> Once upon\n> a time")
    }))

  it.effect("custom operation", () =>
    Effect.gen(function*() {
      const { layer: client, requests } = yield* scriptedRuntime({ status: 200, body: "pong" })
      assert.strictEqual(yield* Effect.provide(ping({ EndpointName: "blue", Zone: "a" }), client), "pong")
      const [request] = yield* requests
      assert.match(request?.url ?? "", /\/ping\/blue$/)
      assert.strictEqual(request?.headers["x-zone"], "a")
    }))

  it.effect("redaction: the container's message is readable and is not logged", () =>
    Effect.gen(function*() {
      const lines: Array<string> = []
      const logger = Logger.map(Logger.logfmtLogger, (line) => lines.push(line))
      const message = yield* Effect.provide(run(containerMessage), Logger.replace(Logger.defaultLogger, logger))
      assert.strictEqual(message, "of a patient: confidential")
      assert.include(lines.join("\n"), "ModelError")
      assert.notInclude(lines.join("\n"), "patient")
    }))

  const emulator = NodeEmulator.layer({ credentials: exampleCredentials, endpoints: endpoints(Effect.succeed(true)) })

  it.live("Cloudflare Worker", () =>
    Effect.gen(function*() {
      const { url } = yield* NodeEmulator.NodeEmulator
      const environment = {
        MODELS_URL: url,
        ACCESS_KEY_ID: exampleCredentials.accessKeyId,
        SECRET_ACCESS_KEY: exampleCredentials.secretAccessKey
      }
      const fetchJson = (given: typeof environment) =>
        Effect.promise(async (): Promise<unknown> => (await worker.fetch(new Request(url), given)).json())
      assert.deepStrictEqual(yield* fetchJson(environment), { score: 0.9 })
      assert.deepStrictEqual(yield* fetchJson({ ...environment, SECRET_ACCESS_KEY: "no" }), {
        error: "AccessDeniedError"
      })
    }).pipe(Effect.provide(emulator)))

  it.live("Lambda handler", () =>
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

describe("each guide shows the current text of its examples:", () => {
  it.each(readdirSync(guides).filter((page) => page !== "command-line.md"))("%s", (page) => {
    const shown = [...readFileSync(new URL(page, guides), "utf8").matchAll(/<!-- (\S+) -->\n```[jt]s\n([\s\S]*?)```/g)]
    assert.isNotEmpty(shown)
    for (const [, path = "", program] of shown) {
      assert.strictEqual(program, readFileSync(new URL(`../../${path}`, import.meta.url), "utf8"))
    }
  })
})
