/** Reads the limits of a framing, which callers pass. */
import type { FramingLimits } from "../../Framing.ts"

/** The limit, `undefined` if it is omitted, `NaN` if it is not a number or cannot be read. */
export const readMaxLineBytes = (limits: FramingLimits | undefined): number | undefined => {
  try {
    const value: unknown = limits?.maxLineBytes ?? undefined
    return value === undefined || typeof value === "number" ? value : Number.NaN
  } catch {
    return Number.NaN
  }
}
