/** The parts of the user agent that describe the JavaScript runtime. */
export interface RuntimeParts {
  readonly platform: ReadonlyArray<string>
  readonly execution: ReadonlyArray<string>
}

/** The default implementation. Node selects another one by the package import `#runtime`. */
export const runtimeParts = (): RuntimeParts => ({ platform: ["lang/js"], execution: [] })
