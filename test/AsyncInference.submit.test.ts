import { assert, describe, it } from "@effect/vitest"
import { Cause, DateTime, Deferred, Effect, Exit, Fiber, Stream, TestClock } from "effect"
import { AsyncInference, Codec, ModelEndpoint, RetryPolicy, type SageMakerRuntime } from "effect-sagemaker-runtime"
import { accepted, failureOf, outputOf } from "./support/asyncJobs.ts"
import { refusal, type Reply, scriptedRuntime, scriptedRuntimeWith } from "./support/scriptedHttpClient.ts"
import { scriptedObjectStore } from "./support/scriptedObjectStore.ts"

const model = ModelEndpoint.make("scorer", { request: Codec.text, response: Codec.text })
const prefix = "s3://inputs/async/"

const bodyOf = ({ body }: { readonly body: { readonly _tag: string; readonly body?: unknown } }) =>
  body._tag === "Empty" ? undefined : (body.body as Uint8Array)

/** Submits against a scripted service and a scripted store. */
const submitting = (...replies: ReadonlyArray<Reply>) =>
  Effect.gen(function*() {
    const server = yield* scriptedRuntime(...(replies.length === 0 ? [accepted()] : replies))
    const store = yield* scriptedObjectStore
    const run = <A, E, R>(
      effect: Effect.Effect<A, E, R>
    ) => effect.pipe(Effect.provide([server.layer, store.layer]), RetryPolicy.use(RetryPolicy.none))
    return { server, store, run }
  })

describe("AsyncInference.submit", () => {
  it.effect("returns the job that the service accepted", () =>
    Effect.gen(function*() {
      const { run, server } = yield* submitting()
      yield* TestClock.adjust("1 minute")
      const job = yield* run(AsyncInference.submit(model, "hello"))
      assert.deepStrictEqual(
        job,
        new AsyncInference.Job({
          endpoint: "scorer",
          inferenceId: "inference-1",
          outputLocation: outputOf(1),
          failureLocation: failureOf(1),
          submittedAt: DateTime.unsafeMake(60_000),
          expiresAt: DateTime.unsafeMake(60_000 + (21_600 + 900) * 1000)
        })
      )
      const [request] = yield* server.requests
      assert.match(request!.url, /\/endpoints\/scorer\/async-invocations$/)
      assert.include(request!.headers, {
        "x-amzn-sagemaker-content-type": "text/plain",
        "x-amzn-sagemaker-accept": "text/plain"
      })
    }))

  it.effect("takes the expiry from RequestTTLSeconds and InvocationTimeoutSeconds, of the call or of the model", () =>
    Effect.gen(function*() {
      const { run } = yield* submitting()
      const members = { RequestTTLSeconds: 60, InvocationTimeoutSeconds: 1 }
      const job = yield* run(AsyncInference.submit(model, "hello", members))
      assert.strictEqual(DateTime.toEpochMillis(job.expiresAt), 61_000)
    }))

  it.effect("sends AWS's members as headers", () =>
    Effect.gen(function*() {
      const { run, server } = yield* submitting()
      yield* run(AsyncInference.submit(model, "hello", {
        ContentType: "text/csv",
        Accept: "application/json",
        CustomAttributes: "trace=1",
        InferenceId: "my-id",
        S3OutputPathExtension: "monday",
        Filename: "result.txt",
        RequestTTLSeconds: 60,
        InvocationTimeoutSeconds: 7
      }))
      const [request] = yield* server.requests
      assert.include(request!.headers, {
        "x-amzn-sagemaker-content-type": "text/csv",
        "x-amzn-sagemaker-accept": "application/json",
        "x-amzn-sagemaker-custom-attributes": "trace=1",
        "x-amzn-sagemaker-inference-id": "my-id",
        "x-amzn-sagemaker-s3outputpathextension": "monday",
        "x-amzn-sagemaker-filename": "result.txt",
        "x-amzn-sagemaker-requestttlseconds": "60",
        "x-amzn-sagemaker-invocationtimeoutseconds": "7"
      })
    }))

  it.effect("sends 128,000 bytes inline, with and without inputPrefix", () =>
    Effect.gen(function*() {
      for (const options of [{}, { inputPrefix: prefix }]) {
        const { run, server, store } = yield* submitting()
        yield* run(AsyncInference.submit(model, "x".repeat(128_000), options))
        const [request] = yield* server.requests
        assert.strictEqual(bodyOf(request!)?.byteLength, 128_000)
        assert.notProperty(request!.headers, "x-amzn-sagemaker-inputlocation")
        assert.strictEqual(yield* store.count(), 0)
      }
    }))

  it.effect("counts bytes, not characters", () =>
    Effect.gen(function*() {
      const { run, store } = yield* submitting()
      yield* run(AsyncInference.submit(model, "ü".repeat(64_001), { inputPrefix: prefix }))
      assert.strictEqual(yield* store.count("put"), 1)
    }))

  it.effect("uploads 128,001 bytes below the prefix and sends their location", () =>
    Effect.gen(function*() {
      const { run, server, store } = yield* submitting()
      yield* run(AsyncInference.submit(model, "x".repeat(128_001), { inputPrefix: prefix, ContentType: "text/csv" }))
      const [location] = yield* store.locations
      assert.match(location!, /^s3:\/\/inputs\/async\/[\w.-]+$/)
      const { bytes, contentType } = (yield* store.stored(location!))!
      assert.strictEqual(bytes.byteLength, 128_001)
      assert.strictEqual(contentType, "text/csv")
      const [request] = yield* server.requests
      assert.include(request!.headers, {
        "x-amzn-sagemaker-inputlocation": location!,
        "x-amzn-sagemaker-content-type": "text/csv"
      })
      assert.isUndefined(bodyOf(request!))
    }))

  it.effect("uploads each input to another key, below a prefix with or without a slash at its end", () =>
    Effect.gen(function*() {
      const { run, store } = yield* submitting()
      for (const inputPrefix of ["s3://inputs", "s3://inputs/", "s3://inputs/a", "s3://inputs/a/", "s3://inputs/a/"]) {
        yield* run(AsyncInference.submit(model, "x".repeat(128_001), { inputPrefix }))
      }
      const locations = yield* store.locations
      assert.lengthOf(new Set(locations), 5)
      assert.isTrue(locations.every((location) => /^s3:\/\/inputs\/(a\/)?[\w.-]+$/.test(location)), locations.join())
    }))

  it.effect("sends the content type and the custom attributes that the codec returns for a value", () =>
    Effect.gen(function*() {
      const codec: Codec.Codec<number> = {
        mediaType: "application/octet-stream",
        encode: (size) =>
          Effect.succeed({ body: new Uint8Array(size), contentType: `audio/x; n=${size}`, customAttributes: "rate=8" }),
        decode: (bytes) => Effect.succeed(bytes.byteLength)
      }
      const audio = ModelEndpoint.make("scorer", { request: codec, response: codec })
      const { run, server, store } = yield* submitting()
      yield* run(AsyncInference.submit(audio, 5))
      yield* run(AsyncInference.submit(audio, 130_000, { inputPrefix: prefix }))
      const [inline, uploaded] = yield* server.requests
      assert.include(inline!.headers, {
        "x-amzn-sagemaker-content-type": "audio/x; n=5",
        "x-amzn-sagemaker-custom-attributes": "rate=8"
      })
      assert.include(uploaded!.headers, {
        "x-amzn-sagemaker-content-type": "audio/x; n=130000",
        "x-amzn-sagemaker-custom-attributes": "rate=8"
      })
      const [location] = yield* store.locations
      assert.strictEqual((yield* store.stored(location!))!.contentType, "audio/x; n=130000")
    }))

  it.effect("sends an ID for the request if the response of the service has none", () =>
    Effect.gen(function*() {
      const { run, server } = yield* submitting(accepted(undefined, ""))
      const job = yield* run(AsyncInference.submit(model, "hello", { InferenceId: "my-id" }))
      assert.strictEqual(job.inferenceId, "my-id")
      assert.strictEqual(yield* server.attempts, 1)
    }))

  it.effect("returns a job without failure location if the endpoint has none", () =>
    Effect.gen(function*() {
      const { run } = yield* submitting(accepted({ "x-amzn-sagemaker-outputlocation": outputOf(1) }))
      const job = yield* run(AsyncInference.submit(model, "hello"))
      assert.isUndefined(job.failureLocation)
    }))

  it.effect("submits chat requests and embedding requests", () =>
    Effect.gen(function*() {
      const { run, server } = yield* submitting()
      yield* run(AsyncInference.submit(ModelEndpoint.chat("llama"), { messages: [{ role: "user", content: "Hi" }] }))
      yield* run(AsyncInference.submit(ModelEndpoint.embeddings("bge"), { input: ["a"] }))
      const [chat, embeddings] = yield* server.requests
      assert.include(new TextDecoder().decode(bodyOf(chat!)), `"Hi"`)
      assert.include(new TextDecoder().decode(bodyOf(embeddings!)), `["a"]`)
    }))
})

describe("AsyncInference.submit fails", () => {
  const rejected = (
    effect: Effect.Effect<unknown, { readonly _tag: string; readonly field?: string }>,
    field: string
  ) =>
    Effect.map(Effect.flip(effect), (error) => {
      assert.include(error, { _tag: "InvalidInputError", field })
    })

  it.effect("before any I/O, if an input of 128,001 bytes has no inputPrefix", () =>
    Effect.gen(function*() {
      const { run, server, store } = yield* submitting()
      yield* rejected(run(AsyncInference.submit(model, "x".repeat(128_001))), "inputPrefix")
      assert.strictEqual(yield* server.attempts, 0)
      assert.strictEqual(yield* store.count(), 0)
    }))

  for (
    const inputPrefix of [
      "https://inputs.s3.amazonaws.com/async/",
      "inputs/async",
      "s3://",
      "s3:///async",
      "S3://inputs",
      "",
      5,
      null,
      {},
      `s3://inputs/${"x".repeat(1100)}`
    ]
  ) {
    it.effect(`before any I/O, if inputPrefix is ${(JSON.stringify(inputPrefix)).slice(0, 40)}`, () =>
      Effect.gen(function*() {
        for (const size of [5, 128_001]) {
          const { run, server, store } = yield* submitting()
          const options = { inputPrefix } as never
          if (inputPrefix === null && size === 5) {
            continue
          }
          yield* rejected(run(AsyncInference.submit(model, "x".repeat(size), options)), "inputPrefix")
          assert.strictEqual(yield* server.attempts, 0)
          assert.strictEqual(yield* store.count(), 0)
        }
      }))
  }

  it.effect("before any I/O, if the input of the service would be longer than 1,024 characters", () =>
    Effect.gen(function*() {
      const { run, server, store } = yield* submitting()
      const inputPrefix = `s3://inputs/${"x".repeat(1005)}/`
      yield* rejected(run(AsyncInference.submit(model, "x".repeat(128_001), { inputPrefix })), "inputPrefix")
      assert.strictEqual(yield* server.attempts, 0)
      assert.strictEqual(yield* store.count(), 0)
    }))

  it.effect("before any I/O, if the model has a member that the operation does not have", () =>
    Effect.gen(function*() {
      const multi = ModelEndpoint.make("scorer", { request: Codec.text, response: Codec.text, TargetModel: "a.tar.gz" })
      for (const size of [5, 128_001]) {
        const { run, server, store } = yield* submitting()
        yield* rejected(run(AsyncInference.submit(multi, "x".repeat(size), { inputPrefix: prefix })), "TargetModel")
        assert.strictEqual(yield* server.attempts, 0)
        assert.strictEqual(yield* store.count(), 0)
      }
    }))

  for (
    const [field, value] of [
      ["RequestTTLSeconds", 59],
      ["InvocationTimeoutSeconds", 3601],
      ["RequestTTLSeconds", Number.NaN],
      ["Filename", "two.dots.txt"],
      ["InferenceId", ""],
      ["CustomAttributes", "ü"],
      ["ContentType", "a\r\nb"]
    ] as const
  ) {
    it.effect(`before any I/O, if ${field} is ${JSON.stringify(value)}, also for an uploaded input`, () =>
      Effect.gen(function*() {
        for (const size of [5, 128_001]) {
          const { run, server, store } = yield* submitting()
          const options = { inputPrefix: prefix, [field]: value }
          yield* rejected(run(AsyncInference.submit(model, "x".repeat(size), options)), field)
          assert.strictEqual(yield* server.attempts, 0)
          assert.strictEqual(yield* store.count(), 0)
        }
      }))
  }

  it.effect("without a defect, if the validation of the client is off", () =>
    Effect.gen(function*() {
      for (const RequestTTLSeconds of [Number.NaN, Infinity, 1e300, -1, "60"]) {
        const server = yield* scriptedRuntimeWith({ validation: false }, accepted())
        const submit = AsyncInference.submit(model, "hello", { RequestTTLSeconds } as never)
        const exit = yield* Effect.exit(
          Effect.provide(submit as Effect.Effect<unknown, unknown, SageMakerRuntime.SageMakerRuntime>, server.layer)
        )
        assert.isFalse(Exit.isFailure(exit) && Cause.isDie(exit.cause), String(RequestTTLSeconds))
      }
    }))

  it.effect("with CodecError before any I/O, if the value cannot be encoded", () =>
    Effect.gen(function*() {
      const { run, server } = yield* submitting()
      const error = yield* Effect.flip(run(AsyncInference.submit(model, 5 as never)))
      assert.include(error, { _tag: "CodecError", endpoint: "scorer" })
      assert.strictEqual(yield* server.attempts, 0)
    }))

  it.effect("with the error of the store if the upload fails, without a request to the service", () =>
    Effect.gen(function*() {
      const { run, server, store } = yield* submitting()
      yield* store.fault({ fail: "access-denied", status: 403 })
      const error = yield* Effect.flip(run(AsyncInference.submit(model, "x".repeat(128_001), { inputPrefix: prefix })))
      assert.include(error, { _tag: "ObjectStoreError", operation: "put", reason: "access-denied" })
      assert.strictEqual(yield* server.attempts, 0)
    }))

  it.effect("with the error of the service", () =>
    Effect.gen(function*() {
      for (const size of [5, 128_001]) {
        const { run } = yield* submitting(refusal(400, "ValidationError", { Message: "Endpoint scorer not found" }))
        const error = yield* Effect.flip(
          run(AsyncInference.submit(model, "x".repeat(size), { inputPrefix: prefix }))
        )
        assert.include(error, { _tag: "ValidationError", status: 400 })
      }
    }))

  it.effect("without the input that it stored, only if the service certainly does not read it", () =>
    Effect.gen(function*() {
      const stored = (reply: Reply) =>
        Effect.gen(function*() {
          const { run, store } = yield* submitting(reply)
          yield* Effect.flip(run(AsyncInference.submit(model, "x".repeat(128_001), { inputPrefix: prefix })))
          return (yield* store.locations).length
        })
      assert.strictEqual(yield* stored(refusal(400, "ValidationError", { Message: "no" })), 0)
      assert.strictEqual(yield* stored(refusal(403, "AccessDeniedException")), 0)
      assert.strictEqual(yield* stored(refusal(500, "InternalFailure")), 1)
      assert.strictEqual(yield* stored({ transport: new Error("reset") }), 1)
    }))

  it.effect("with ProtocolError if the response has no output location or no ID", () =>
    Effect.gen(function*() {
      const output = { "x-amzn-sagemaker-outputlocation": outputOf(1) }
      for (const reply of [accepted({}), accepted(output, "{}"), accepted(output, ""), accepted(output, "null")]) {
        const { run } = yield* submitting(reply)
        const error = yield* Effect.flip(run(AsyncInference.submit(model, "hello")))
        assert.include(error, { _tag: "ProtocolError" }, JSON.stringify(reply))
      }
    }))
})

describe("An interrupted AsyncInference.submit", () => {
  it.effect("sends no request to the service if the upload was in progress", () =>
    Effect.gen(function*() {
      const { run, server, store } = yield* submitting()
      yield* store.fault({ stall: true }, { operation: "put" })
      const fiber = yield* Effect.fork(run(AsyncInference.submit(model, "x".repeat(128_001), { inputPrefix: prefix })))
      yield* TestClock.adjust("1 minute")
      yield* Fiber.interrupt(fiber)
      assert.strictEqual(yield* server.attempts, 0)
      assert.lengthOf(yield* store.locations, 0)
    }))
})

describe("AsyncInference.submitStream", () => {
  const bytes = (...sizes: ReadonlyArray<number>) => Stream.fromIterable(sizes.map((size) => new Uint8Array(size)))

  it.effect("streams the input into the store and submits its location", () =>
    Effect.gen(function*() {
      const { run, server, store } = yield* submitting()
      const job = yield* run(
        AsyncInference.submitStream(model, bytes(1, 2, 3), { inputPrefix: prefix, ContentType: "audio/wav" })
      )
      assert.strictEqual(job.inferenceId, "inference-1")
      const [location] = yield* store.locations
      const { bytes: stored, contentType } = (yield* store.stored(location!))!
      assert.strictEqual(stored.byteLength, 6)
      assert.strictEqual(contentType, "audio/wav")
      const [request] = yield* server.requests
      assert.include(request!.headers, {
        "x-amzn-sagemaker-inputlocation": location!,
        "x-amzn-sagemaker-content-type": "audio/wav"
      })
    }))

  it.effect("fails with the error of the stream, and submits nothing", () =>
    Effect.gen(function*() {
      const { run, server } = yield* submitting()
      const error = yield* Effect.flip(run(
        AsyncInference.submitStream(model, Stream.concat(bytes(1), Stream.fail("disk" as const)), {
          inputPrefix: prefix
        })
      ))
      assert.strictEqual(error, "disk")
      assert.strictEqual(yield* server.attempts, 0)
    }))

  it.effect("closes the stream when it is interrupted", () =>
    Effect.gen(function*() {
      const { run, server } = yield* submitting()
      const closed = yield* Deferred.make<void>()
      const source = Stream.concat(bytes(1), Stream.never).pipe(Stream.ensuring(Deferred.succeed(closed, undefined)))
      const fiber = yield* Effect.fork(run(AsyncInference.submitStream(model, source, { inputPrefix: prefix })))
      yield* TestClock.adjust("1 second")
      yield* Fiber.interrupt(fiber)
      yield* Deferred.await(closed)
      assert.strictEqual(yield* server.attempts, 0)
    }))

  it.effect("rejects a missing prefix before it reads the stream", () =>
    Effect.gen(function*() {
      const { run, server } = yield* submitting()
      const source = Stream.die("the stream was read")
      const error = yield* Effect.flip(run(AsyncInference.submitStream(model, source, {} as never)))
      assert.include(error as object, { _tag: "InvalidInputError", field: "inputPrefix" })
      assert.strictEqual(yield* server.attempts, 0)
    }))
})

describe("AsyncInference.submitLocation", () => {
  it.effect("submits an input that is stored already", () =>
    Effect.gen(function*() {
      const { run, server, store } = yield* submitting()
      const job = yield* run(
        AsyncInference.submitLocation(model, "s3://recordings/monday.wav", { ContentType: "audio/wav" })
      )
      assert.strictEqual(job.inferenceId, "inference-1")
      const [request] = yield* server.requests
      assert.include(request!.headers, {
        "x-amzn-sagemaker-inputlocation": "s3://recordings/monday.wav",
        "x-amzn-sagemaker-content-type": "audio/wav",
        "x-amzn-sagemaker-accept": "text/plain"
      })
      assert.isUndefined(bodyOf(request!))
      assert.strictEqual(yield* store.count(), 0)
    }))

  for (const location of ["", "recordings/monday.wav", "ftp://a/b", `s3://a/${"b".repeat(1024)}`, 5, undefined]) {
    it.effect(`rejects ${String(location).slice(0, 30)} before any I/O`, () =>
      Effect.gen(function*() {
        const { run, server } = yield* submitting()
        const error = yield* Effect.flip(run(AsyncInference.submitLocation(model, location as never)))
        assert.include(error, { _tag: "InvalidInputError" })
        assert.strictEqual(yield* server.attempts, 0)
      }))
  }
})
