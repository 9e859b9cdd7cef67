/** A media type taken apart: `text/csv; header=present` is `text/csv` with one parameter. */
export interface MediaType {
  readonly essence: string
  readonly parameters: ReadonlyMap<string, string>
}

const essencePattern = /^[\w!#$&^.+-]{1,127}\/[\w!#$&^.+-]{1,127}$/

const parameterPattern = /;\s*([\w!#$&^.+-]+)=(?:"((?:[^"\\]|\\.)*)"|([^;\s"]*))/g

/** Reads a `Content-Type`; one that is no media type is `undefined`. */
export const parse = (contentType: string): MediaType | undefined => {
  const [head = ""] = contentType.split(";", 1)
  const essence = head.trim().toLowerCase()
  if (!essencePattern.test(essence)) {
    return undefined
  }
  const parameters = new Map<string, string>()
  for (const [, name = "", quoted, plain = ""] of contentType.slice(head.length).matchAll(parameterPattern)) {
    parameters.set(name.toLowerCase(), quoted === undefined ? plain : quoted.replaceAll(/\\(.)/g, "$1"))
  }
  return { essence, parameters }
}

/** Whether a range (`text/csv`, `text/*`, `application/*+json`, or one of everything) takes a media type in. */
export const includes = (range: string, essence: string): boolean => {
  const [type = "", subtype = ""] = range.toLowerCase().split("/")
  const [ofType = "", ofSubtype = ""] = essence.split("/")
  return (type === "*" || type === ofType) &&
    (subtype === "*" || subtype === ofSubtype || (subtype.startsWith("*+") && ofSubtype.endsWith(subtype.slice(1))))
}
