import { AiError, EmbeddingModel } from "@effect/ai"
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Either, Exit, Fiber, Layer, Scope, TestClock } from "effect"
import { Container, ModelEndpoint, SageMakerError, SageMakerRuntime, Signer } from "effect-sagemaker-runtime"
import { SageMakerEmbeddingModel } from "effect-sagemaker-runtime/ai"
import { Emulator } from "effect-sagemaker-runtime/testing"

const vectorOf = (text: string) => [text.length, text.charCodeAt(0)]

/** An embedding container that rejects a request with the text `bad`, and never responds to one with the text `hang`. */
const container = Effect.gen(function*() {
  const requests: Array<ReadonlyArray<string>> = []
  const interrupted = yield* Deferred.make<void>()
  const endpoint = Emulator.endpoint("bge", ({ Body }) => {
    const { input } = JSON.parse(new TextDecoder().decode(Body)) as { readonly input: ReadonlyArray<string> }
    requests.push(input)
    if (input.includes("bad")) {
      return Effect.fail(new SageMakerError.ModelError({ OriginalStatusCode: 413, OriginalMessage: "too long: bad" }))
    }
    return input.includes("hang")
      ? Effect.onInterrupt(Effect.never, () => Deferred.succeed(interrupted, undefined))
      : Effect.succeed({
        ContentType: "application/json",
        Body: JSON.stringify({
          data: input.map((text, index) => ({ index, embedding: vectorOf(text) })).toReversed()
        })
      })
  })
  const client = SageMakerRuntime.layer({ region: "eu-west-1" }).pipe(
    Layer.provide([
      Signer.layerAnonymous,
      Emulator.layerHttpClient({ endpoints: [endpoint], credentials: "anonymous" })
    ])
  )
  return { requests, client, interrupted }
})

const embed = (text: string) => Effect.flatMap(EmbeddingModel.EmbeddingModel, (model) => model.embed(text))

const embedMany = (texts: ReadonlyArray<string>) =>
  Effect.flatMap(EmbeddingModel.EmbeddingModel, (model) => model.embedMany(texts))

const batched = (options: Omit<SageMakerEmbeddingModel.BatchedOptions<ModelEndpoint.EmbeddingEndpoint>, "model">) =>
  Effect.map(container, (service) => ({
    ...service,
    layer: Layer.provide(
      SageMakerEmbeddingModel.layerBatched({ model: ModelEndpoint.embeddings("bge"), ...options }),
      service.client
    )
  }))

describe("SageMakerEmbeddingModel.layerBatched", () => {
  it.effect("keeps the order across requests", () =>
    Effect.gen(function*() {
      const { layer, requests } = yield* batched({ maxBatchSize: 2 })
      const vectors = yield* Effect.provide(embedMany(["a", "bb", "ccc", "dddd", "e"]), layer)
      assert.deepStrictEqual(vectors, ["a", "bb", "ccc", "dddd", "e"].map(vectorOf))
      assert.deepStrictEqual(requests, [["a", "bb"], ["ccc", "dddd"], ["e"]])
      assert.deepStrictEqual(yield* Effect.provide(embedMany([]), layer), [])
      assert.deepStrictEqual(yield* Effect.provide(embed("x"), layer), vectorOf("x"))
    }))

  it.effect("uses the limits of the endpoint, in one HTTP request per batch", () =>
    Effect.gen(function*() {
      const { client, requests } = yield* container
      const layer = SageMakerEmbeddingModel.layerBatched({
        model: ModelEndpoint.embeddings("bge", { maxBatchSize: 3, maxBatchBytes: 4 })
      })
      const results = yield* Effect.forEach(["aa", "bb", "bad", "cc", "much too long", "d"], (text) =>
        Effect.either(embed(text)), { batching: true }).pipe(Effect.provide(Layer.provide(layer, client)))
      assert.deepStrictEqual(requests, [["aa", "bb"], ["bad"], ["cc", "d"]])
      assert.deepStrictEqual(results.map(Either.isRight), [true, true, false, true, false, true])
    }))

  it.effect("uses the limits of a TEI container", () =>
    Effect.gen(function*() {
      const requests: Array<unknown> = []
      const endpoint = Emulator.endpoint("bge", ({ Body }) => {
        const { inputs } = JSON.parse(new TextDecoder().decode(Body)) as { readonly inputs: ReadonlyArray<string> }
        requests.push(inputs)
        return Effect.succeed({ ContentType: "application/json", Body: JSON.stringify(inputs.map(vectorOf)) })
      })
      const client = SageMakerRuntime.layer({ region: "eu-west-1" }).pipe(
        Layer.provide([
          Signer.layerAnonymous,
          Emulator.layerHttpClient({ endpoints: [endpoint], credentials: "anonymous" })
        ])
      )
      const model = Container.tei("bge", { maxBatchSize: 2, truncate: true })
      const vectors = yield* Effect.provide(
        embedMany(["a", "bb", "ccc"]),
        Layer.provide(SageMakerEmbeddingModel.layerBatched({ model }), client)
      )
      assert.deepStrictEqual(vectors, ["a", "bb", "ccc"].map(vectorOf))
      assert.deepStrictEqual(requests, [["a", "bb"], ["ccc"]])
    }))

  it.effect("fails the callers of a failed request only", () =>
    Effect.gen(function*() {
      const { layer, requests } = yield* batched({ maxBatchSize: 2 })
      const results = yield* Effect.forEach(["a", "b", "c", "bad", "d"], (text) => Effect.either(embed(text)), {
        batching: true
      }).pipe(Effect.provide(layer))
      assert.deepStrictEqual(requests, [["a", "b"], ["c", "bad"], ["d"]])
      assert.deepStrictEqual(results.map(Either.isRight), [true, true, false, false, true])
      const error = Either.getLeft(results[2]!)
      assert(error._tag === "Some" && error.value._tag === "HttpResponseError")
      assert.strictEqual(error.value.response.status, 424)
      assert.deepInclude(error.value.cause, { _tag: "ModelError", OriginalStatusCode: 413 })
      assert.notInclude(`${error.value.message}${JSON.stringify(error.value)}`, "too long")
    }))

  it.effect("caches vectors, but no failures", () =>
    Effect.gen(function*() {
      const { layer, requests } = yield* batched({ cache: { capacity: 10, timeToLive: "1 minute" } })
      yield* Effect.gen(function*() {
        const first = yield* embed("a")
        first[0] = -1
        assert.deepStrictEqual(yield* embed("a"), vectorOf("a"))
        yield* Effect.flip(embed("bad"))
        yield* Effect.flip(embed("bad"))
        assert.deepStrictEqual(yield* embedMany(["a", "b"]), [vectorOf("a"), vectorOf("b")])
        yield* TestClock.adjust("2 minutes")
        yield* embed("a")
      }).pipe(Effect.provide(layer))
      assert.deepStrictEqual(requests, [["a"], ["bad"], ["bad"], ["b"], ["a"]])
    }))

  it.effect("with an invalid limit fails every call", () =>
    Effect.gen(function*() {
      const { layer } = yield* batched({ maxBatchSize: 0 })
      const error = yield* Effect.flip(Effect.provide(embed("a"), layer))
      assert(AiError.isAiError(error) && error._tag === "MalformedInput")
      assert.deepInclude(error.cause, { _tag: "InvalidInputError", field: "maxBatchSize" })
    }))
})

const dataLoader = (options: { readonly window?: string; readonly maxBatchSize?: number } = {}) =>
  Effect.map(container, (service) => ({
    ...service,
    layer: Layer.provide(
      SageMakerEmbeddingModel.layerDataLoader({
        model: ModelEndpoint.embeddings("bge"),
        window: "10 millis",
        ...options as object
      }),
      service.client
    )
  }))

describe("SageMakerEmbeddingModel.layerDataLoader", () => {
  it.scoped("sends the texts of a window in one request", () =>
    Effect.gen(function*() {
      const { layer, requests } = yield* dataLoader()
      const model = yield* Effect.map(Layer.build(layer), (context) => context)
      const run = <A, E>(effect: Effect.Effect<A, E, EmbeddingModel.EmbeddingModel>) =>
        Effect.fork(Effect.provide(effect, model))
      const one = yield* run(embed("a"))
      yield* TestClock.adjust("4 millis")
      const many = yield* run(embedMany(["bb", "ccc"]))
      yield* TestClock.adjust("5 millis")
      assert.deepStrictEqual(requests, [])
      yield* TestClock.adjust("1 millis")
      assert.deepStrictEqual(yield* Fiber.join(one), vectorOf("a"))
      assert.deepStrictEqual(yield* Fiber.join(many), [vectorOf("bb"), vectorOf("ccc")])
      assert.deepStrictEqual(requests, [["a", "bb", "ccc"]])
      const next = yield* run(embed("d"))
      yield* TestClock.adjust("10 millis")
      assert.deepStrictEqual(yield* Fiber.join(next), vectorOf("d"))
    }))

  it.scoped("sends a full batch at once, and fails the callers of a failed request only", () =>
    Effect.gen(function*() {
      const { layer, requests } = yield* dataLoader({ maxBatchSize: 2 })
      const model = yield* Layer.build(layer)
      const results = yield* Effect.forEach(["a", "bad", "b", "c"], (text) => Effect.either(embed(text)), {
        concurrency: "unbounded"
      }).pipe(Effect.provide(model))
      assert.sameDeepMembers(requests, [["a", "bad"], ["b", "c"]])
      assert.deepStrictEqual(results.map(Either.isRight), [false, false, true, true])
    }))

  it.scoped("an interrupted caller does not affect the others, and its text is not sent", () =>
    Effect.gen(function*() {
      const { layer, requests } = yield* dataLoader()
      const model = yield* Layer.build(layer)
      const first = yield* Effect.fork(Effect.provide(embed("hang"), model))
      const second = yield* Effect.fork(Effect.provide(embed("b"), model))
      yield* TestClock.adjust("5 millis")
      yield* Fiber.interrupt(first)
      yield* TestClock.adjust("5 millis")
      assert.deepStrictEqual(yield* Fiber.join(second), vectorOf("b"))
      assert.deepStrictEqual(requests, [["b"]])
    }))

  it.scoped("interrupts a request without callers", () =>
    Effect.gen(function*() {
      const { interrupted, layer } = yield* dataLoader()
      const model = yield* Layer.build(layer)
      const caller = yield* Effect.fork(Effect.provide(embed("hang"), model))
      yield* TestClock.adjust("10 millis")
      yield* Fiber.interrupt(caller)
      yield* Deferred.await(interrupted)
    }))

  it.effect("interrupts its callers when the scope closes", () =>
    Effect.gen(function*() {
      const { layer } = yield* dataLoader()
      const scope = yield* Scope.make()
      const model = yield* Layer.buildWithScope(layer, scope)
      const pending = yield* Effect.fork(Effect.provide(embed("a"), model))
      const sent = yield* Effect.fork(Effect.provide(embed("hang"), model))
      yield* TestClock.adjust("10 millis")
      yield* Scope.close(scope, Exit.void)
      assert.isTrue(Exit.isInterrupted(yield* Fiber.await(pending)))
      assert.isTrue(Exit.isInterrupted(yield* Fiber.await(sent)))
      assert.isTrue(Exit.isInterrupted(yield* Effect.exit(Effect.provide(embed("late"), model))))
    }))

  it.scoped("with an invalid window fails every call", () =>
    Effect.gen(function*() {
      const { layer } = yield* dataLoader({ window: "soon" })
      const fiber = yield* Effect.fork(Effect.flip(Effect.provide(embed("a"), layer)))
      yield* TestClock.adjust("1 millis")
      assert.deepInclude((yield* Fiber.join(fiber)).cause, { _tag: "InvalidInputError", field: "window" })
    }))
})
