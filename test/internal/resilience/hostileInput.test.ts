import { assert, describe, it } from "@effect/vitest"
import { Effect, type Layer } from "effect"
import { InvokeEndpoint, Resilience, type SageMakerError, SageMakerRuntime } from "effect-sagemaker-runtime"
import { hostileValues, thrownText } from "../../support/hostileValues.ts"
import { ok, scriptedRuntime } from "../../support/scriptedHttpClient.ts"

type Runtime = SageMakerRuntime.SageMakerRuntime

const throwingMember = (member: string) =>
  Object.defineProperty({ EndpointName: "a", Body: "b" }, member, {
    enumerable: true,
    get: () => {
      throw new Error(thrownText)
    }
  })

const inputs: ReadonlyArray<readonly [name: string, make: () => unknown]> = [
  ...hostileValues,
  ...["EndpointName", "SessionId", "TargetVariant", "Body"].map((member) =>
    [`a ${member} that throws`, () => throwingMember(member)] as const
  )
]

type Wrap = (
  client: Layer.Layer<Runtime, SageMakerError.ConfigurationError>
) => Layer.Layer<Runtime, SageMakerError.ConfigurationError>

const middleware: ReadonlyArray<readonly [name: string, wrap: Wrap]> = [
  ["hedge", Resilience.hedge({ after: "1 second" })],
  ["fallback", Resilience.fallback({ a: { EndpointName: "b" } })],
  ["concurrency", Resilience.concurrency({ permits: 1 })],
  ["rateLimit", Resilience.rateLimit({ limit: 100, interval: "1 second" })],
  ["circuitBreaker", Resilience.circuitBreaker()]
]

describe("A client with Resilience rejects an input that cannot be read, without a request:", () => {
  for (const [name, wrap] of middleware) {
    it.effect(name, () =>
      Effect.forEach(inputs, ([input, make]) =>
        Effect.gen(function*() {
          const server = yield* scriptedRuntime(ok)
          const call = Effect.suspend(() => SageMakerRuntime.execute(InvokeEndpoint.operation, make() as never))
          const error = yield* Effect.flip(Effect.provide(call, server.layer.pipe(wrap)))
          assert.strictEqual(error._tag, "InvalidInputError", input)
          assert.strictEqual(yield* server.attempts, 0)
        })))
  }
})
