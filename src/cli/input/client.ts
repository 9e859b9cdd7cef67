/** The client of the commands, from their options. */
import * as Options from "@effect/cli/Options"
import type { InvokeEndpoint } from "effect-sagemaker-runtime"
import { RetryPolicy } from "effect-sagemaker-runtime"
import { NodeSageMaker } from "effect-sagemaker-runtime/node"
import * as Duration from "effect/Duration"
import * as Option from "effect/Option"
import { argument } from "./hyphen.ts"

const text = (name: string, description: string) =>
  Options.text(name).pipe(Options.withDescription(description), Options.optional)

/** An option with a number of seconds above 0. */
export const seconds = (name: string, description: string) =>
  Options.float(name).pipe(
    Options.withPseudoName("seconds"),
    Options.withDescription(description),
    Options.filterMap(
      (value) => value > 0 ? Option.some(value) : Option.none(),
      `invalid --${name}: expected a number of seconds above 0`
    ),
    Options.optional
  )

/** An option with the maximum number of attempts of a call. */
export const attempts = (description: string) =>
  Options.integer("max-attempts").pipe(
    Options.withPseudoName("count"),
    Options.withDescription(description),
    Options.filterMap(
      (value) => value > 0 ? Option.some(value) : Option.none(),
      "invalid --max-attempts: expected 1 or more"
    ),
    Options.optional
  )

/** The endpoint that a command calls. */
export const endpoint = argument("endpoint", "The name of the endpoint")

/** Options that every command has. */
export const outputOptions = {
  json: Options.boolean("json").pipe(Options.withDescription("Print JSON, also for errors")),
  verbose: Options.boolean("verbose").pipe(
    Options.withAlias("v"),
    Options.withDescription("Also print the text of the container's error, which can contain parts of the request")
  )
}

/** Options of every command that has a client. */
export const options = {
  region: text("region", "The AWS region. Default: AWS_REGION, then the profile"),
  profile: text("profile", "The profile of the AWS config files. Default: AWS_PROFILE, then default"),
  endpointUrl: text("endpoint-url", "The service URL. Default: AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME, then AWS's URL"),
  timeout: seconds("timeout", "The maximum time of a call with its retries, in seconds. Default: no limit"),
  maxAttempts: attempts("The maximum number of attempts. Default: AWS_MAX_ATTEMPTS, then 3"),
  ...outputOptions
}

/** The values of `options`. */
export interface ClientOptions {
  readonly region: Option.Option<string>
  readonly profile: Option.Option<string>
  readonly endpointUrl: Option.Option<string>
  readonly timeout: Option.Option<number>
  readonly maxAttempts: Option.Option<number>
  readonly json: boolean
  readonly verbose: boolean
}

/** The client with the command's options. */
export const layer = ({ endpointUrl, maxAttempts, profile, region, timeout }: ClientOptions) =>
  NodeSageMaker.layer({
    region: Option.getOrUndefined(region),
    profile: Option.getOrUndefined(profile),
    endpoint: Option.getOrUndefined(endpointUrl),
    retry: Option.getOrUndefined(
      Option.map(maxAttempts, (count) => RetryPolicy.standard({ maxAttempts: count }))
    ),
    timeouts: Option.getOrUndefined(
      Option.map(timeout, (value) => ({ total: Duration.seconds(value) }))
    )
  })

/** Options with members of the request. */
export const routingOptions = {
  accept: text("accept", "The media type of the response. Default: the model's choice"),
  component: text("inference-component", "The inference component to call"),
  variant: text("target-variant", "The production variant to call"),
  attributes: text("custom-attributes", "Custom attributes for the model")
}

/** The values of `routingOptions`. */
export interface RoutingOptions {
  readonly accept: Option.Option<string>
  readonly component: Option.Option<string>
  readonly variant: Option.Option<string>
  readonly attributes: Option.Option<string>
}

/** The members of the request that the options set. */
export const membersOf = (
  { accept, attributes, component, variant }: RoutingOptions
): Pick<
  InvokeEndpoint.InvokeEndpointInput,
  "Accept" | "CustomAttributes" | "InferenceComponentName" | "TargetVariant"
> => ({
  Accept: Option.getOrUndefined(accept),
  CustomAttributes: Option.getOrUndefined(attributes),
  InferenceComponentName: Option.getOrUndefined(component),
  TargetVariant: Option.getOrUndefined(variant)
})
