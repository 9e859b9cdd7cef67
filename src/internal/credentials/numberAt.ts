/** Reads numbers from the errors of credential providers. */
import * as Predicate from "effect/Predicate"

/** The number at a property path of an unknown value, or `undefined`. */
export const numberAt = (value: unknown, ...path: ReadonlyArray<string>): number | undefined => {
  const found = path.reduce<unknown>(
    (parent, key) => (Predicate.hasProperty(parent, key) ? parent[key] : undefined),
    value
  )
  return typeof found === "number" ? found : undefined
}
