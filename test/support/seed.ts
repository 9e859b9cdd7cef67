/** Property tests use the same values in every run; set `SEED` to a number or to `random` for other values. */
import { FastCheck } from "effect"

const seed = process.env["SEED"] ?? "20170513"

if (seed !== "random") {
  FastCheck.configureGlobal({ seed: Number(seed) })
}
