/** What a user agent says of the runtime. */
export interface RuntimeParts {
  readonly platform: ReadonlyArray<string>
  readonly execution: ReadonlyArray<string>
}

/** Here, only the language. */
export const runtimeParts = (): RuntimeParts => ({ platform: ["lang/js"], execution: [] })
