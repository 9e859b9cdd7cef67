/** The URL and the limits of a container. */
import * as Effect from "effect/Effect"
import { positiveDurationMillis } from "../../../internal/config/duration.ts"
import { invalidSetting } from "../../../internal/config/invalidSetting.ts"
import type { ConfigurationError } from "../../../SageMakerError.ts"
import type { EmulatorContainerOptions } from "../../Emulator.ts"

/** The checked settings of a container. */
export interface ContainerSettings {
  /** The URL of the container without a slash at its end. */
  readonly url: string
  readonly invocationMillis: number
  readonly streamMillis: number
  readonly maxResponseBytes: number
}

const defaultInvocationTimeout = "60 seconds"
const defaultStreamTimeout = "8 minutes"
const defaultMaxResponseBytes = 26_214_400

const expectedUrl = "an http or https URL without a user name, query or fragment, such as http://127.0.0.1:8080"

const isPlain = ({ hash, password, protocol, search, username }: URL): boolean =>
  (protocol === "http:" || protocol === "https:") && `${username}${password}${search}${hash}` === ""

/** The URL of a container without a slash at its end; `undefined` if it is invalid. */
export const plainUrl = (url: string): string | undefined => {
  const parsed = URL.canParse(url) ? new URL(url) : undefined
  return parsed !== undefined && isPlain(parsed) ? parsed.href.replace(/\/+$/, "") : undefined
}

const baseUrl = (url: string): Effect.Effect<string, ConfigurationError> =>
  Effect.mapError(Effect.fromNullable(plainUrl(url)), () => invalidSetting("url", expectedUrl))

const byteLimit = (value: number): Effect.Effect<number, ConfigurationError> =>
  Number.isSafeInteger(value) && value >= 0
    ? Effect.succeed(value)
    : Effect.fail(invalidSetting("maxResponseBytes", "a number of bytes"))

/** Checks the URL and the options. */
export const containerSettings = (
  url: string,
  { invocationTimeout, maxResponseBytes, streamTimeout }: EmulatorContainerOptions
): Effect.Effect<ContainerSettings, ConfigurationError> =>
  Effect.all({
    url: baseUrl(url),
    invocationMillis: positiveDurationMillis("invocationTimeout", invocationTimeout ?? defaultInvocationTimeout),
    streamMillis: positiveDurationMillis("streamTimeout", streamTimeout ?? defaultStreamTimeout),
    maxResponseBytes: byteLimit(maxResponseBytes ?? defaultMaxResponseBytes)
  })
