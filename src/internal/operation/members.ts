/** The members AWS's operations share: header names and limits, each written once. Source: AWS's Smithy model. */
import * as Schema from "effect/Schema"
import type { SpanAttributes } from "../../Operation.ts"

type Check = (schema: Schema.Schema<string>) => Schema.Schema<string>

const notEmpty: Check = Schema.minLength(1, { description: "at least 1 character long" })

const atMost = (max: number): Check => Schema.maxLength(max, { description: `at most ${max} characters long` })

/** ASCII up to a length. */
export const ascii = (max: number) =>
  Schema.String.pipe(
    Schema.pattern(/^[\0-\x7f]*$/, { description: "ASCII text" }),
    atMost(max)
  )

/** A name as AWS resources have them: letters, digits and inner hyphens. */
const resourceName = (max: number) =>
  Schema.String.pipe(
    Schema.pattern(/^[a-zA-Z0-9](-*[a-zA-Z0-9])*$/, {
      description: "letters, digits and hyphens, with a letter or digit at both ends"
    }),
    atMost(max)
  )

/** Printable text that does not start with white space. */
export const printable = (max: number) =>
  Schema.String.pipe(
    notEmpty,
    atMost(max),
    Schema.pattern(/^\S[\x20-\x7e]*$/, { description: "printable ASCII that does not start with white space" })
  )

/** The id of an open session. */
export const sessionId = resourceName(256)

/** The id of an open session, or the word that opens one. */
const sessionIdOrNew = Schema.String.pipe(
  Schema.pattern(/^(NEW_SESSION|[a-zA-Z0-9](-*[a-zA-Z0-9])*)$/, {
    description: "NEW_SESSION, or letters, digits and hyphens with a letter or digit at both ends"
  }),
  atMost(256)
)

/** A JMESPath expression for Clarify. */
export const explanations = Schema.String.pipe(
  notEmpty,
  atMost(64)
)

/** The endpoint's name. */
export const endpointName = resourceName(63)

/** Where input lies. */
export const location = Schema.String.pipe(
  notEmpty,
  atMost(1024),
  Schema.pattern(/^(https|s3):\/\/([^/]+)\/?(.*)$/, { description: "an s3: or https: URL" })
)

/** What is appended to an output path. */
export const outputPath = Schema.String.pipe(
  notEmpty,
  atMost(512),
  Schema.pattern(/^(?!s3:|https:)[a-zA-Z0-9!_.*'()/-]+$/, { description: "a relative path of S3-safe characters" })
)

/** A result's file name. */
export const filename = Schema.String.pipe(
  notEmpty,
  atMost(32),
  Schema.pattern(/^(?!.*\..*\.)[a-zA-Z0-9][a-zA-Z0-9-_.]*$/, {
    description: "letters, digits, hyphens, underscores and at most one dot, with a letter or digit first"
  })
)

/** A whole number between two bounds. */
export const integerBetween = (min: number, max: number) =>
  Schema.Number.pipe(
    Schema.int({ description: "a whole number" }),
    Schema.greaterThanOrEqualTo(min, { description: `at least ${min}` }),
    Schema.lessThanOrEqualTo(max, { description: `at most ${max}` })
  )

/** Headers that InvokeEndpoint, its stream and its asynchronous form have in common. */
export const common = {
  CustomAttributes: ["x-amzn-sagemaker-custom-attributes", ascii(1024)],
  InferenceId: ["x-amzn-sagemaker-inference-id", printable(64)]
} as const

/** Headers that say which part of an endpoint answers, in real time. */
export const routing = {
  TargetVariant: ["x-amzn-sagemaker-target-variant", resourceName(63)],
  TargetContainerHostname: ["x-amzn-sagemaker-target-container-hostname", resourceName(63)],
  InferenceComponentName: ["x-amzn-sagemaker-inference-component", resourceName(63)],
  SessionId: ["x-amzn-sagemaker-session-id", sessionIdOrNew],
  PrefixAwareId: ["x-amzn-sagemaker-prefix-aware-id", ascii(1024)]
} as const

/** Members of `common`. */
export interface CommonMembers {
  /** Free text for the model's container; kept secret. */
  readonly CustomAttributes?: string | undefined
  /** A name for this request, for data capture. */
  readonly InferenceId?: string | undefined
}

/** Members of `routing`. */
export interface RoutingMembers {
  /** The production variant that is to answer. */
  readonly TargetVariant?: string | undefined
  /** The container of a multi-container endpoint that is to answer. */
  readonly TargetContainerHostname?: string | undefined
  /** The inference component that is to answer. */
  readonly InferenceComponentName?: string | undefined
  /** `NEW_SESSION` to open a session, or the id of an open one. */
  readonly SessionId?: string | undefined
  /** Requests with the same text go to the same instance, for its prefix cache. */
  readonly PrefixAwareId?: string | undefined
}

/** Headers of a real-time answer. */
export const responseMembers = {
  InvokedProductionVariant: ["x-amzn-invoked-production-variant", Schema.String],
  CustomAttributes: ["x-amzn-sagemaker-custom-attributes", Schema.String]
} as const

/** Request headers whose values are secret. */
export const sensitive = ["x-amzn-sagemaker-custom-attributes"]

/** What a call's span tells of its input. */
export const spanAttributes = ({ EndpointName }: { readonly EndpointName: string }): SpanAttributes => ({
  "aws.sagemaker.endpoint_name": EndpointName
})
