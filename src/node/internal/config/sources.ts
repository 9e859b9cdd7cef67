/** Where a setting is looked for after code: the environment, then the profile. */
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { ConfigurationError } from "../../../SageMakerError.ts"

/** A value, and the name and place it was found under. */
export interface ConfigValue<A> {
  readonly value: A
  readonly setting: string
  readonly source: string
}

/** How text becomes a value; `problem` says what is wrong with text that does not. */
export interface ConfigFormat<A> {
  readonly parse: (text: string) => A | undefined
  readonly problem: string
}

export const anyText: ConfigFormat<string> = { parse: (text) => text, problem: "is not text" }

export const boolean: ConfigFormat<boolean> = {
  parse: (text) => (/^true$/i.test(text) ? true : /^false$/i.test(text) ? false : undefined),
  problem: "is neither true nor false"
}

export const positiveInteger: ConfigFormat<number> = {
  parse: (text) => /^[0-9]{1,9}$/.test(text) && Number(text) > 0 ? Number(text) : undefined,
  problem: "is not a whole number of at least 1"
}

export const oneOf = <const A extends string>(...values: ReadonlyArray<A>): ConfigFormat<A> => ({
  parse: (text) => values.find((value) => value === text.toLowerCase()),
  problem: `is none of ${values.join(", ")}`
})

const parsed = <A>(
  { parse, problem }: ConfigFormat<A>,
  value: string | undefined,
  setting: string,
  source: string
): Effect.Effect<ConfigValue<A> | undefined, ConfigurationError> => {
  const trimmed = value?.trim()
  if (trimmed === undefined || trimmed === "") {
    return Effect.succeed(undefined)
  }
  const found = parse(trimmed)
  return found === undefined
    ? Effect.fail(new ConfigurationError({ setting, source, problem }))
    : Effect.succeed({ value: found, setting, source })
}

/** The value of a variable of the environment, read through the `ConfigProvider`; an empty one is none. */
export const fromEnvironment = <A>(
  variable: string,
  format: ConfigFormat<A>
): Effect.Effect<ConfigValue<A> | undefined, ConfigurationError> =>
  Effect.flatMap(
    Effect.mapError(
      Config.option(Config.string(variable)),
      () => new ConfigurationError({ setting: variable, source: "environment", problem: "cannot be read" })
    ),
    (value) => parsed(format, Option.getOrUndefined(value), variable, "environment")
  )

/** The value of a key of a section of the shared configuration. */
export const fromSection = <A>(
  section: { readonly [key: string]: string },
  key: string,
  source: string,
  format: ConfigFormat<A>
): Effect.Effect<ConfigValue<A> | undefined, ConfigurationError> =>
  parsed(format, Object.hasOwn(section, key) ? section[key] : undefined, key, source)

/** The first place that has a value. */
export const firstOf = <A>(
  ...places: ReadonlyArray<Effect.Effect<ConfigValue<A> | undefined, ConfigurationError>>
): Effect.Effect<ConfigValue<A> | undefined, ConfigurationError> =>
  places.reduce((before, place) =>
    Effect.flatMap(before, (found) => (found === undefined ? place : Effect.succeed(found)))
  )
