/** What must hold after each fuzzed call. */
import { Cause, Effect, Exit, Option } from "effect"
import { inspect } from "node:util"
import { canaries } from "./canaries.ts"

const secrets = Object.values(canaries)

const printed = (cause: Cause.Cause<unknown>): string =>
  [...Cause.failures(cause), ...Cause.defects(cause)].map((error) =>
    [
      String(error),
      JSON.stringify(error),
      inspect(error, { showHidden: true, getters: true, customInspect: false, showProxy: true, depth: 8 }),
      error instanceof Error ? error.stack : ""
    ].join("\n")
  ).concat(Cause.pretty(cause, { renderErrorCause: true })).join("\n")

/** The violated claim, if any. A call ends with a value or with one typed failure, which prints no secret. */
export const violation = (exit: Exit.Exit<unknown, { readonly _tag: string }>): string | undefined => {
  if (Exit.isSuccess(exit)) {
    return undefined
  }
  const { cause } = exit
  if (Option.isNone(Cause.failureOption(cause)) || Cause.isDie(cause)) {
    return `no typed failure: ${Cause.pretty(cause)}`
  }
  const text = printed(cause).toLowerCase()
  const leaked = secrets.find((secret) => text.includes(secret))
  return leaked === undefined ? undefined : `printed a secret: ${text.slice(0, 600)}`
}

const maxBlockMillis = 50
const tickMillis = 5

/**
 * Runs an effect and returns the longest time in milliseconds in which the event loop was blocked by work.
 *
 * Time in which the process used no processor does not count, because another process may have used it.
 */
export const longestBlock = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.suspend(() => {
    let longest = 0
    let last = performance.now()
    let lastCpu = process.cpuUsage()
    const timer = setInterval(() => {
      const now = performance.now()
      const { system, user } = process.cpuUsage(lastCpu)
      longest = Math.max(longest, Math.min(now - last - tickMillis, (user + system) / 1_000))
      last = now
      lastCpu = process.cpuUsage()
    }, tickMillis)
    return Effect.map(
      Effect.ensuring(effect, Effect.sync(() => clearInterval(timer))),
      (value) => ({ value, longest })
    )
  })

export const isBlocked = (millis: number): boolean => millis > maxBlockMillis
