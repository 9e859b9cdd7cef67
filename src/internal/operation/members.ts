/** The members that operations share: header names, constraints and types. Source: AWS's Smithy model. */
import * as Schema from "effect/Schema"
import type { Payload, SpanAttributes } from "../../Operation.ts"
import { lazySchema } from "../schema/lazySchema.ts"

type Check = (schema: Schema.Schema<string>) => Schema.Schema<string>

const notEmpty: Check = Schema.minLength(1, { description: "at least 1 character long" })

const nameRule = "letters, digits and hyphens, with a letter or digit at both ends"

const atMost = (max: number): Check => Schema.maxLength(max, { description: `at most ${max} characters long` })

export const ascii = (max: number) =>
  lazySchema(() =>
    Schema.String.pipe(
      Schema.pattern(/^[\0-\x7f]*$/, { description: "ASCII text" }),
      atMost(max)
    )
  )

const resourceName = (max: number) =>
  lazySchema(() =>
    Schema.String.pipe(
      Schema.pattern(/^[a-zA-Z0-9](-*[a-zA-Z0-9])*$/, {
        description: nameRule
      }),
      atMost(max)
    )
  )

const printable = (max: number) =>
  lazySchema(() =>
    Schema.String.pipe(
      notEmpty,
      atMost(max),
      Schema.pattern(/^\S[\x20-\x7e]*$/, { description: "printable ASCII text that does not start with whitespace" })
    )
  )

/** The ID of an open session. */
export const sessionId = resourceName(256)

const sessionIdOrNew = lazySchema(() =>
  Schema.String.pipe(
    Schema.pattern(/^(NEW_SESSION|[a-zA-Z0-9](-*[a-zA-Z0-9])*)$/, {
      description: `NEW_SESSION, or ${nameRule}`
    }),
    atMost(256)
  )
)

export const enableExplanations = lazySchema(() => Schema.String.pipe(notEmpty, atMost(64)))

export const endpointName = resourceName(63)

export const inputLocation = lazySchema(() =>
  Schema.String.pipe(
    notEmpty,
    atMost(1024),
    Schema.pattern(/^(https|s3):\/\/([^/]+)\/?(.*)$/, { description: "an s3:// or https:// URL" })
  )
)

export const outputPathExtension = lazySchema(() =>
  Schema.String.pipe(
    notEmpty,
    atMost(512),
    Schema.pattern(/^(?!s3:|https:)[a-zA-Z0-9!_.*'()/-]+$/, { description: "a relative path of S3-safe characters" })
  )
)

export const filename = lazySchema(() =>
  Schema.String.pipe(
    notEmpty,
    atMost(32),
    Schema.pattern(/^(?!.*\..*\.)[a-zA-Z0-9][a-zA-Z0-9-_.]*$/, {
      description: "letters, digits, hyphens, underscores and at most one dot, with a letter or digit first"
    })
  )
)

export const integerBetween = (min: number, max: number) =>
  lazySchema(() =>
    Schema.Number.pipe(
      Schema.int({ description: "an integer" }),
      Schema.greaterThanOrEqualTo(min, { description: `at least ${min}` }),
      Schema.lessThanOrEqualTo(max, { description: `at most ${max}` })
    )
  )

const invocationPath = lazySchema(() =>
  Schema.String.pipe(
    atMost(100),
    Schema.pattern(/^[A-Za-z0-9\-._]+(?:\/[A-Za-z0-9\-._]+)*$/, {
      description: "a relative path of letters, digits, hyphens, dots and underscores"
    })
  )
)

const queryString = lazySchema(() =>
  Schema.String.pipe(
    atMost(2048),
    Schema.pattern(
      /^[a-zA-Z0-9][A-Za-z0-9_-]*=(?:[A-Za-z0-9._~-]|%[0-9A-Fa-f]{2})+(?:&[a-zA-Z0-9][A-Za-z0-9_-]*=(?:[A-Za-z0-9._~-]|%[0-9A-Fa-f]{2})+)*$/,
      { description: "a percent-encoded query string without \"?\", such as language=en" }
    )
  )
)

/** Headers of InvokeEndpoint, InvokeEndpointWithResponseStream and InvokeEndpointAsync. */
export const common = {
  CustomAttributes: ["x-amzn-sagemaker-custom-attributes", ascii(1024)],
  InferenceId: ["x-amzn-sagemaker-inference-id", printable(64)]
} as const

/** Headers of InvokeEndpointWithBidirectionalStream. */
export const bidirectional = {
  TargetVariant: ["x-amzn-sagemaker-target-variant", resourceName(63)],
  ModelInvocationPath: ["x-amzn-sagemaker-model-invocation-path", invocationPath],
  ModelQueryString: ["x-amzn-sagemaker-model-query-string", queryString]
} as const

const target = {
  TargetVariant: ["x-amzn-sagemaker-target-variant", resourceName(63)],
  TargetContainerHostname: ["x-amzn-sagemaker-target-container-hostname", resourceName(63)],
  InferenceComponentName: ["x-amzn-sagemaker-inference-component", resourceName(63)]
} as const

/** Headers that route a real-time request within its endpoint. */
export const routing = {
  ...target,
  SessionId: ["x-amzn-sagemaker-session-id", sessionIdOrNew],
  PrefixAwareId: ["x-amzn-sagemaker-prefix-aware-id", ascii(1024)]
} as const

/** The header of InvokeEndpoint that selects a model of a multi-model endpoint. */
export const modelRouting = {
  TargetModel: ["x-amzn-sagemaker-target-model", printable(1024)]
} as const

/** Headers of real-time responses. */
export const responseMembers = {
  InvokedProductionVariant: ["x-amzn-invoked-production-variant", Schema.String],
  CustomAttributes: ["x-amzn-sagemaker-custom-attributes", Schema.String]
} as const

type TargetMember = keyof typeof target | keyof typeof modelRouting

/**
 * The members that select a target within an endpoint. They are invalid for another endpoint.
 *
 * Function calls instead of spreads, because a bundler removes an unused call that is marked as pure.
 */
export const targetMembers = Object.keys(target).concat(Object.keys(modelRouting)) as ReadonlyArray<TargetMember>

/** The members that select the endpoint and the target within it. */
export const endpointTargetMembers = Array.of<"EndpointName" | TargetMember>("EndpointName").concat(targetMembers)

/** Request headers whose values are redacted. */
export const sensitive = ["x-amzn-sagemaker-custom-attributes"]

const spanMembers = {
  "aws.sagemaker.endpoint.name": "EndpointName",
  "aws.sagemaker.variant": "TargetVariant",
  "aws.sagemaker.inference_component": "InferenceComponentName"
} as const

/**
 * The form of the names of endpoints, variants and components that AWS accepts. In telemetry, any other text could be a
 * part of a payload that was passed by mistake.
 */
export const resourceNameForm = /^[a-zA-Z0-9][a-zA-Z0-9-]{0,62}$/

/** Whether a value has the form of a resource's name. */
export const isResourceName = (value: unknown): value is string =>
  typeof value === "string" && resourceNameForm.test(value)

/** The names of the endpoint, the variant and the inference component. */
export const spanAttributes = (input: object): SpanAttributes => {
  const attributes: Record<string, string> = {}
  for (const [name, member] of Object.entries(spanMembers)) {
    const value: unknown = Reflect.get(input, member)
    if (isResourceName(value)) {
      attributes[name] = value
    }
  }
  return attributes
}

/** The required input member of every operation. */
export interface EndpointMembers {
  /** The name of the endpoint. At most 63 letters, digits and hyphens. */
  readonly EndpointName: string
}

/** The required input members of InvokeEndpoint and InvokeEndpointWithResponseStream. */
export interface RealTimeMembers extends EndpointMembers {
  /**
   * The input of the model: a string (sent as UTF-8), bytes, an `ArrayBuffer`, a view of one, or a `Blob`. At most
   * `maxBodyBytes` of the client, by default 25 MiB.
   */
  readonly Body: Payload
}

/** Optional input members of InvokeEndpoint, InvokeEndpointWithResponseStream and InvokeEndpointAsync. */
export interface CommonOptions {
  /** The media type of the input. Default: `application/octet-stream`. At most 1,024 ASCII characters. */
  readonly ContentType?: string | undefined
  /** The media type that the model should return. At most 1,024 ASCII characters. */
  readonly Accept?: string | undefined
  /**
   * Additional information for the model's container. At most 1,024 ASCII characters. AWS declares it sensitive: this
   * client redacts it.
   */
  readonly CustomAttributes?: string | undefined
  /**
   * An identifier of the request, for example to match captured data with ground truth. 1 to 64 printable ASCII
   * characters.
   */
  readonly InferenceId?: string | undefined
}

/** Optional input members of InvokeEndpoint and InvokeEndpointWithResponseStream that route a request. */
export interface RoutingOptions {
  /**
   * The production variant to invoke. At most 63 letters, digits and hyphens. Default: SageMaker distributes requests
   * by the variants' weights.
   */
  readonly TargetVariant?: string | undefined
  /**
   * The host name of the container to invoke, on a multi-container endpoint with direct invocation. At most 63 letters,
   * digits and hyphens.
   */
  readonly TargetContainerHostname?: string | undefined
  /** The inference component to invoke. At most 63 letters, digits and hyphens. */
  readonly InferenceComponentName?: string | undefined
  /**
   * An identifier that routes requests with the same value to the same instance, so that they share its prefix cache.
   * At most 1,024 ASCII characters.
   */
  readonly PrefixAwareId?: string | undefined
}
