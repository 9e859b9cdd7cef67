/** Names of files for keys of objects: one name per segment of the key, and several for a long one. */

/** Characters that a file system reserves, and `%`. */
// oxlint-disable-next-line no-control-regex
const reserved = /[%\0-\x1f\x7f"*:<>?\\|]/g

/** The limit of file systems, in bytes of UTF-8. */
const maxNameBytes = 255

/** A name that ends with it is continued by the next one. A name that is nothing else is an empty segment. */
const continued = "%"

const byteLength = (text: string): number => new TextEncoder().encode(text).byteLength

const escape = (character: string): string => `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`

const split = (name: string): ReadonlyArray<string> => {
  const names: Array<string> = []
  let piece = ""
  let size = 0
  for (const character of name.match(/%[0-9A-F]{2}|[^]/gu) ?? []) {
    const bytes = byteLength(character)
    if (size + bytes + continued.length > maxNameBytes) {
      names.push(`${piece}${continued}`)
      piece = ""
      size = 0
    }
    piece += character
    size += bytes
  }
  return [...names, piece]
}

const encodeSegment = (segment: string): ReadonlyArray<string> => {
  if (segment === "") {
    return [continued]
  }
  const name = segment.replace(/^\.\.?$/.test(segment) ? /\./g : reserved, escape)
  return name.length * 3 <= maxNameBytes || byteLength(name) <= maxNameBytes ? [name] : split(name)
}

/** The names of the folders and the file of a key. */
export const toNames = (key: string): ReadonlyArray<string> => key.split("/").flatMap(encodeSegment)

/** The part of a key that a name is for. Without `isContinued`, a segment of the key ends with it. */
export const partOf = (name: string): { readonly text: string; readonly isContinued: boolean } => {
  const isContinued = name.length > 1 && name.endsWith(continued)
  const encoded = name === continued || isContinued ? name.slice(0, -1) : name
  const text = encoded.replace(
    /%([0-9A-F]{2})/g,
    (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16))
  )
  return { text, isContinued }
}
