import { assert, describe, it } from "@effect/vitest"
import { DateTime, Effect, Either, Schema } from "effect"
import { AsyncInference, SageMakerError } from "effect-sagemaker-runtime"
import { failureOf, jobOf, outputOf, scorer, within } from "./support/asyncJobs.ts"
import { hostileValues, thrownText } from "./support/hostileValues.ts"
import { scriptedObjectStore } from "./support/scriptedObjectStore.ts"

const JobJson = Schema.parseJson(AsyncInference.Job)

const encoded = {
  endpoint: "scorer",
  inferenceId: "inference-1",
  outputLocation: outputOf(1),
  failureLocation: failureOf(1),
  submittedAt: "1970-01-01T00:00:00.000Z",
  expiresAt: "1970-01-01T06:15:00.000Z"
}

describe("A Job", () => {
  it("is encoded as JSON and decoded by another process", () => {
    const text = Schema.encodeSync(JobJson)(jobOf(1))
    assert.deepStrictEqual(JSON.parse(text), encoded)
    const job = Schema.decodeSync(JobJson)(text)
    assert.isTrue(job instanceof AsyncInference.Job)
    assert.deepStrictEqual(job, jobOf(1))
    assert.strictEqual(DateTime.toEpochMillis(job.expiresAt), 22_500_000)
  })

  it("in an error is encoded and decoded with the error", () => {
    const job = jobOf(1)
    const error = new SageMakerError.AsyncInferenceTimeoutError({ job, elapsed: 3 })
    assert.strictEqual(error.job, job)
    const text = JSON.stringify(Schema.encodeSync(SageMakerError.AsyncInferenceTimeoutError)(error))
    const decoded = Schema.decodeUnknownSync(SageMakerError.AsyncInferenceTimeoutError)(JSON.parse(text))
    assert.strictEqual(decoded.message, error.message)
    assert.deepStrictEqual(JSON.parse(Schema.encodeSync(JobJson)(decoded.job)), encoded)
  })

  it("has no failureLocation if the endpoint has none", () => {
    const { failureLocation: _, ...members } = encoded
    const job = Schema.decodeSync(JobJson)(JSON.stringify(members))
    assert.isUndefined(job.failureLocation)
    assert.deepStrictEqual(JSON.parse(Schema.encodeSync(JobJson)(job)), members)
  })

  it.effect("that was decoded has its result", () =>
    Effect.gen(function*() {
      const store = yield* scriptedObjectStore
      yield* store.set(outputOf(1), `{"score":7}`)
      const job = yield* Schema.decode(JobJson)(JSON.stringify(encoded))
      assert.deepStrictEqual(
        yield* AsyncInference.result(scorer, job).pipe(Effect.provide(store.layer), within("1 milli")),
        { score: 7 }
      )
    }))

  it("can be decoded with members of later versions", () => {
    assert.deepStrictEqual(Schema.decodeSync(JobJson)(JSON.stringify({ ...encoded, region: "eu-west-1" })), jobOf(1))
  })
})

describe("A Job is not decoded from", () => {
  const invalid: ReadonlyArray<readonly [what: string, text: string]> = [
    ["text that is not JSON", "{"],
    ["null", "null"],
    ["a list", "[]"],
    ["no members", "{}"],
    ["a number as ID", JSON.stringify({ ...encoded, inferenceId: 5 })],
    ["an invalid date", JSON.stringify({ ...encoded, expiresAt: "tomorrow" })],
    ["a missing output location", JSON.stringify({ ...encoded, outputLocation: undefined })]
  ]
  for (const [what, text] of invalid) {
    it(what, () => {
      assert.isTrue(Either.isLeft(Schema.decodeEither(JobJson)(text)))
    })
  }

  for (const [what, make] of hostileValues) {
    it(`a hostile value: ${what}`, () => {
      const result = Schema.decodeUnknownEither(Schema.typeSchema(Schema.Unknown))(make())
      assert.isTrue(Either.isRight(result))
      const decodeMembers = (value: unknown) =>
        Schema.decodeUnknownEither(AsyncInference.Job)({ ...encoded, outputLocation: value })
      const made = make()
      if (typeof made !== "string") {
        assert.isTrue(Either.isLeft(decodeMembers(made)))
      }
    })
  }
})

describe("A hostile Job fails with a typed error before any request", () => {
  const locations = [
    "https://results.s3.amazonaws.com/out/1.out",
    "s3://",
    "s3://bucket",
    "s3://bucket/",
    "file:///etc/passwd",
    "../../etc/passwd",
    ""
  ]
  for (const location of locations) {
    it.effect(`outputLocation: ${JSON.stringify(location)}`, () =>
      Effect.gen(function*() {
        const store = yield* scriptedObjectStore
        yield* store.fault({ fail: "other" })
        const error = yield* AsyncInference.result(scorer, jobOf(1, { outputLocation: location })).pipe(
          Effect.provide(store.layer),
          Effect.flip,
          within("1 day")
        )
        assert.include(["ObjectStoreError", "InvalidInputError"], error._tag)
        assert.isAtMost(yield* store.count(), 1)
      }))
  }

  for (const [what, make] of hostileValues) {
    it.effect(`in place of a job: ${what}`, () =>
      Effect.gen(function*() {
        const store = yield* scriptedObjectStore
        const error = yield* AsyncInference.result(scorer, make() as never).pipe(
          Effect.provide(store.layer),
          Effect.flip,
          within("1 day")
        )
        assert.include(error, { _tag: "InvalidInputError", field: "job" })
        assert.notInclude(String(error), thrownText)
        assert.strictEqual(yield* store.count(), 0)
      }))
  }
})
