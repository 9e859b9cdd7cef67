/** Recognises the rejections (HTTP 400) of the service that have no error code of their own, by the service's text. */

/** Why the service rejected a request. */
export type ValidationReason = "endpoint-not-found" | "inference-component-required" | "no-capacity"

/** In characters. The known texts are shorter. */
const maxTextLength = 1_024

/**
 * Texts in lower case, in which all characters except those of names are spaces. Every pattern starts at the beginning of
 * the text, so that it does not match a part of the text that quotes something.
 */
const patterns: ReadonlyArray<readonly [ValidationReason, RegExp]> = [
  [
    "endpoint-not-found",
    /^(?:the )?endpoint(?: name)?(?: [\w:/-]+)??(?: (?:of|in|for) (?:the |this |your )?(?:account|region)(?: id)?(?: [\w-]+)??)* (?:was |is |could |can |does |did )?not (?:be )?(?:found|exist)/
  ],
  [
    "endpoint-not-found",
    /^(?:(?:could not|cannot|unable to) find|no such) (?:the |an )?endpoint(?! (?:config|variant))/
  ],
  [
    "inference-component-required",
    /^(?:(?:the |an )?inference component(?: name)?(?: header)? (?:is|was) (?:required|missing)|(?:missing|please (?:include|provide|specify)) (?:the |an )?inference component)/
  ],
  [
    "no-capacity",
    /^(?:the )?(?:inference component|endpoint|production variant|variant|model)(?: [\w:/-]+){0,8}? (?:ha(?:s|ve) (?:no|zero|insufficient)|do(?:es)? not have(?: any| enough| sufficient)?) (?:[\w-]+ )?(?:capacity|instances?|copies)/
  ]
]

const normalized = (text: string): string =>
  text.slice(0, maxTextLength).toLowerCase().replace(/inferencecomponent(?:name)?/g, "inference component")
    .replace(/[^\w:/-]+/g, " ").trim()

/** The reason of a rejection, from the service's text and the member `ErrorCode` of its body. */
export const validationReason = (text: string | undefined, errorCode?: unknown): ValidationReason | undefined => {
  if (errorCode === "NO_SUCH_ENDPOINT") {
    return "endpoint-not-found"
  }
  const words = normalized(text ?? "")
  return patterns.find(([, pattern]) => pattern.test(words))?.[0]
}
