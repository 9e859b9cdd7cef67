import { assert, describe, it } from "@effect/vitest"
import { Cause, Context, Effect, Exit, Layer, Stream, Tracer } from "effect"
import { InvokeEndpoint, invokeEndpoint, SageMakerError } from "effect-sagemaker-runtime"
import { Client } from "effect-sagemaker-runtime/promise"
import { MockRuntime } from "effect-sagemaker-runtime/testing"
import { inspect } from "node:util"
import { eventually } from "../support/eventually.ts"
import { failureOf } from "./failureOf.ts"

class Greeting extends Context.Tag("Greeting")<Greeting, string>() {}

const greeting = Layer.succeed(Greeting, "hello")

const modelError = new SageMakerError.ModelError({
  message: "The container failed",
  status: 424,
  OriginalStatusCode: 500,
  OriginalMessage: "of a patient: confidential"
})

const withModel = (result: Effect.Effect<{ readonly Body: Uint8Array }, SageMakerError.ModelError>) =>
  Client.make(MockRuntime.layer(MockRuntime.on(InvokeEndpoint.operation, () => result)))

const call = invokeEndpoint({ EndpointName: "anomaly-v2", Body: "{}" })

/** Settles a promise without a rejection. */
const exitOf = (promise: Promise<unknown>) => promise.then(() => "succeeded", (error: unknown) => error)

describe("run", () => {
  it("returns the result of an effect that requires services of the layer, or none", async () => {
    const client = Client.make(greeting)
    assert.strictEqual(await client.run(Greeting), "hello")
    assert.strictEqual(await client.run(Effect.succeed(1)), 1)
    await client.close()
  })

  it("returns the response of an endpoint", async () => {
    const client = withModel(Effect.succeed({ Body: new TextEncoder().encode("0.9") }))
    assert.strictEqual(new TextDecoder().decode((await client.run(call)).Body), "0.9")
  })

  const spans: ReadonlyArray<readonly [string, <A, E>(effect: Effect.Effect<A, E>) => Effect.Effect<A, E>]> = [
    ["", (effect) => effect],
    [" with a span", Effect.withSpan("span")],
    [" with a failing child span", (effect) => Effect.withSpan("outer")(Effect.withSpan(effect, "inner"))]
  ]

  it.each(spans)("rejects with the error itself%s", async (_, wrap) => {
    const error = await failureOf(Client.make(greeting).run(wrap(Effect.fail(modelError))))
    assert.strictEqual(error, modelError)
    assert.isTrue(error instanceof SageMakerError.ModelError)
    assert.isTrue(error instanceof Error)
    assert.propertyVal(error, "_tag", "ModelError")
    assert.propertyVal(error, "OriginalStatusCode", 500)
    assert.propertyVal(error, "OriginalMessage", "of a patient: confidential")
    assert.include(JSON.stringify(error), "The container failed")
    assert.match((error as Error).stack ?? "", /Client\.test\.ts/)
    assert.include(inspect(error), "The container failed")
    assert.notInclude(inspect(error, { showHidden: true }) + JSON.stringify(error), "confidential")
    assert.instanceOf(structuredClone(error), Error)
  })

  it.each(spans)("rejects with a defect itself%s", async (_, wrap) => {
    const defect = new TypeError("not a function")
    assert.strictEqual(await failureOf(Client.make(greeting).run(wrap(Effect.die(defect)))), defect)
    assert.strictEqual(await failureOf(Client.make(greeting).run(wrap(Effect.die("text")))), "text")
  })

  it("rejects with the error of an endpoint's call", async () => {
    const error = await failureOf(withModel(Effect.fail(modelError)).run(call))
    assert.isTrue(error instanceof SageMakerError.ModelError)
    assert.propertyVal(error, "OriginalStatusCode", 500)
  })

  it("rejects with the error of an endpoint's call that a tracer records", async () => {
    const tracer = Layer.setTracer(Tracer.make({
      context: (execution) => execution(),
      span: (name, parent, context, links, startTime, kind) => {
        let status: Tracer.SpanStatus = { _tag: "Started", startTime }
        const attributes = new Map<string, unknown>()
        return {
          _tag: "Span",
          name,
          parent,
          context,
          links,
          kind,
          attributes,
          spanId: "0123456789abcdef",
          traceId: "0123456789abcdef0123456789abcdef",
          sampled: true,
          get status() {
            return status
          },
          end: (endTime, exit) => {
            status = { _tag: "Ended", startTime, endTime, exit }
          },
          attribute: (key, value) => void attributes.set(key, value),
          event: () => undefined,
          addLinks: () => undefined
        }
      }
    }))
    const model = MockRuntime.layer(MockRuntime.on(InvokeEndpoint.operation, () => Effect.fail(modelError)))
    const error = await failureOf(Client.make(Layer.merge(model, tracer)).run(Effect.withSpan(call, "handler")))
    assert.isTrue(error instanceof SageMakerError.ModelError)
    assert.strictEqual(Cause.originalError(error), error)
  })

  it("rejects with the first of several failures, before a defect", async () => {
    const client = Client.make(greeting)
    const both = Cause.parallel(Cause.die("defect"), Cause.parallel(Cause.fail("first"), Cause.fail("second")))
    assert.strictEqual(await failureOf(client.run(Effect.failCause(both))), "first")
  })

  it("rejects with an AbortError if the effect interrupts itself", async () => {
    assert.propertyVal(await failureOf(Client.make(greeting).run(Effect.interrupt)), "name", "AbortError")
  })

  it("rejects if the argument is not an effect", async () => {
    assert.instanceOf(await failureOf(Client.make(greeting).run(undefined as never)), Error)
  })
})

describe("an aborted signal", () => {
  it.each([
    ["without a reason", undefined],
    ["with an error", new TypeError("the user left")],
    ["with a text", "the user left"],
    ["with null", null],
    ["of a timeout", new DOMException("The operation timed out", "TimeoutError")]
  ])("rejects with an AbortError: %s", async (_, reason) => {
    const before = new AbortController()
    before.abort(reason)
    const during = new AbortController()
    const client = Client.make(greeting)
    let runs = 0
    const first = await failureOf(client.run(Effect.sync(() => runs++), { signal: before.signal }))
    const pending = failureOf(client.run(Effect.never, { signal: during.signal }))
    during.abort(reason)
    assert.strictEqual(runs, 0)
    for (const error of [first, await pending]) {
      assert.isTrue(error instanceof DOMException)
      assert.propertyVal(error, "name", "AbortError")
      if (reason !== undefined) {
        assert.propertyVal(error, "cause", reason)
      }
    }
  })

  it("rejects with the reason itself if it is an AbortError", async () => {
    const controller = new AbortController()
    controller.abort()
    assert.strictEqual(
      await failureOf(Client.make(greeting).run(Effect.void, { signal: controller.signal })),
      controller.signal.reason
    )
  })

  it("interrupts the effect and runs its finalizers", async () => {
    const controller = new AbortController()
    const client = Client.make(greeting)
    let isReleased = false
    const pending = failureOf(
      client.run(Effect.onInterrupt(Effect.never, () => Effect.sync(() => isReleased = true)), {
        signal: controller.signal
      })
    )
    await client.run(Effect.sleep(1))
    controller.abort()
    assert.propertyVal(await pending, "name", "AbortError")
    await Effect.runPromise(eventually(() => isReleased))
  })

  it("rejects immediately if the effect cannot be interrupted", async () => {
    const controller = new AbortController()
    const client = Client.make(greeting)
    let isComplete = false
    const slow = Effect.uninterruptible(Effect.andThen(Effect.sleep(50), Effect.sync(() => isComplete = true)))
    const pending = failureOf(client.run(slow, { signal: controller.signal }))
    await client.run(Effect.sleep(1))
    controller.abort()
    assert.propertyVal(await pending, "name", "AbortError")
    assert.isFalse(isComplete)
    await client.close()
    assert.isTrue(isComplete)
  })

  it("counts if the effect itself aborts it", async () => {
    const controller = new AbortController()
    const client = Client.make(greeting)
    const pending = client.run(Effect.sync(() => controller.abort()), { signal: controller.signal })
    assert.propertyVal(await failureOf(pending), "name", "AbortError")
  })

  it("has one listener for all calls, so that Node does not warn", async () => {
    const warnings: Array<Error> = []
    const onWarning = (warning: Error) => void warnings.push(warning)
    process.on("warning", onWarning)
    const controller = new AbortController()
    const client = Client.make(greeting)
    const calls = Array.from({ length: 1_000 }, () => failureOf(client.run(Effect.never, controller)))
    const iterations = Array.from(
      { length: 100 },
      () => failureOf(client.iterate(Stream.never, controller)[Symbol.asyncIterator]().next())
    )
    await client.run(Effect.sleep(5), controller)
    controller.abort()
    const errors = await Promise.all([...calls, ...iterations])
    assert.isTrue(errors.every((error) => error instanceof DOMException && error.name === "AbortError"))
    process.off("warning", onWarning)
    assert.deepStrictEqual(warnings, [])
  })

  it("has no listeners left when calls have ended", async () => {
    const { signal } = new AbortController()
    let listeners = 0
    const { addEventListener, removeEventListener } = signal
    signal.addEventListener = (...args: Parameters<typeof addEventListener>) => {
      listeners++
      addEventListener.apply(signal, args)
    }
    signal.removeEventListener = (...args: Parameters<typeof removeEventListener>) => {
      listeners--
      removeEventListener.apply(signal, args)
    }
    const client = Client.make(greeting)
    await client.run(Greeting, { signal })
    await failureOf(client.run(Effect.fail("failed"), { signal }))
    assert.strictEqual(listeners, 0)
  })
})

describe("the layer", () => {
  it("is built once, by the first call", async () => {
    let builds = 0
    let releases = 0
    const build = Effect.andThen(Effect.sleep(5), Effect.sync(() => `hello ${++builds}`))
    const layer = Layer.scoped(Greeting, Effect.acquireRelease(build, () => Effect.sync(() => releases++)))
    const client = Client.make(layer)
    assert.strictEqual(builds, 0)
    await Promise.all([client.run(Greeting), client.run(Greeting)])
    assert.strictEqual(await client.run(Greeting), "hello 1")
    await client.close()
    assert.strictEqual(releases, 1)
  })

  it("rejects the calls that wait for it if it fails; the next call builds it again", async () => {
    let builds = 0
    let releases = 0
    const failing = Effect.suspend(() => ++builds === 1 ? Effect.fail(modelError) : Effect.succeed("hello"))
    const resource = Layer.scopedDiscard(Effect.acquireRelease(Effect.sleep(1), () => Effect.sync(() => releases++)))
    const client = Client.make(Layer.provideMerge(Layer.effect(Greeting, failing), resource))
    const errors = await Promise.all([failureOf(client.run(Greeting)), failureOf(client.run(Effect.void))])
    assert.deepStrictEqual(errors, [modelError, modelError])
    assert.strictEqual(errors[0], modelError)
    assert.deepStrictEqual([builds, releases], [1, 1])
    assert.strictEqual(await client.run(Greeting), "hello")
    await client.close()
    assert.deepStrictEqual([builds, releases], [2, 2])
  })

  it("is built again if it failed after the call that waited for it was aborted", async () => {
    let builds = 0
    const failing = Effect.suspend(() =>
      Effect.andThen(Effect.sleep(5), ++builds === 1 ? Effect.fail(modelError) : Effect.succeed("hello"))
    )
    const client = Client.make(Layer.effect(Greeting, failing))
    const controller = new AbortController()
    const pending = failureOf(client.run(Greeting, { signal: controller.signal }))
    await new Promise((resolve) => setTimeout(resolve, 1))
    controller.abort()
    assert.propertyVal(await pending, "name", "AbortError")
    await new Promise((resolve) => setTimeout(resolve, 20))
    assert.strictEqual(await client.run(Greeting), "hello")
  })

  it("stays available for other calls if one that waits for it is aborted", async () => {
    const client = Client.make(Layer.effect(Greeting, Effect.as(Effect.sleep(10), "hello")))
    const controller = new AbortController()
    const aborted = failureOf(client.run(Greeting, { signal: controller.signal }))
    const other = client.run(Greeting)
    controller.abort()
    assert.propertyVal(await aborted, "name", "AbortError")
    assert.strictEqual(await other, "hello")
  })

  it("rejects with its defect", async () => {
    assert.strictEqual(await failureOf(Client.make(Layer.die("defect")).run(Effect.void)), "defect")
  })
})

describe("close", () => {
  it("rejects running and later work, and returns one promise", async () => {
    const client = Client.make(greeting)
    const running = [failureOf(client.run(Effect.never)), failureOf(client.run(Effect.sleep("1 hour")))]
    await client.run(Greeting)
    const closing = client.close()
    assert.strictEqual(client.close(), closing)
    await closing
    for (const error of [...(await Promise.all(running)), await failureOf(client.run(Greeting))]) {
      assert.isTrue(error instanceof Client.ClientClosedError)
      assert.propertyVal(error, "_tag", "ClientClosedError")
      assert.propertyVal(error, "message", "The client is closed: close() was called")
    }
    await client.close()
  })

  it("waits for finalizers of running work, and then releases the layer", async () => {
    const events: Array<string> = []
    const log = (event: string) => Effect.sync(() => void events.push(event))
    const client = Client.make(Layer.scoped(Greeting, Effect.acquireRelease(Effect.succeed(""), () => log("layer"))))
    const running = exitOf(client.run(Effect.ensuring(Effect.never, Effect.andThen(Effect.sleep(5), log("call")))))
    await client.run(Greeting)
    await client.close()
    assert.deepStrictEqual(events, ["call", "layer"])
    assert.instanceOf(await running, Client.ClientClosedError)
  })

  it("works before the first call, and during the build of the layer", async () => {
    await Client.make(greeting).close()
    let releases = 0
    const slow = Layer.scoped(
      Greeting,
      Effect.andThen(
        Effect.acquireRelease(Effect.void, () => Effect.sync(() => releases++)),
        Effect.as(Effect.sleep("1 hour"), "hello")
      )
    )
    const client = Client.make(slow)
    const waiting = exitOf(client.run(Greeting))
    await new Promise((resolve) => setTimeout(resolve, 5))
    await client.close()
    assert.instanceOf(await waiting, Client.ClientClosedError)
    assert.strictEqual(releases, 1)
    const immediate = Client.make(slow)
    const rejected = exitOf(immediate.run(Greeting))
    await immediate.close()
    assert.instanceOf(await rejected, Client.ClientClosedError)
  })

  it("rejects with a defect of a finalizer", async () => {
    const client = Client.make(Layer.scopedDiscard(Effect.addFinalizer(() => Effect.die("defect"))))
    await client.run(Effect.void)
    assert.strictEqual(await failureOf(client.close()), "defect")
  })

  it("is what `await using` calls", async () => {
    let releases = 0
    const layer = Layer.scopedDiscard(Effect.addFinalizer(() => Effect.sync(() => releases++)))
    const use = async () => {
      await using client = Client.make(layer)
      return await client.run(Effect.succeed("result"))
    }
    assert.strictEqual(await use(), "result")
    assert.strictEqual(releases, 1)
    const client = Client.make(layer)
    assert.strictEqual(client[Symbol.asyncDispose], client.close)
    assert.deepStrictEqual(await Effect.runPromise(Effect.exit(Effect.promise(() => client.close()))), Exit.void)
  })
})
