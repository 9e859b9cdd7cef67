const percentEncoded = (character: string): string => `%${character.charCodeAt(0).toString(16).toUpperCase()}`

/** A text as one segment of a path, all but RFC 3986's unreserved characters encoded; it throws on a lone surrogate. */
export const encodeSegment = (text: string): string => encodeURIComponent(text).replace(/[!'()*]/g, percentEncoded)

/** A path as Signature Version 4 has it: without empty and relative segments, and encoded once more than it is sent. */
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
