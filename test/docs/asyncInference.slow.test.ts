import { FileSystem } from "@effect/platform"
import { NodeFileSystem } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { DateTime, Effect, Either, Layer, Logger, Ref, Schema, Stream } from "effect"
import { AsyncInference, ObjectStore, SageMakerError, SageMakerRuntime, Signer } from "effect-sagemaker-runtime"
import { NodeEmulator } from "effect-sagemaker-runtime/node"
import { Emulator } from "effect-sagemaker-runtime/testing"
import { vi } from "vitest"
import { live, summarize, summarizer } from "../../examples/async.ts"
import { summaryOrReason } from "../../examples/guides/async-errors.ts"
import { upscale } from "../../examples/guides/async-files.ts"
import { submitBook, summaryOf } from "../../examples/guides/async-job.ts"
import { handler, storeSummaries } from "../../examples/guides/async-lambda.ts"
import { summarizeAll } from "../../examples/guides/async-many.ts"
import { handleResults } from "../../examples/guides/async-sqs.ts"
import { exampleCredentials } from "../support/nodeConfiguration.ts"

const output = "s3://example-bucket/output/"

const makeJob = (inferenceId: string) =>
  new AsyncInference.Job({
    endpoint: summarizer.name,
    inferenceId,
    outputLocation: `${output}${inferenceId}.out`,
    submittedAt: DateTime.unsafeNow(),
    expiresAt: DateTime.add(DateTime.unsafeNow(), { minutes: 5 })
  })

const bytes = (text: string) => new TextEncoder().encode(text)

const notification = (job: AsyncInference.Job, failureReason?: string) =>
  Schema.encodeSync(AsyncInference.Completion)({
    status: failureReason === undefined ? "Completed" : "Failed",
    inferenceId: job.inferenceId,
    outputLocation: failureReason === undefined ? job.outputLocation : undefined,
    failureReason
  })

const snsMessage = (notification: unknown) =>
  JSON.stringify({ Type: "Notification", Message: JSON.stringify(notification) })

/** A queue with the behaviour of SQS: a received message is invisible until it is removed. */
const makeQueue = (bodies: ReadonlyArray<string>) => {
  const messages = new Map(bodies.map((Body, index) => [`handle-${index}`, Body]))
  const visible = [...messages.keys()]
  return {
    messages,
    receive: Effect.sync(() => {
      const [ReceiptHandle] = visible.splice(0, 1)
      const Body = messages.get(ReceiptHandle ?? "")
      return Body === undefined ? { $metadata: {} } : { Messages: [{ MessageId: "1", ReceiptHandle, Body }] }
    }).pipe(Effect.zipLeft(Effect.sleep("1 millis"))),
    remove: (receiptHandle: string) => Effect.sync(() => void messages.delete(receiptHandle))
  }
}

const storeOutputs = (...jobs: ReadonlyArray<AsyncInference.Job>) =>
  Effect.flatMap(
    ObjectStore.ObjectStore,
    (store) =>
      Effect.forEach(jobs, ({ inferenceId, outputLocation }) =>
        store.put(outputLocation, bytes(`{"summary":"of ${inferenceId}"}`), { contentType: "application/json" }))
  )

const text = ({ job, result }: AsyncInference.JobResult<{ readonly summary: string }>) =>
  `${job.inferenceId}: ${Either.match(result, { onLeft: ({ _tag }) => _tag, onRight: ({ summary }) => summary })}`

describe("results by messages of an SQS queue", () => {
  const [first, second, failed] = [makeJob("1"), makeJob("2"), makeJob("3")] as const

  it.live("are handled once, in spite of duplicates and of other messages, which stay in the queue", () =>
    Effect.gen(function*() {
      yield* storeOutputs(first, second)
      const one = snsMessage(notification(first))
      const queue = makeQueue([
        "not JSON",
        one,
        one,
        snsMessage({ Service: "Amazon S3", Event: "s3:TestEvent" }),
        JSON.stringify(notification(failed, "out of memory")),
        one,
        snsMessage(notification(second))
      ])
      const handled = yield* Ref.make<ReadonlyArray<string>>([])
      yield* handleResults(
        summarizer,
        [first, second, failed],
        queue,
        (result) => Ref.update(handled, (all) => [...all, text(result)])
      )
      assert.deepStrictEqual([...yield* handled].toSorted(), ["1: of 1", "2: of 2", "3: AsyncInferenceFailedError"])
      assert.deepStrictEqual([...queue.messages.keys()], ["handle-0", "handle-3"])
    }).pipe(Effect.provide([ObjectStore.layerMemory, Logger.remove(Logger.defaultLogger)])))

  it.live("stay in the queue until they are handled", () =>
    Effect.gen(function*() {
      yield* storeOutputs(first)
      const queue = makeQueue([snsMessage(notification(first))])
      const error = yield* Effect.flip(handleResults(summarizer, [first], queue, () => Effect.fail("disk is full")))
      assert.strictEqual(error, "disk is full")
      assert.strictEqual(queue.messages.size, 1)
    }).pipe(Effect.provide(ObjectStore.layerMemory)))

  it.live("end with the error of the queue", () =>
    Effect.gen(function*() {
      const queue = { ...makeQueue([]), receive: Effect.fail("no permission") }
      assert.strictEqual(
        yield* Effect.flip(handleResults(summarizer, [first], queue, () => Effect.void)),
        "no permission"
      )
    }).pipe(Effect.provide(ObjectStore.layerMemory)))
})

const summaryAt = (inferenceId: string) =>
  Effect.flatMap(
    ObjectStore.ObjectStore,
    (store) => store.get(`s3://example-bucket/summaries/${inferenceId}.txt`).pipe(Stream.decodeText(), Stream.mkString)
  )

describe("a Lambda function", () => {
  const jobs = [makeJob("1"), makeJob("2"), makeJob("3")] as const
  const record = (messageId: string, body: string) => ({ messageId, receiptHandle: messageId, body })

  const run = <A, E>(program: Effect.Effect<A, E, ObjectStore.ObjectStore>) =>
    Effect.provide(program, [ObjectStore.layerMemory, Logger.remove(Logger.defaultLogger)])

  it.live("returns the messages of SQS that failed, and handles the others", () =>
    run(Effect.gen(function*() {
      const [first, second, failed] = jobs
      yield* storeOutputs(first)
      const event = {
        Records: [
          record("a", snsMessage(notification(first))),
          record("b", snsMessage(notification(second))),
          record("c", snsMessage(notification(failed, "out of memory"))),
          record("d", "not JSON"),
          record("e", snsMessage(notification(first)))
        ]
      }
      assert.deepStrictEqual(yield* storeSummaries(event), {
        batchItemFailures: [{ itemIdentifier: "b" }, { itemIdentifier: "d" }]
      })
      assert.strictEqual(yield* summaryAt("1"), "of 1")
      yield* storeOutputs(second)
      assert.deepStrictEqual(yield* storeSummaries(event), { batchItemFailures: [{ itemIdentifier: "d" }] })
      assert.strictEqual(yield* summaryAt("2"), "of 2")
    })))

  it.live("fails for a message of SNS that it cannot handle, so that Lambda retries", () =>
    run(Effect.gen(function*() {
      const [first] = jobs
      const event = { Records: [{ EventSource: "aws:sns", Sns: { Message: JSON.stringify(notification(first)) } }] }
      assert.strictEqual((yield* Effect.flip(storeSummaries(event)))._tag, "AsyncInferenceTimeoutError")
      yield* storeOutputs(first)
      assert.deepStrictEqual(yield* storeSummaries(event), { batchItemFailures: [] })
      assert.strictEqual(yield* summaryAt("1"), "of 1")
    })))
})

const failOn = "too long"

const endpoints = [
  Emulator.endpoint("summarizer-async", ({ Body }) => {
    const book = new TextDecoder().decode(Body)
    return book === failOn
      ? Effect.fail(Emulator.containerError({ status: 400, body: book }))
      : Effect.succeed({ Body: JSON.stringify({ summary: book.slice(0, 4) }), ContentType: "application/json" })
  }, { AsyncInferenceConfig: {} }),
  Emulator.endpoint(
    "upscaler-async",
    ({ Body }) => Effect.succeed({ Body: new Uint8Array([...Body, ...Body]), ContentType: "video/mp4" })
  )
]

const emulator = SageMakerRuntime.layer({ region: "eu-west-1" }).pipe(
  Layer.provide(Signer.layerAnonymous),
  Layer.provideMerge(Emulator.layerObjectStore),
  Layer.provideMerge(Emulator.layerHttpClient({ credentials: "anonymous", endpoints }))
)

/** The lines that a program prints. */
const printed = <A, E, R>(program: Effect.Effect<A, E, R>) =>
  Effect.acquireUseRelease(
    Effect.sync(() => vi.spyOn(console, "log").mockReturnValue()),
    (log) => Effect.map(program, () => log.mock.calls.map(([line]) => String(line))),
    (log) => Effect.sync(() => log.mockRestore())
  )

describe("programs in the guide of asynchronous inference, with the emulator", () => {
  it.live("submit, wait and print", () =>
    Effect.gen(function*() {
      const lines = yield* printed(summarize("Once upon a time"))
      assert.match(lines.join(), /^submitted \S+,Once$/)
    }).pipe(Effect.provide(emulator)))

  it.live("an encoded job gives the result without a client", () =>
    Effect.gen(function*() {
      const job = yield* submitBook("Once upon a time")
      const store = yield* ObjectStore.ObjectStore
      assert.strictEqual(
        yield* Effect.provide(summaryOf(job), Layer.succeed(ObjectStore.ObjectStore, store)),
        "Once"
      )
    }).pipe(Effect.provide(emulator)))

  it.live("errors", () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* summaryOrReason("Once upon a time"), "Once")
      assert.match(yield* summaryOrReason(failOn), /^request \S+ failed$/)
      const store = yield* ObjectStore.ObjectStore
      const denied = Layer.succeed(ObjectStore.ObjectStore, {
        ...store,
        head: (location: string) =>
          new SageMakerError.ObjectStoreError({ operation: "head", location, reason: "access-denied", status: 403 })
      })
      assert.strictEqual(
        yield* Effect.provide(summaryOrReason("Once"), denied),
        "cannot head the result: access-denied"
      )
    }).pipe(Effect.provide(emulator)))

  it.live("many jobs", () =>
    Effect.gen(function*() {
      const lines = [...yield* Stream.runCollect(summarizeAll(["Anna", failOn, "Emma"]))]
      assert.sameMembers(lines.map((line) => line.replace(/^\S+: /, "")), ["Anna", "AsyncInferenceFailedError", "Emma"])
    }).pipe(Effect.provide(emulator)))

  it.live("files", () =>
    Effect.gen(function*() {
      const files = yield* FileSystem.FileSystem
      const folder = yield* files.makeTempDirectoryScoped()
      yield* files.writeFileString(`${folder}/in.mp4`, "movie")
      yield* upscale(`${folder}/in.mp4`, `${folder}/out.mp4`)
      assert.strictEqual(yield* files.readFileString(`${folder}/out.mp4`), "moviemovie")
    }).pipe(Effect.scoped, Effect.provide([emulator, NodeFileSystem.layer])))

  it.live("an SQS queue, which receives each notification twice", () =>
    Effect.gen(function*() {
      const jobs = yield* Effect.forEach(["Anna", failOn, "Emma"], (book) => AsyncInference.submit(summarizer, book))
      const { notifications } = yield* Emulator.Emulator
      const messages = [...yield* Stream.runCollect(Stream.take(notifications, 3))].map(snsMessage)
      const queue = makeQueue([...messages, ...messages])
      const handled = yield* Ref.make<ReadonlyArray<string>>([])
      yield* handleResults(summarizer, jobs, queue, (result) =>
        Ref.update(handled, (all) => [...all, text(result).replace(/^\S+: /, "")]))
      assert.sameMembers([...yield* handled], ["Anna", "AsyncInferenceFailedError", "Emma"])
    }).pipe(Effect.provide(emulator)))

  it.live("a Lambda function", () =>
    Effect.gen(function*() {
      const job = yield* AsyncInference.submit(summarizer, "Anna")
      const { notifications } = yield* Emulator.Emulator
      const [notification] = yield* Stream.runCollect(Stream.take(notifications, 1))
      const event = { Records: [{ messageId: "a", body: snsMessage(notification) }] }
      assert.deepStrictEqual(yield* storeSummaries(event), { batchItemFailures: [] })
      assert.strictEqual(yield* summaryAt(job.inferenceId), "Anna")
    }).pipe(Effect.provide(emulator)))
})

describe("programs in the guide of asynchronous inference, with the emulated S3", () => {
  it.live("read the settings of AWS from the environment", () =>
    Effect.gen(function*() {
      const { url } = yield* NodeEmulator.NodeEmulator
      vi.stubEnv("AWS_REGION", "eu-west-1")
      vi.stubEnv("AWS_ENDPOINT_URL", url)
      vi.stubEnv("AWS_ACCESS_KEY_ID", exampleCredentials.accessKeyId)
      vi.stubEnv("AWS_SECRET_ACCESS_KEY", exampleCredentials.secretAccessKey)
      const large = `Once${" upon a time".repeat(20_000)}`
      assert.strictEqual((yield* printed(Effect.provide(summarize(large), live)))[1], "Once")
      const { notifications, objectStore } = yield* Emulator.Emulator
      const inputs = [...yield* Stream.runCollect(objectStore.list("s3://example-bucket/input/"))]
      assert.deepStrictEqual(inputs.map(({ size }) => size), [large.length])
      const [notification] = yield* Stream.runCollect(Stream.take(notifications, 1))
      const event = { Records: [{ messageId: "a", body: snsMessage(notification) }] }
      assert.deepStrictEqual(yield* Effect.promise(() => handler(event)), { batchItemFailures: [] })
      const { inferenceId } = yield* Schema.decodeUnknown(AsyncInference.Completion)(notification)
      assert.strictEqual(
        yield* Effect.provideService(summaryAt(inferenceId), ObjectStore.ObjectStore, objectStore),
        "Once"
      )
    }).pipe(
      Effect.ensuring(Effect.sync(() => vi.unstubAllEnvs())),
      Effect.provide(NodeEmulator.layer({ credentials: exampleCredentials, endpoints }))
    ))
})
