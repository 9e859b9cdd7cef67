import { Effect } from "effect"
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"

setFlagsFromString("--expose-gc")
const collect = runInNewContext("gc") as () => void

/** The bytes of memory in use after a garbage collection. */
export const memoryInUse: Effect.Effect<number> = Effect.sync(collect).pipe(
  Effect.zipRight(Effect.sleep("20 millis")),
  Effect.repeatN(4),
  Effect.map(() => {
    const { arrayBuffers, heapUsed } = process.memoryUsage()
    return heapUsed + arrayBuffers
  })
)
