/** The retry quota of a client. */
import * as Effect from "effect/Effect"
import * as retry from "../../protocol/retry/retry.ts"
import type { RetryQuota, SendRate } from "../../RetryPolicy.ts"

/** Makes a retry quota. `onChange` receives the tokens that are left, at first and after each change. */
export const makeQuota = (tokens: number = retry.quotaSize, onChange?: (tokens: number) => void): RetryQuota => {
  let available = tokens
  let rate: SendRate | undefined
  const set = (left: number): void => {
    if (left !== available) {
      available = left
      onChange?.(left)
    }
  }
  onChange?.(available)
  return {
    tokens: Effect.sync(() => available),
    withdraw: (amount) =>
      Effect.sync(() => {
        const [granted, rest] = retry.withdraw(available, amount)
        set(rest)
        return granted
      }),
    refund: (lastCost) => Effect.sync(() => set(retry.refund(available, lastCost))),
    sendRate: (make) => rate ??= make()
  }
}
