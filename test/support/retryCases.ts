import { Schema } from "effect"
import { decodeCorpus } from "./corpus.ts"

const Step = Schema.Struct({
  response: Schema.Struct({
    status_code: Schema.Number,
    error_code: Schema.optional(Schema.String),
    headers: Schema.optional(Schema.Record({ key: Schema.String, value: Schema.String }))
  }),
  expected: Schema.Struct({
    outcome: Schema.Literal(
      "retry_request",
      "success",
      "max_attempts_exceeded",
      "retry_quota_exceeded",
      "fail_request"
    ),
    retry_quota: Schema.optional(Schema.Number),
    delay: Schema.optional(Schema.Number)
  })
})

const Case = Schema.Struct({
  name: Schema.String,
  given: Schema.Struct({
    long_polling: Schema.optional(Schema.Boolean),
    max_attempts: Schema.optional(Schema.Number),
    initial_retry_tokens: Schema.optional(Schema.Number),
    max_backoff_time: Schema.optional(Schema.Number),
    exponential_base: Schema.Literal(1)
  }),
  responses: Schema.optionalWith(Schema.Array(Step), { default: () => [] }),
  threads: Schema.optional(Schema.Array(Schema.Array(Step)))
})

/** One response of a case with the expected outcome. */
export type Step = typeof Step.Type

/** One of AWS's cases for the standard retry mode. */
export type Case = typeof Case.Type

const groups = Schema.Struct({ groups: Schema.Record({ key: Schema.String, value: Schema.Array(Case) }) })

/** AWS's cases without long polling, which SageMaker Runtime does not have. */
export const retryCases = Object.values(decodeCorpus("retry/standard-2026.json", groups)?.groups ?? {})
  .flat()
  .filter(({ given }) => given.long_polling !== true)

/** The responses of one thread, grouped by call; a call ends with a response that is not retried. */
export const callsOf = (steps: ReadonlyArray<Step>): ReadonlyArray<ReadonlyArray<Step>> => {
  const ends = [...steps.keys()].filter((index) => steps[index]!.expected.outcome !== "retry_request")
  return ends.map((end, call) => steps.slice((ends[call - 1] ?? -1) + 1, end + 1))
}
