/** The endpoint of a call, for telemetry. */
import * as Either from "effect/Either"
import * as Predicate from "effect/Predicate"
import { guardReads } from "../operation/readMembers.ts"

/** The member `EndpointName` of an input. `undefined` if the input has none, or if it cannot be read. */
export const endpointNameOf = (input: unknown): string | undefined =>
  Either.getOrUndefined(guardReads("EndpointName", () => {
    const name = Predicate.isRecord(input) ? input["EndpointName"] : undefined
    return typeof name === "string" ? name : undefined
  }))
