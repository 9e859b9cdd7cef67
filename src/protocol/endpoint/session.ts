/** A session that a response opened. */
export interface OpenedSession {
  readonly id: string
  /** Expiry time in milliseconds since 1970, if the header has one. */
  readonly expires: number | undefined
}

const idPattern = /^[a-zA-Z0-9](-*[a-zA-Z0-9])*$/

/** Reads the header `NewSessionId`, `<id>; Expires=<time>`; `undefined` if it contains no valid ID. */
export const sessionOf = (newSessionId: string | undefined): OpenedSession | undefined => {
  const [id = "", ...attributes] = (newSessionId ?? "").split(";").map((part) => part.trim())
  const time = attributes.map((attribute) => /^expires=(.+)$/i.exec(attribute)?.[1]).find((found) =>
    found !== undefined
  )
  const expires = time === undefined ? Number.NaN : Date.parse(time.replaceAll("\"", ""))
  return id.length <= 256 && idPattern.test(id)
    ? { id, expires: Number.isNaN(expires) ? undefined : expires }
    : undefined
}

/** Whether an error message of a model means that the session no longer exists. */
export const isGone = (message: string | undefined): boolean =>
  message !== undefined && /session/i.test(message) &&
  /not found|expired|does not exist|doesn't exist|no such|unknown|closed/i.test(message)
