/** The base of the class of jobs. The errors that contain a job have another class with the same identifier. */
import * as Schema from "effect/Schema"
import { sharedInstances } from "../global/sharedInstances.ts"

const jobFields = {
  endpoint: Schema.String,
  inferenceId: Schema.String,
  outputLocation: Schema.String,
  failureLocation: Schema.optional(Schema.String),
  submittedAt: Schema.DateTimeUtc,
  expiresAt: Schema.DateTimeUtc,
  traceparent: Schema.optional(Schema.String)
}

/** A schema accepts the instances of each class with its identifier. */
export const jobClass = <Self>(): Schema.Class<
  Self,
  typeof jobFields,
  Schema.Struct.Encoded<typeof jobFields>,
  never,
  Schema.Struct.Constructor<typeof jobFields>,
  {},
  {}
> =>
  sharedInstances<typeof Schema.Class>(
    Schema.Class<Self>("effect-sagemaker-runtime/AsyncInference/Job")(jobFields) as never,
    "Job"
  ) as never
