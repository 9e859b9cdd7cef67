/** The parts of the user agent that describe the JavaScript runtime. */
export interface RuntimeParts {
  readonly platform: ReadonlyArray<string>
  readonly execution: ReadonlyArray<string>
}

/** The default for runtimes that have no implementation of their own. */
export const runtimeParts = (): RuntimeParts => ({ platform: ["lang/js"], execution: [] })
