/** Checks the options of `Telemetry.metrics`. */
import * as Effect from "effect/Effect"
import * as MetricLabel from "effect/MetricLabel"
import * as Predicate from "effect/Predicate"
import type { ConfigurationError } from "../../../SageMakerError.ts"
import type { DimensionOptions, MetricsCall, MetricsOptions } from "../../../Telemetry.ts"
import { readSettings } from "../../client/settings.ts"
import { invalidSetting } from "../../config/invalidSetting.ts"
import { catalog, type DimensionName, dimensionNames, type MetricName } from "./catalog.ts"

type Labels = ReadonlyArray<MetricLabel.MetricLabel>

/** The checked options. */
export interface MetricsSettings {
  /** The name of a metric. `undefined` if it is dropped. */
  readonly nameOf: (metric: MetricName) => string | undefined
  /** The name of a dimension. `undefined` if it is dropped. */
  readonly dimensionOf: (dimension: DimensionName) => string | undefined
  /** Dimensions of every metric. */
  readonly constant: Labels
  /** Further dimensions of the metrics of a call. */
  readonly ofCall: (call: MetricsCall) => Labels
  readonly maxEndpoints: number
}

const defaultMaxEndpoints = 1_000

const setting = "Telemetry.metrics"

/** The form of names in OpenTelemetry. */
const nameForm = /^[a-zA-Z][a-zA-Z0-9_./-]{0,254}$/

const nameRule = "a letter, then letters, digits, \"_\", \".\", \"/\" and \"-\", at most 255 characters"

const isName = (value: unknown): value is string => typeof value === "string" && nameForm.test(value)

const metricNames: ReadonlySet<string> = new Set(Object.keys(catalog))

const knownDimensions: ReadonlySet<string> = new Set(dimensionNames)

interface Names {
  readonly known: ReadonlySet<string>
  readonly prefix: string
  readonly rename: { readonly [name: string]: string | undefined }
  readonly drop: ReadonlyArray<string>
  /** The name of the options, for error messages. */
  readonly path: string
}

const hasRepeatedValues = (values: ReadonlyArray<string>): boolean => new Set(values).size < values.length

/** Checks the renamed and dropped names. Returns the function from a name to its replacement. */
const checkNames = (
  { drop, known, path, prefix, rename }: Names
): Effect.Effect<(name: string) => string | undefined, ConfigurationError> => {
  if (!Array.isArray(drop) || !drop.every((name) => known.has(name))) {
    return Effect.fail(invalidSetting(`${path}.drop`, `a list of ${[...known].join(", ")}`))
  }
  if (!Predicate.isRecord(rename) || !Object.keys(rename).every((name) => known.has(name))) {
    return Effect.fail(invalidSetting(`${path}.rename`, `an object with the members ${[...known].join(", ")}`))
  }
  const nameOf = (name: string) => drop.includes(name) ? undefined : rename[name] ?? prefix + name
  const names = [...known].flatMap((name) => nameOf(name) ?? [])
  if (!names.every(isName)) {
    return Effect.fail(invalidSetting(`${path}.rename`, `names of ${nameRule}`))
  }
  return hasRepeatedValues(names)
    ? Effect.fail(invalidSetting(`${path}.rename`, "different names"))
    : Effect.succeed(nameOf)
}

const isLabel = (entry: [string, unknown]): entry is [string, string] =>
  isName(entry[0]) && typeof entry[1] === "string"

const toLabel = ([name, value]: readonly [string, string]): MetricLabel.MetricLabel => MetricLabel.make(name, value)

const checkConstant = (constant: unknown): Effect.Effect<Labels, ConfigurationError> => {
  const entries = Predicate.isRecord(constant) ? Object.entries(constant) : undefined
  const labels = entries?.filter(isLabel)
  return labels !== undefined && labels.length === entries?.length
    ? Effect.succeed(labels.map(toLabel))
    : Effect.fail(invalidSetting(`${setting}.dimensions.constant`, "an object of strings, whose members are names"))
}

/** The labels of a call. The program's function can throw, and can return values that are no strings. */
const labelsOf = (ofCall: NonNullable<DimensionOptions["ofCall"]>) => (call: MetricsCall): Labels => {
  try {
    return Object.entries(ofCall(call)).filter(isLabel).map(toLabel)
  } catch {
    return []
  }
}

const checkDimensions = (given: DimensionOptions | undefined) =>
  Effect.gen(function*() {
    const path = `${setting}.dimensions`
    const { constant = {}, drop = [], ofCall, rename = {} } = yield* readSettings(given, path)
    if (ofCall !== undefined && typeof ofCall !== "function") {
      return yield* invalidSetting(`${path}.ofCall`, "a function")
    }
    return {
      dimensionOf: yield* checkNames({ known: knownDimensions, prefix: "", rename, drop, path }),
      constant: yield* checkConstant(constant),
      ofCall: ofCall === undefined ? () => [] : labelsOf(ofCall)
    }
  })

/** Checks the options. */
export const checkOptions = (given: MetricsOptions): Effect.Effect<MetricsSettings, ConfigurationError> =>
  Effect.gen(function*() {
    const options = yield* readSettings(given, setting)
    const { drop = [], maxEndpoints = defaultMaxEndpoints, prefix = "", rename = {} } = options
    if (!Number.isSafeInteger(maxEndpoints) || maxEndpoints < 1) {
      return yield* invalidSetting(`${setting}.maxEndpoints`, "an integer of at least 1")
    }
    if (prefix !== "" && !isName(prefix)) {
      return yield* invalidSetting(`${setting}.prefix`, nameRule)
    }
    const nameOf = yield* checkNames({ known: metricNames, prefix, rename, drop, path: setting })
    return { nameOf, maxEndpoints, ...yield* checkDimensions(options.dimensions) }
  })
