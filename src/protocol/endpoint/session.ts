/** A session as `NewSessionId` tells it. */
export interface Opened {
  readonly id: string
  /** Milliseconds since 1970, where it says when the session ends. */
  readonly expires: number | undefined
}

const idPattern = /^[a-zA-Z0-9](-*[a-zA-Z0-9])*$/

/** Reads `<id>; Expires=<time>`; anything else opened no session. */
export const sessionOf = (newSessionId: string | undefined): Opened | undefined => {
  const [id = "", ...attributes] = (newSessionId ?? "").split(";").map((part) => part.trim())
  const time = attributes.map((attribute) => /^expires=(.+)$/i.exec(attribute)?.[1]).find((found) =>
    found !== undefined
  )
  const expires = time === undefined ? Number.NaN : Date.parse(time.replaceAll("\"", ""))
  return id.length <= 256 && idPattern.test(id)
    ? { id, expires: Number.isNaN(expires) ? undefined : expires }
    : undefined
}

/** Whether a model's words say that it no longer knows a session. */
export const isGone = (words: string | undefined): boolean =>
  words !== undefined && /session/i.test(words) &&
  /not found|expired|does not exist|doesn't exist|no such|unknown|closed/i.test(words)
