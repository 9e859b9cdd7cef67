/**
 * Property tests use the same values in every run; set `SEED` to a number or to `random` for other values. They run 10
 * times unless a test sets another number; set `PROPERTY_RUNS` for more.
 */
import { FastCheck } from "effect"

const seed = process.env["SEED"] ?? "20170513"
const numRuns = Number(process.env["PROPERTY_RUNS"] ?? 10)

FastCheck.configureGlobal(seed === "random" ? { numRuns } : { numRuns, seed: Number(seed) })
