/** Identifies rejections (HTTP 400) by the service's text, because they share one error code. */

/** Why the service rejected a request. */
export type ValidationReason = "endpoint-not-found" | "inference-component-required" | "no-capacity"

/** In characters. The known texts are shorter. */
const maxTextLength = 1_024

/**
 * Patterns of the beginning of a text in lower case, in which all characters except those of names are spaces. A text that
 * quotes another one does not match.
 */
const patterns: { readonly [reason in ValidationReason]: RegExp } = {
  "endpoint-not-found":
    /^(the )?endpoint (\S+ )?((?!(component|config|model|variant) )\S+ ){0,6}?not (be )?(found|exist)|^(could not|cannot) find (the )?endpoint(?! (config|variant))/,
  "inference-component-required":
    /^(the )?inference component (name )?(header )?is (required|missing)|^missing (the )?inference component/,
  "no-capacity":
    /^(\S+ ){1,7}?(has (no|zero|insufficient)|does not have( any| enough)?) (\S+ )?(capacity|instances|copies)( |$)/
}

const normalized = (text: string): string =>
  text.slice(0, maxTextLength).toLowerCase().replace(/inferencecomponent(name)?/g, "inference component")
    .replace(/[^\w:/-]+/g, " ").trim()

/** The reason of a rejection, from the service's text and the member `ErrorCode` of its body. */
export const validationReason = (text: string, errorCode?: unknown): ValidationReason | undefined => {
  const words = normalized(text)
  const reasons = Object.keys(patterns) as ReadonlyArray<ValidationReason>
  return errorCode === "NO_SUCH_ENDPOINT"
    ? "endpoint-not-found"
    : reasons.find((reason) => patterns[reason].test(words))
}
