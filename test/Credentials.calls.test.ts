import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Layer, ManagedRuntime, TestClock } from "effect"
import { Credentials, SageMakerRuntime, Signer, Timeouts } from "effect-sagemaker-runtime"
import { call } from "./support/call.ts"
import { eventually } from "./support/eventually.ts"
import { ok, scriptedHttpClient } from "./support/scriptedHttpClient.ts"

const { Credentials: Tag } = Credentials

const never = Effect.uninterruptible(Effect.never)

/** Builds a layer at each call. Its acquisition cannot be interrupted. */
const lazilyBuilt = Effect.scoped(
  Effect.flatMap(
    Layer.build(Layer.scoped(Tag, Effect.acquireRelease(Effect.never, () => Effect.void))),
    (context) => Effect.flatMap(Tag, ({ get }) => get).pipe(Effect.provide(context))
  )
)

const hanging: ReadonlyArray<readonly [string, Layer.Layer<Credentials.Credentials>]> = [
  ["never respond", Layer.succeed(Tag, { get: Effect.never })],
  ["never respond and cannot be interrupted", Layer.succeed(Tag, { get: never })],
  ["come from a layer that is built at each call", Layer.succeed(Tag, { get: lazilyBuilt })],
  ["come from a promise that never settles", Credentials.layerProvider(() => new Promise(() => {}))],
  ["come from the first of several sources", Credentials.firstOf(Layer.succeed(Tag, { get: never }))],
  ["come from a layer among several sources", Credentials.firstOf(Layer.effect(Tag, never))]
]

const clientOf = (credentials: Layer.Layer<Credentials.Credentials>) =>
  Effect.map(scriptedHttpClient(ok), ({ http }) =>
    SageMakerRuntime.layer({ region: "eu-west-1" }).pipe(
      Layer.provide([Signer.layer, http]),
      Layer.provide(credentials)
    ))

describe("A call whose credentials", () => {
  for (const [what, credentials] of hanging) {
    for (const phase of ["attempt", "total"] as const) {
      it.effect(`${what} ends at its timeout: ${phase}`, () =>
        Effect.gen(function*() {
          const client = yield* clientOf(credentials)
          const limits = { attempt: Infinity, total: Infinity, [phase]: "2 seconds" }
          yield* Effect.gen(function*() {
            const fiber = yield* Effect.fork(Effect.flip(Timeouts.use(call, limits)))
            yield* TestClock.adjust(phase === "total" ? "2 seconds" : "1 minute")
            assert.deepInclude(yield* Fiber.join(fiber), { _tag: "TimeoutError", phase, requestSent: false })
          }).pipe(Effect.provide(client))
        }))
    }
  }
})

describe("When the runtime of a client is disposed,", () => {
  type Source = (onRequest: () => void) => Layer.Layer<Credentials.Credentials>
  const ofPromise: Source = (onRequest) => Credentials.layerProvider(() => new Promise(() => onRequest()))
  const waiting: ReadonlyArray<readonly [string, Source]> = [
    ["a promise", ofPromise],
    ["several sources", (onRequest) => Credentials.firstOf(ofPromise(onRequest))],
    [
      "a source that cannot be interrupted",
      (onRequest) => Credentials.firstOf(Layer.succeed(Tag, { get: Effect.zipRight(Effect.sync(onRequest), never) }))
    ]
  ]
  for (const [what, credentials] of waiting) {
    it.live(`calls that wait for the credentials of ${what} fail with CredentialsError`, () =>
      Effect.gen(function*() {
        let requests = 0
        const source = credentials(() => void (requests += 1))
        const runtime = ManagedRuntime.make(yield* clientOf(source))
        const calls = [runtime.runFork(call), runtime.runFork(call)]
        yield* eventually(() => requests > 0)
        yield* runtime.disposeEffect
        for (const fiber of calls) {
          const exit = yield* Fiber.await(fiber)
          assert.strictEqual(
            Exit.isFailure(exit) && exit.cause._tag === "Fail" && exit.cause.error._tag,
            "CredentialsError"
          )
        }
      }))
  }
})
