const percentEncoded = (character: string): string => `%${character.charCodeAt(0).toString(16).toUpperCase()}`

/** Percent-encodes a path segment, except RFC 3986's unreserved characters. Throws if the text has a lone surrogate. */
export const encodeSegment = (text: string): string => encodeURIComponent(text).replace(/[!'()*]/g, percentEncoded)

/** The canonical URI of Signature Version 4: without empty and relative segments, and encoded twice. */
export const canonicalPath = (path: string): string => {
  const segments: Array<string> = []
  for (const segment of path.split("/")) {
    if (segment === "..") {
      segments.pop()
    } else if (segment !== "" && segment !== ".") {
      segments.push(encodeSegment(segment))
    }
  }
  return `/${segments.join("/")}${segments.length > 0 && path.endsWith("/") ? "/" : ""}`
}
