import { Schema } from "effect"
import { decodeCorpus } from "./corpus.ts"

const Sequence = Schema.Struct({
  name: Schema.String,
  server_offset_s: Schema.Number,
  max_attempts: Schema.Number,
  calls: Schema.Array(Schema.Struct({
    server_offset_s: Schema.optional(Schema.Number),
    outcome: Schema.String,
    attempts: Schema.Number
  }))
})

const Concurrent = Schema.Struct({
  name: Schema.String,
  client_initial_offset_s: Schema.Literal(-86_400),
  concurrent: Schema.Literal(3),
  first_round_total_requests: Schema.Literal(6),
  second_round_total_requests: Schema.Literal(3)
})

const cases = Schema.Struct({ sequences: Schema.Array(Schema.Union(Sequence, Concurrent)) })

/** AWS's sequences of calls with a shifted service clock, without the concurrent one. */
export const skewSequences = (decodeCorpus("clockskew/cases.json", cases)?.sequences ?? []).flatMap((sequence) =>
  "calls" in sequence ? [sequence] : []
)
