/** AWS's shared configuration: `~/.aws/config`, `~/.aws/credentials` and the profile in use. */
import * as Effect from "effect/Effect"
import { ConfigurationError } from "../../../SageMakerError.ts"
import { anyText, fromEnvironment } from "./sources.ts"

/** A section of the shared configuration. */
type Section = { readonly [key: string]: string }

/** Where the files are, and the profile in use; `undefined` where nothing says so. */
export interface Location {
  readonly profile: string | undefined
  readonly configFilepath: string | undefined
  readonly filepath: string | undefined
}

/** What the files say. */
export interface SharedConfig {
  /** How messages name the profile. */
  readonly source: string
  /** The profile; where both files have a key, the config file's holds. */
  readonly profile: Section
  /** The profile's region, where the credentials file's holds, as AWS's SDKs have it. */
  readonly region: Section
  /** This service's part of the `services` section the profile names. */
  readonly service: Section
}

/** Reads where the files are from the environment; a profile given in code wins. */
export const locate = (profile: string | undefined): Effect.Effect<Location, ConfigurationError> =>
  Effect.map(
    Effect.all([
      fromEnvironment("AWS_PROFILE", anyText),
      fromEnvironment("AWS_CONFIG_FILE", anyText),
      fromEnvironment("AWS_SHARED_CREDENTIALS_FILE", anyText)
    ]),
    ([fromEnv, configFile, credentialsFile]) => ({
      profile: profile ?? fromEnv?.value,
      configFilepath: configFile?.value,
      filepath: credentialsFile?.value
    })
  )

/** A location as AWS's packages want it, all of it said, so that they do not look in the process's environment. */
export const asInit = ({ configFilepath, filepath, profile }: Location) => ({
  profile: profile ?? "default",
  configFilepath: configFilepath ?? "~/.aws/config",
  filepath: filepath ?? "~/.aws/credentials",
  ignoreCache: true
})

const section = (file: { readonly [name: string]: { readonly [key: string]: string | undefined } }, name: string) =>
  (Object.hasOwn(file, name) ? file[name] ?? {} : {}) as Section

const subsection = (services: Section, name: string): Section =>
  Object.fromEntries(
    Object.entries(services).flatMap(([key, value]) =>
      key.startsWith(`${name}.`) ? [[key.slice(name.length + 1), value]] : []
    )
  )

/** Reads the files; one that is missing or unreadable says nothing, but a profile given in code has to be in one. */
export const load = (profile: string | undefined): Effect.Effect<SharedConfig, ConfigurationError> =>
  Effect.gen(function*() {
    const location = yield* locate(profile)
    const { loadSharedConfigFiles } = yield* Effect.promise(() => import("@smithy/core/config"))
    const { configFile, credentialsFile } = yield* Effect.orElseSucceed(
      Effect.tryPromise(() => loadSharedConfigFiles(asInit(location))),
      () => ({ configFile: {}, credentialsFile: {} })
    )
    const name = location.profile ?? "default"
    if (profile !== undefined && !Object.hasOwn(configFile, name) && !Object.hasOwn(credentialsFile, name)) {
      return yield* new ConfigurationError({
        setting: "profile",
        problem: "is in no shared config or credentials file"
      })
    }
    const fromConfig = section(configFile, name)
    const fromCredentials = section(credentialsFile, name)
    const merged = { ...fromCredentials, ...fromConfig }
    return {
      source: `profile ${name}`,
      profile: merged,
      region: { ...fromConfig, ...fromCredentials },
      service: merged["services"] === undefined
        ? {}
        : subsection(section(configFile, `services.${merged["services"]}`), "sagemaker_runtime")
    }
  })
