import { assert } from "vitest"

/** The error of a promise that must reject. */
export const failureOf = (promise: PromiseLike<unknown>): Promise<unknown> =>
  Promise.resolve(promise).then(
    () => assert.fail("the promise resolved"),
    (error: unknown) => error
  )
