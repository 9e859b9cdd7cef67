/** Properties are checked on the same values in every run; `SEED=random`, or a number, has them checked on others. */
import { FastCheck } from "effect"

const seed = process.env["SEED"] ?? "20170513"

if (seed !== "random") {
  FastCheck.configureGlobal({ seed: Number(seed) })
}
