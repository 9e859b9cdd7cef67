/** Reads settings from environment variables and from sections of the shared AWS configuration files. */
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { ConfigurationError } from "../../../SageMakerError.ts"

/** A setting's value, with the name and the source it was read from. */
export interface ConfigValue<A> {
  readonly value: A
  readonly setting: string
  readonly source: string
}

/** The lookup of a setting. Its result is `undefined` if the source does not have the setting. */
export type ConfigLookup<A> = Effect.Effect<ConfigValue<A> | undefined, ConfigurationError>

/** Parses the text of a setting; `problem` is the error message if `parse` returns `undefined`. */
export interface ConfigFormat<A> {
  readonly parse: (text: string) => A | undefined
  readonly problem: string
}

export const string: ConfigFormat<string> = { parse: (text) => text, problem: "must be a string" }

const parseBoolean = (text: string): boolean | undefined => {
  const lowerCase = text.toLowerCase()
  return lowerCase === "true" || lowerCase === "false" ? lowerCase === "true" : undefined
}

export const boolean: ConfigFormat<boolean> = { parse: parseBoolean, problem: "must be true or false" }

export const positiveInteger: ConfigFormat<number> = {
  parse: (text) => /^[0-9]{1,9}$/.test(text) && Number(text) > 0 ? Number(text) : undefined,
  problem: "must be an integer between 1 and 999999999"
}

export const literal = <const A extends string>(...values: ReadonlyArray<A>): ConfigFormat<A> => ({
  parse: (text) => values.find((value) => value === text.toLowerCase()),
  problem: `must be one of ${values.join(", ")}`
})

/** AWS's SDKs treat an empty setting as unset. */
const parseSetting = <A>(
  { parse, problem }: ConfigFormat<A>,
  text: string | undefined,
  setting: string,
  source: string
): ConfigLookup<A> => {
  const trimmed = text?.trim()
  if (trimmed === undefined || trimmed === "") {
    return Effect.succeed(undefined)
  }
  const value = parse(trimmed)
  return value === undefined
    ? Effect.fail(new ConfigurationError({ setting, source, problem }))
    : Effect.succeed({ value, setting, source })
}

/** Reads an environment variable through the `ConfigProvider`, which throws on Deno without the permission `env`. */
export const fromEnvironment = <A>(variable: string, format: ConfigFormat<A>): ConfigLookup<A> => {
  const unreadable = () =>
    Effect.fail(
      new ConfigurationError({
        setting: variable,
        source: "environment",
        problem: "could not be read as a string from the ConfigProvider"
      })
    )
  return Config.option(Config.string(variable)).pipe(
    Effect.catchAll(unreadable),
    Effect.catchAllDefect(unreadable),
    Effect.flatMap((text) => parseSetting(format, Option.getOrUndefined(text), variable, "environment"))
  )
}

/** Reads a key of a section of the shared configuration files. */
export const fromSection = <A>(
  section: { readonly [key: string]: string },
  key: string,
  source: string,
  format: ConfigFormat<A>
): ConfigLookup<A> => parseSetting(format, Object.hasOwn(section, key) ? section[key] : undefined, key, source)

/** Runs the lookups in order until one finds a value. */
export const firstDefined = <A>(...lookups: ReadonlyArray<ConfigLookup<A>>): ConfigLookup<A> =>
  lookups.reduce((previous, lookup) =>
    Effect.flatMap(previous, (found) => (found === undefined ? lookup : Effect.succeed(found)))
  )
