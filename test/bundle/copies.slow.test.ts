import { assert, describe, it } from "@effect/vitest"
import { Chunk, Effect, Layer, Schedule, Schema, Stream } from "effect"
import type * as Main from "effect-sagemaker-runtime"
import type * as NodeEntry from "effect-sagemaker-runtime/node"
import type * as TestingEntry from "effect-sagemaker-runtime/testing"
import { createRequire } from "node:module"
import { fileURLToPath } from "node:url"
import { entryPoints } from "../support/entryPoints.ts"

const root = fileURLToPath(new URL("../..", import.meta.url))
const require = createRequire(import.meta.url)

interface Copy {
  readonly main: typeof Main
  readonly node: typeof NodeEntry
  readonly testing: typeof TestingEntry
}

const esModules: Copy = {
  main: await import(`${root}/dist/bundled/index.js`),
  node: await import(`${root}/dist/bundled/node/index.js`),
  testing: await import(`${root}/dist/bundled/testing/index.js`)
}

const commonJs: Copy = {
  main: require("effect-sagemaker-runtime"),
  node: require("effect-sagemaker-runtime/node"),
  testing: require("effect-sagemaker-runtime/testing")
}

const mixtures = [
  { title: "an ES module and a CommonJS client", program: esModules, client: commonJs },
  { title: "a CommonJS module and an ES module client", program: commonJs, client: esModules }
]

describe("The CommonJS entry point has the exports of the ES module", () => {
  it.each(entryPoints)("%s", async (name) => {
    const modules = await import(`${root}/dist/${name}.js`)
    const specifier = `effect-sagemaker-runtime/${name.replace(/\/?index$/, "")}`.replace(/\/$/, "")
    assert.sameMembers(Object.keys(require(specifier)), Object.keys(modules))
    assert.match(require.resolve(specifier), /[\\/]dist[\\/]cjs[\\/]/)
  })
})

it("the two copies are different modules", () => {
  assert.notStrictEqual(esModules.main.SageMakerError.ModelError, commonJs.main.SageMakerError.ModelError)
})

/** The error classes of a copy, by name. */
const errorClasses = ({ main }: Copy) =>
  Object.entries<unknown>(main.SageMakerError).flatMap(([name, value]) =>
    typeof value === "function" && value.prototype instanceof Error ? [[name, value] as const] : []
  )

const call = { attempts: 1, totalRetryDelay: 0 }
const service = { ...call, status: 400, code: "ValidationError" }

/** Services and programs of one copy, run with those of the other. */
describe.each(mixtures)("$title", ({ client, program }) => {
  const emulator = client.node.NodeEmulator.layer({
    region: "eu-west-1",
    endpoints: [
      program.testing.Emulator.endpoint(
        "echo",
        ({ Body, operation }) => Effect.succeed(operation === "InvokeEndpoint" ? Body : Stream.make("one ", "two"))
      ),
      program.testing.Emulator.endpoint("broken", () =>
        Effect.fail(
          program.testing.Emulator.containerError({ status: 418, body: "teapot", contentType: "text/plain" })
        )),
      program.testing.Emulator.endpoint(
        "slow",
        () => Effect.fail(new program.main.SageMakerError.ThrottlingError({ ...service, code: "Throttling" }))
      )
    ]
  })
  const layer = Layer.unwrapEffect(
    Effect.map(
      client.node.NodeEmulator.NodeEmulator,
      ({ url }) =>
        client.main.SageMakerRuntime.layer({ region: "eu-west-1", endpoint: url }).pipe(
          Layer.provide([program.main.Signer.layer, client.node.NodeHttpClient.layer()]),
          Layer.provide(program.main.Credentials.layer(client.testing.Emulator.credentials))
        )
    )
  ).pipe(Layer.provide(emulator))

  it.effect("unary calls and streams", () =>
    Effect.gen(function*() {
      const { Body } = yield* program.main.invokeEndpoint({ EndpointName: "echo", Body: "hello" })
      assert.strictEqual(new TextDecoder().decode(Body), "hello")
      const chunks = yield* program.main.streamEndpoint({ EndpointName: "echo", Body: "" }).pipe(
        Stream.decodeText(),
        Stream.runCollect
      )
      assert.strictEqual(Chunk.join(chunks, ""), "one two")
    }).pipe(Effect.provide(layer)))

  it.effect("errors are instances of the classes of both", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(program.main.invokeEndpoint({ EndpointName: "broken", Body: "" }))
      for (const { main } of [program, client]) {
        assert.instanceOf(error, main.SageMakerError.ModelError)
        assert.notInstanceOf(error, main.SageMakerError.ValidationError)
        assert.strictEqual(error.OriginalStatusCode, 418)
        assert.strictEqual(error.OriginalMessage, "teapot")
      }
      const unknown = yield* Effect.flip(program.main.invokeEndpoint({ EndpointName: "absent", Body: "" }))
      for (const { main } of [program, client]) {
        assert.isTrue(main.SageMakerError.isEndpointNotFound(unknown))
        assert.isFalse(main.SageMakerError.isEndpointNotFound(error))
      }
    }).pipe(Effect.provide(layer)))

  it.effect("retry policies of one retry the errors of the other", () =>
    Effect.gen(function*() {
      const throttled = program.main.invokeEndpoint({ EndpointName: "slow", Body: "" })
      const error = yield* throttled.pipe(
        program.main.RetryPolicy.use(client.main.RetryPolicy.fromSchedule(Schedule.recurs(2))),
        Effect.flip
      )
      assert.instanceOf(error, program.main.SageMakerError.ThrottlingError)
      assert.strictEqual(error.attempts, 3)
    }).pipe(Effect.provide(layer)))

  it.effect("a circuit breaker of one wraps a client of the other", () =>
    Effect.gen(function*() {
      const failing = program.main.invokeEndpoint({ EndpointName: "broken", Body: "" }).pipe(
        program.main.RetryPolicy.use(program.main.RetryPolicy.none),
        Effect.flip
      )
      const guarded = layer.pipe(
        program.main.Resilience.circuitBreaker({ minimumThroughput: 1, isFailure: () => true })
      )
      const [first, second] = yield* Effect.all([failing, failing]).pipe(Effect.provide(guarded))
      assert.instanceOf(first, program.main.SageMakerError.ModelError)
      assert.instanceOf(second, client.main.SageMakerError.CircuitOpenError)
    }))

  it("every error class has the instances of its namesake, and of no other class", () => {
    const others = new Map(errorClasses(client))
    assert.isAbove(others.size, 20)
    for (const [name, ErrorClass] of errorClasses(program)) {
      const error: unknown = Object.create(ErrorClass.prototype)
      const names = [...others].filter(([, other]) => error instanceof other).map(([other]) => other)
      assert.deepStrictEqual(names, [name])
    }
  })

  it("a class that extends an error class has only its own instances", () => {
    class Refused extends program.main.SageMakerError.ValidationError {}
    const error = new client.main.SageMakerError.ValidationError(service)
    assert.notInstanceOf(error, Refused)
    assert.instanceOf(new Refused(service), Refused)
    assert.instanceOf(new Refused(service), client.main.SageMakerError.ValidationError)
  })

  it("errors, jobs and hidden fields have the schemas of both", () => {
    const job = new program.main.AsyncInference.Job({
      endpoint: "echo",
      inferenceId: "1",
      outputLocation: "s3://models/1.out",
      submittedAt: Schema.decodeSync(Schema.DateTimeUtc)("2026-01-31T12:00:00Z"),
      expiresAt: Schema.decodeSync(Schema.DateTimeUtc)("2026-01-31T13:00:00Z")
    })
    assert.instanceOf(job, client.main.AsyncInference.Job)
    assert.deepInclude(Schema.encodeSync(client.main.AsyncInference.Job)(job), { endpoint: "echo", inferenceId: "1" })
    const error = new client.main.SageMakerError.AsyncInferenceFailedError({ job, failure: "secret" })
    assert.strictEqual(error.failure, "secret")
    assert.notInclude(
      JSON.stringify(Schema.encodeSync(program.main.SageMakerError.AsyncInferenceFailedError)(error)),
      "secret"
    )
    assert.notInclude(JSON.stringify(error), "secret")
  })

  it.effect("callers of both share the requests that wait for a model", () =>
    Effect.gen(function*() {
      let requests = 0
      const runtime = client.testing.MockRuntime.layer(
        program.testing.MockRuntime.on(program.main.InvokeEndpoint.operation, () => {
          requests += 1
          return Effect.as(Effect.yieldNow(), { Body: new Uint8Array() })
        })
      )
      const { text } = program.main.Codec
      const model = program.main.ModelEndpoint.make("cold", { request: text, response: text })
      yield* Effect.all([program, client].map(({ main }) => main.ModelEndpoint.warmUp(model)), {
        concurrency: "unbounded"
      }).pipe(Effect.provide(runtime))
      assert.strictEqual(requests, 1)
    }))

  it.effect("an error that must not be retried is recognised", () =>
    Effect.gen(function*() {
      let requests = 0
      const runtime = client.testing.MockRuntime.layer(
        program.testing.MockRuntime.on(program.main.InvokeEndpoint.operation, () => {
          requests += 1
          return Effect.fail(new program.main.SageMakerError.ThrottlingError({ ...service, code: "Throttling" }))
        })
      )
      yield* program.main.invokeEndpoint({ EndpointName: "echo", Body: "" }).pipe(
        program.main.RetryPolicy.use(
          client.main.RetryPolicy.whileError(
            program.main.RetryPolicy.fromSchedule(Schedule.recurs(2)),
            (error) => !client.main.SageMakerError.isThrottling(error)
          )
        ),
        Effect.ignore,
        Effect.provide(runtime)
      )
      assert.strictEqual(requests, 1)
    }))
})
