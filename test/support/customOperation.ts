import { HttpClientRequest } from "@effect/platform"
import { Effect, Schema } from "effect"
import { Operation, SageMakerError } from "effect-sagemaker-runtime"

/** A custom error with all members of service errors. */
export class VariantMissing extends Schema.TaggedError<VariantMissing>()("VariantMissing", {
  ...SageMakerError.serviceFields({ status: 404, code: "VariantMissing", retry: "never", message: "No such variant" }),
  Variants: Schema.optional(Schema.Array(Schema.String))
}) {}

/** A custom error with its own members and a retry member. */
export class VariantBusy extends Schema.TaggedError<VariantBusy>()("VariantBusy", { Seconds: Schema.Number }) {
  readonly retry = "throttling"
}

/** A custom error without members. */
export class VariantBroken extends Schema.TaggedError<VariantBroken>()("VariantBroken", {}) {}

export interface Input {
  readonly EndpointName: string
  readonly Variant: string
  readonly Secret?: string
}

export interface Output {
  readonly state: string
  readonly $metadata: Operation.ResponseMetadata
}

const headers = Operation.headers({
  Variant: ["x-mine-variant", Schema.String.pipe(Schema.maxLength(8, { description: "at most 8 characters long" }))],
  Secret: ["x-mine-secret", Schema.String]
})

const name = Operation.label("EndpointName", Schema.String)

/** A custom operation that AWS does not have. */
export const describeVariant: Operation.Operation<Input, Output, VariantMissing | VariantBusy | VariantBroken> = {
  name: "DescribeVariant",
  encode: ({ EndpointName, ...fields }, { validation }) =>
    Effect.gen(function*() {
      const segment = yield* name(EndpointName, validation)
      return HttpClientRequest.get(`/mine/${segment}`, { headers: yield* headers.encode(fields, validation) })
    }),
  decode: ({ bytes, metadata, status }) =>
    Effect.flatMap(bytes, (body) =>
      status === 299
        ? Effect.fail(new VariantMissing({ Variants: ["of-a-success"] }))
        : Effect.succeed({ state: new TextDecoder().decode(body), $metadata: metadata })),
  errors: [VariantMissing, VariantBusy, VariantBroken],
  sensitive: ["x-mine-secret"],
  attributes: ({ Variant }) => ({ variant: Variant })
}
