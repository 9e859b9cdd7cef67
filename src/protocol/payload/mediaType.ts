/** Media types (RFC 9110) and media ranges. */

/** A parsed media type. The essence of `text/csv; header=present` is `text/csv`. */
export interface MediaType {
  readonly essence: string
  readonly parameters: ReadonlyMap<string, string>
}

const essencePattern = /^[\w!#$&^.+-]{1,127}\/[\w!#$&^.+-]{1,127}$/

const parameterPattern = /;\s*([\w!#$&^.+-]+)=(?:"((?:[^"\\]|\\.)*)"|([^;\s"]*))/g

/** Parses a `Content-Type`. An invalid one gives `undefined`. */
export const parse = (contentType: string): MediaType | undefined => {
  const [beforeParameters = ""] = contentType.split(";", 1)
  const essence = beforeParameters.trim().toLowerCase()
  if (!essencePattern.test(essence)) {
    return undefined
  }
  const parameters = new Map<string, string>()
  for (
    const [, name = "", quoted, plain = ""] of contentType.slice(beforeParameters.length).matchAll(parameterPattern)
  ) {
    parameters.set(name.toLowerCase(), quoted === undefined ? plain : quoted.replaceAll(/\\(.)/g, "$1"))
  }
  return { essence, parameters }
}

/** Whether a media range (`text/csv`, `text/*`, `application/*+json`, or all types) matches a media type. */
export const includes = (range: string, essence: string): boolean => {
  const [type = "", subtype = ""] = range.toLowerCase().split("/")
  const [essenceType = "", essenceSubtype = ""] = essence.split("/")
  return (type === "*" || type === essenceType) &&
    (subtype === "*" || subtype === essenceSubtype ||
      (subtype.startsWith("*+") && essenceSubtype.endsWith(subtype.slice(1))))
}
