/** Runs steps of a signature, which are synchronous or return a promise. */
import * as Effect from "effect/Effect"
import type { Awaitable } from "../../protocol/bytes/sha256.ts"
import { SigningError } from "../../SageMakerError.ts"

export const signingError = () =>
  new SigningError({
    message: "Could not sign the request: expected an absolute URL and a body of bytes"
  })

/** The result of a signature. A thrown error or a rejection is `SigningError`, without its text. */
export const signingEffect = <A>(compute: () => Awaitable<A>): Effect.Effect<A, SigningError> => {
  try {
    const computed = compute()
    return computed instanceof Promise
      ? Effect.tryPromise({ try: () => computed, catch: signingError })
      : Effect.succeed(computed)
  } catch {
    return Effect.fail(signingError())
  }
}
