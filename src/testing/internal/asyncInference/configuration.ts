/** The asynchronous configuration of an endpoint, with AWS's limits and the defaults of the emulator. */
import * as Either from "effect/Either"
import { parseLocation } from "../../../internal/objectStore/location.ts"
import type { AsyncInferenceNotificationConfig, EmulatorEndpointOptions } from "../../Emulator.ts"
import { toS3Location } from "./locations.ts"

/** A valid configuration. The paths do not end with `/`. */
export interface AsyncConfiguration {
  readonly outputPath: string
  readonly failurePath: string
  /** How many requests the endpoint processes at once. */
  readonly capacity: number
  readonly notification: AsyncInferenceNotificationConfig
}

const maxPathLength = 512
const maxInvocationsPerInstance = 1_000

const isCount = (value: number, min: number, max: number): boolean =>
  Number.isSafeInteger(value) && value >= min && value <= max

/** The service returns locations in headers, so that a path has the characters of a header. */
const pathOf = (setting: string, given: unknown, fallback: string): Either.Either<string, string> => {
  const location = given ?? fallback
  const path = typeof location === "string" ? toS3Location(location).replace(/\/+$/, "") : ""
  return path.length <= maxPathLength && /^[\x20-\x7e]*$/.test(path) && Either.isRight(parseLocation(`${path}/output`))
    ? Either.right(path)
    : Either.left(
      `AsyncInferenceConfig.OutputConfig.${setting} of the emulated endpoint is invalid: expected a location such as ` +
        `s3://bucket/folder, of at most ${maxPathLength} ASCII characters`
    )
}

const capacityOf = ({ AsyncInferenceConfig, InitialInstanceCount }: EmulatorEndpointOptions) => {
  const perInstance = AsyncInferenceConfig?.ClientConfig?.MaxConcurrentInvocationsPerInstance ?? 1
  const instances = InitialInstanceCount ?? 1
  if (!isCount(perInstance, 1, maxInvocationsPerInstance)) {
    return Either.left(
      "AsyncInferenceConfig.ClientConfig.MaxConcurrentInvocationsPerInstance of the emulated endpoint is invalid: " +
        `expected an integer from 1 to ${maxInvocationsPerInstance}`
    )
  }
  return isCount(instances, 0, Number.MAX_SAFE_INTEGER)
    ? Either.right(perInstance * instances)
    : Either.left("InitialInstanceCount of the emulated endpoint is invalid: expected an integer of at least 0")
}

/** The configuration of an endpoint, or what is invalid. */
export const asyncConfiguration = (
  name: string,
  options: EmulatorEndpointOptions = {}
): Either.Either<AsyncConfiguration, string> =>
  Either.gen(function*() {
    const output = options.AsyncInferenceConfig?.OutputConfig
    return {
      outputPath: yield* pathOf("S3OutputPath", output?.S3OutputPath, `s3://emulator/${name}/output`),
      failurePath: yield* pathOf("S3FailurePath", output?.S3FailurePath, `s3://emulator/${name}/failure`),
      capacity: yield* capacityOf(options),
      notification: output?.NotificationConfig ?? {}
    }
  })
