/** Reads the shared AWS configuration files, `~/.aws/config` and `~/.aws/credentials`. */
import * as Effect from "effect/Effect"
import { devNull, homedir } from "node:os"
import { join } from "node:path"
import { ConfigurationError } from "../../../SageMakerError.ts"
import { checkRegularFile, isMissing } from "./regularFile.ts"
import { fromEnvironment, string } from "./sources.ts"

/** The keys and values of one section of a file. */
type Section = { readonly [key: string]: string }

/** The profile name and the file paths; `undefined` means AWS's default. */
export interface SharedConfigLocation {
  readonly profile: string | undefined
  readonly configFilepath: string | undefined
  readonly filepath: string | undefined
}

/** The parts of the shared configuration files that the client reads. */
export interface SharedConfig {
  /** The name of the profile in error messages. */
  readonly source: string
  /** The profile's settings; the config file takes precedence over the credentials file. */
  readonly profile: Section
  /** The profile's settings for reading `region`, where AWS's SDKs give the credentials file precedence. */
  readonly region: Section
  /** The `sagemaker_runtime` settings of the `services` section that the profile names. */
  readonly service: Section
  /** The `sagemaker_runtime_http2` settings of that section. */
  readonly http2Service: Section
}

/** In bytes. */
const maxFileBytes = 16 * 1024 * 1024

/** Not `~`, which some of AWS's providers do not expand. On Deno without the permission `sys` there is no file. */
const defaultFile = (name: string): string => {
  try {
    return join(homedir(), ".aws", name)
  } catch {
    return devNull
  }
}

/** The file of a variable, else AWS's default file. A missing file is allowed. */
const fileFromEnvironment = (variable: string, defaultName: string) =>
  Effect.tap(fromEnvironment(variable, string), (file) =>
    Effect.tryPromise({
      try: () => checkRegularFile(file?.value ?? defaultFile(defaultName), maxFileBytes),
      catch: () =>
        new ConfigurationError({
          setting: file === undefined ? `~/.aws/${defaultName}` : variable,
          source: file?.source,
          problem: "must be the path of a regular file of at most 16 MiB"
        })
    }))

/** Reads the profile name and the file paths from the environment; `profile` overrides `AWS_PROFILE`. */
export const locate = (profile: string | undefined): Effect.Effect<SharedConfigLocation, ConfigurationError> =>
  Effect.map(
    Effect.all([
      fromEnvironment("AWS_PROFILE", string),
      fileFromEnvironment("AWS_CONFIG_FILE", "config"),
      fileFromEnvironment("AWS_SHARED_CREDENTIALS_FILE", "credentials")
    ]),
    ([fromEnv, configFile, credentialsFile]) => ({
      profile: profile ?? fromEnv?.value,
      configFilepath: configFile?.value,
      filepath: credentialsFile?.value
    })
  )

/** Sets every option, because AWS's packages read `process.env` for an option that is not set. */
export const toProviderInit = ({ configFilepath, filepath, profile }: SharedConfigLocation) => ({
  profile: profile ?? "default",
  configFilepath: configFilepath ?? defaultFile("config"),
  filepath: filepath ?? defaultFile("credentials"),
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

const noFiles = { configFile: {}, credentialsFile: {} }

/** AWS's parser is loaded only if there is a file to parse. On Lambda there is none. */
const readFiles = async (location: SharedConfigLocation) => {
  const init = toProviderInit(location)
  const areMissing = await Promise.all([init.configFilepath, init.filepath].map(isMissing))
  if (!areMissing.includes(false)) {
    return noFiles
  }
  const { loadSharedConfigFiles } = await import("@smithy/core/config")
  return loadSharedConfigFiles(init)
}

/** Reads the files. A missing or unreadable file counts as empty. A profile that is set in code must exist. */
export const load = (profile: string | undefined): Effect.Effect<SharedConfig, ConfigurationError> =>
  Effect.gen(function*() {
    const location = yield* locate(profile)
    const { configFile, credentialsFile } = yield* Effect.orElseSucceed(
      Effect.tryPromise(() => readFiles(location)),
      () => noFiles
    )
    const name = location.profile ?? "default"
    if (profile !== undefined && !Object.hasOwn(configFile, name) && !Object.hasOwn(credentialsFile, name)) {
      return yield* new ConfigurationError({
        setting: "profile",
        problem:
          `${
            JSON.stringify(profile.slice(0, 128))
          } was not found in the shared config and credentials files: check its name, AWS_CONFIG_FILE and ` +
          "AWS_SHARED_CREDENTIALS_FILE"
      })
    }
    const fromConfig = section(configFile, name)
    const fromCredentials = section(credentialsFile, name)
    const merged = { ...fromCredentials, ...fromConfig }
    const services = merged["services"] === undefined ? {} : section(configFile, `services.${merged["services"]}`)
    return {
      source: `profile ${name}`,
      profile: merged,
      region: { ...fromConfig, ...fromCredentials },
      service: subsection(services, "sagemaker_runtime"),
      http2Service: subsection(services, "sagemaker_runtime_http2")
    }
  })
