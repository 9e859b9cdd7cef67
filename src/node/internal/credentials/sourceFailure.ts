/** Maps the error of an AWS credential provider to `CredentialsError`, without its text, which can contain secrets. */
import * as Predicate from "effect/Predicate"
import { numberAt } from "../../../internal/credentials/numberAt.ts"
import { CredentialsError } from "../../../SageMakerError.ts"

/** Why a source returned no credentials. */
export interface SourceFailure {
  readonly source: string
  /** `true` if the source is not configured. Then the next source is tried. */
  readonly tryNextSource: boolean
  readonly reason: string | undefined
  readonly advice: string
  readonly status: number | undefined
  readonly exitCode: number | undefined
}

interface KnownFailure {
  readonly pattern: RegExp
  readonly reason: string
  readonly advice?: string
}

const noResponse = "no response"

/** AWS's providers have no error codes for these failures, so their text is matched. */
const knownFailures: ReadonlyArray<KnownFailure> = [
  {
    pattern: /sso session|sso token|aws sso login|UnauthorizedException/i,
    reason: "the SSO session is missing or expired",
    advice: "Run aws sso login."
  },
  {
    pattern: /aws login|re-?authenticate|load token from/i,
    reason: "the login session is missing or expired",
    advice: "Run aws login."
  },
  {
    pattern: /multi-factor/i,
    reason: "the profile requires a multi-factor authentication code, which cannot be entered here",
    advice: "Use a profile without mfa_serial, or temporary credentials."
  },
  {
    pattern: /cycle attempting/i,
    reason: "the source_profile settings form a cycle",
    advice: "Check source_profile in the shared config file."
  },
  {
    pattern: /returned expired credentials/i,
    reason: "credential_process returned expired credentials",
    advice: "Check the command in the shared config file."
  },
  {
    pattern: /returned invalid (JSON|credentials)|did not return Version 1/i,
    reason: "credential_process did not print valid credentials",
    advice: "Check that the command prints JSON with Version 1."
  },
  {
    pattern: /Command failed/,
    reason: "credential_process failed",
    advice: "Run the command in a terminal to see its error."
  },
  {
    pattern: /ENOENT|EACCES/,
    reason: "a configured file could not be read",
    advice: "Check the file's path and permissions."
  },
  {
    pattern: /AccessDenied/,
    reason: "access was denied",
    advice: "Check the IAM permissions and the role's trust policy."
  },
  {
    pattern: /plain http/,
    reason: "its URL uses plain http, and its host is not a loopback address",
    advice: "Use https in AWS_ENDPOINT_URL, AWS_ENDPOINT_URL_STS and endpoint_url."
  },
  {
    pattern: /must be a regular file/,
    reason: "a token file is not a regular file, or is larger than 64 KiB",
    advice: "Check the path of the token file."
  },
  {
    pattern: /Dynamic require of/,
    reason: "the bundle cannot load AWS's package",
    advice: "Bundle ES modules with esbuild's option --main-fields=module,main, or bundle as CommonJS."
  },
  { pattern: /metadata service|TimeoutError|timed? ?out/i, reason: noResponse }
]

const textOf = (error: unknown): string =>
  Predicate.hasProperty(error, "message")
    ? `${String(Predicate.hasProperty(error, "name") ? error.name : "")} ${String(error.message)}`
    : ""

const statusOf = (error: unknown): number | undefined => {
  const match = /responded with status: ([1-5][0-9]{2})\b/.exec(textOf(error))
  return numberAt(error, "$metadata", "httpStatusCode") ?? numberAt(error, "statusCode") ??
    (match === null ? undefined : Number(match[1]))
}

const exitCodeOf = (error: unknown): number | undefined => {
  const match = /^\S* ?Command failed with exit code ([0-9]{1,9})$/.exec(textOf(error))
  return match === null ? undefined : Number(match[1])
}

const missingProfile = /Could not resolve credentials using profile|could not be found in shared credentials file/

/** `errorStatus` is the status of the last HTTP response, used if the error has none. */
export const toSourceFailure = (
  source: { readonly name: string; readonly advice: string },
  error: unknown,
  profile: string | undefined,
  errorStatus: number | undefined
): SourceFailure => {
  const text = textOf(error)
  const known = knownFailures.find(({ pattern }) => pattern.test(text))
  return {
    source: source.name,
    tryNextSource: Predicate.hasProperty(error, "tryNextLink") && error.tryNextLink === true,
    reason: profile !== undefined && missingProfile.test(text)
      ? `the profile ${JSON.stringify(profile.slice(0, 128))} does not exist or has no credentials`
      : known?.reason,
    advice: known?.advice ?? source.advice,
    status: statusOf(error) ?? errorStatus,
    exitCode: exitCodeOf(error)
  }
}

const reasonOf = ({ reason, status }: SourceFailure): string =>
  [reason === noResponse && status !== undefined ? undefined : reason, status && `status ${status}`]
    .filter((part) => part !== undefined).join(", ")

const describe = (failure: SourceFailure): string => {
  const reason = reasonOf(failure)
  return reason === "" ? failure.source : `${failure.source} (${reason})`
}

const messageOf = (failures: ReadonlyArray<SourceFailure>): string => {
  const last = failures.at(-1)
  if (last === undefined) {
    return "No credentials were found: no source is configured."
  }
  if (last.tryNextSource && failures.length > 1) {
    return `No credentials were found. Sources tried: ${failures.map(describe).join(", ")}. ` +
      "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or configure an AWS profile."
  }
  const reason = reasonOf(last)
  return `The source "${last.source}" returned no credentials${reason === "" ? "" : `: ${reason}`}. ${last.advice}`
}

/** The error of a chain whose sources all failed, or whose last source ended the search. */
export const toCredentialsError = (failures: ReadonlyArray<SourceFailure>): CredentialsError => {
  const { exitCode, status } = failures.at(-1) ?? {}
  return new CredentialsError({
    message: messageOf(failures),
    sources: failures.map(({ source }) => source),
    ...(status !== undefined && { status }),
    ...(exitCode !== undefined && { exitCode })
  })
}
