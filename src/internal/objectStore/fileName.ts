/** Names of files for keys of objects: one name per segment of the key. */

/** Characters that a file system reserves, and `%`. */
// oxlint-disable-next-line no-control-regex
const reserved = /[%\0-\x1f\x7f"*:<>?\\|]/g

const escape = (character: string): string => `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`

const encodeSegment = (segment: string): string => {
  if (segment === "") {
    return "%"
  }
  return /^\.\.?$/.test(segment) ? segment.replace(/\./g, escape) : segment.replace(reserved, escape)
}

const decodeSegment = (name: string): string =>
  name === "%"
    ? ""
    : name.replace(/%([0-9A-F]{2})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)))

/** The names of the folders and the file of a key. */
export const toNames = (key: string): ReadonlyArray<string> => key.split("/").map(encodeSegment)

/** The segment of a key that has this name; `undefined` for a name that no segment has. */
export const segmentOf = (name: string): string | undefined => {
  const segment = decodeSegment(name)
  return encodeSegment(segment) === name ? segment : undefined
}
