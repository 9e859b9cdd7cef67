/**
 * Runs the code of a callback that a promise, an event emitter or an HTTP client calls.
 *
 * Nobody catches what such a callback throws: it would end the process or leave the call waiting. `onThrow` receives it.
 */
export const guard = (run: () => void, onThrow: (cause: unknown) => void): void => {
  try {
    run()
  } catch (cause) {
    onThrow(cause)
  }
}
