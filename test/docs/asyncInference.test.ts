import { assert, describe, it } from "@effect/vitest"
import { DateTime, Effect, Either, Logger, Ref, Schema, Stream } from "effect"
import { AsyncInference, ObjectStore } from "effect-sagemaker-runtime"
import { summarizer } from "../../examples/async.ts"
import { summaryOf } from "../../examples/guides/async-job.ts"
import { storeSummaries } from "../../examples/guides/async-lambda.ts"
import { handleResults } from "../../examples/guides/async-sqs.ts"

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

describe("a Lambda function", () => {
  const jobs = [makeJob("1"), makeJob("2"), makeJob("3")] as const
  const summaryAt = (inferenceId: string) =>
    Effect.flatMap(
      ObjectStore.ObjectStore,
      (store) =>
        store.get(`s3://example-bucket/summaries/${inferenceId}.txt`).pipe(Stream.decodeText(), Stream.mkString)
    )
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

describe("an encoded job", () => {
  it.live("gives the result in another process", () =>
    Effect.gen(function*() {
      const job = makeJob("1")
      yield* storeOutputs(job)
      const encoded = yield* Schema.encode(Schema.parseJson(AsyncInference.Job))(job)
      assert.strictEqual(yield* summaryOf(encoded), "of 1")
    }).pipe(Effect.provide(ObjectStore.layerMemory)))
})
