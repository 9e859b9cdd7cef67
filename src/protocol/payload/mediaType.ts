/** Media types (RFC 9110) and media ranges. */

/** A parsed media type. The essence of `text/csv; header=present` is `text/csv`. */
export interface MediaType {
  readonly essence: string
  readonly parameters: ReadonlyMap<string, string>
  /** The media type as it was written, with its parameters. */
  readonly text: string
}

const essencePattern = /^[\w!#$&^.+-]{1,127}\/[\w!#$&^.+-]{1,127}$/

const parameterPattern = /;\s*([\w!#$&^.+-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)(?:"|\\?$)|([^;\s"]*))/g

const parseOne = (text: string): MediaType | undefined => {
  const [beforeParameters = ""] = text.split(";", 1)
  const essence = beforeParameters.trim().toLowerCase()
  if (!essencePattern.test(essence)) {
    return undefined
  }
  const parameters = new Map<string, string>()
  for (const [, name = "", quoted, plain = ""] of text.slice(beforeParameters.length).matchAll(parameterPattern)) {
    parameters.set(name.toLowerCase(), quoted === undefined ? plain : quoted.replaceAll(/\\(.)/g, "$1"))
  }
  return { essence, parameters, text }
}

const elementPattern = /(?:[^,"]|"(?:[^"\\]|\\.)*(?:"|\\?$))+/g

/**
 * The media types of a `Content-Type`, in their order. HTTP joins repeated headers with commas, so there can be several.
 * Invalid ones are dropped. A comma inside quotes belongs to a parameter.
 */
export const parseAll = (contentType: string): ReadonlyArray<MediaType> =>
  (contentType.match(elementPattern) ?? []).flatMap((text) => parseOne(text.trim()) ?? [])

/** The first media type of a `Content-Type`, `undefined` if there is none. */
export const parse = (contentType: string): MediaType | undefined => parseAll(contentType)[0]

/**
 * Whether a media range (`text/csv`, `text/*`, `application/*+json`, or all types) matches a media type. Parameters of
 * the range are ignored.
 */
export const includes = (range: string, essence: string): boolean => {
  const [withoutParameters = ""] = range.split(";", 1)
  const [type = "", subtype = ""] = withoutParameters.trim().toLowerCase().split("/")
  const [essenceType = "", essenceSubtype = ""] = essence.split("/")
  return (type === "*" || type === essenceType) &&
    (subtype === "*" || subtype === essenceSubtype ||
      (subtype.startsWith("*+") && essenceSubtype.endsWith(subtype.slice(1))))
}
