/** The source of the credentials. Their values are never part of a finding. */
import { Credentials } from "effect-sagemaker-runtime"
import { NodeCredentials } from "effect-sagemaker-runtime/node"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import process from "node:process"
import { failed, type Finding, ok, warning } from "./findings.ts"

const check = "credentials"

const isSet = (name: string): boolean => (process.env[name] ?? "") !== ""

/** The sources of the default chain, in its order, with their names. */
const sourcesOf = (profile: string | undefined) => {
  const named = profile ?? process.env["AWS_PROFILE"]
  return [
    ...(named === undefined || named === ""
      ? [["environment variables", NodeCredentials.layerEnvironment] as const]
      : []),
    [`profile ${named ?? "default"}`, NodeCredentials.layerProfile({ profile })] as const,
    ...(isSet("AWS_WEB_IDENTITY_TOKEN_FILE")
      ? [["web identity token", NodeCredentials.layerWebIdentity()] as const]
      : []),
    isSet("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI") || isSet("AWS_CONTAINER_CREDENTIALS_FULL_URI")
      ? ["role of the ECS task or EKS pod", NodeCredentials.layerContainer] as const
      : ["role of the EC2 instance", NodeCredentials.layerInstanceMetadata] as const
  ]
}

const load = Effect.flatMap(Credentials.Credentials, ({ get }) => get).pipe(
  Effect.timeout("15 seconds")
)

const describe = (source: string, { expiration }: Credentials.AwsCredentials): Effect.Effect<Finding> =>
  Effect.map(Clock.currentTimeMillis, (now) => {
    if (expiration === undefined) {
      return ok(check, `${source}; they do not expire`)
    }
    const minutes = Math.floor((expiration.getTime() - now) / 60_000)
    const left = minutes === 1 ? "1 minute" : `${Math.max(0, minutes)} minutes`
    return (minutes < 5 ? warning : ok)(check, `${source}; they expire in ${left}`)
  })

/** Loads the credentials, and finds their source. */
export const credentials = (profile: string | undefined) =>
  Effect.gen(function*() {
    const loaded = yield* Effect.either(load)
    if (loaded._tag === "Left") {
      return failed(check, loaded.left)
    }
    for (const [source, layer] of sourcesOf(profile)) {
      if ((yield* Effect.option(Effect.provide(load, layer)))._tag === "Some") {
        return yield* describe(source, loaded.right)
      }
    }
    return yield* describe("another source", loaded.right)
  })
