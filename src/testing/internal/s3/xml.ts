/** Writes and reads the XML documents of Amazon S3. */
import * as Either from "effect/Either"

/** An element with its content, as text of XML. */
export type XmlNode = string

const namespace = "http://s3.amazonaws.com/doc/2006-03-01/"

const escapes: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", "\"": "&quot;" }

const escapeCharacter = (character: string): string =>
  escapes[character] ?? `&#x${character.charCodeAt(0).toString(16)};`

/** Text as the content of an element. */
// oxlint-disable-next-line no-control-regex
export const escapeText = (text: string): string => text.replace(/[&<>"\0-\x1f\x7f\ufffe\uffff]/g, escapeCharacter)

/** An element with text. */
export const element = (name: string, text: string | number | boolean): XmlNode =>
  `<${name}>${escapeText(String(text))}</${name}>`

/** An element with elements. */
export const parent = (name: string, children: ReadonlyArray<XmlNode>): XmlNode =>
  `<${name}>${children.join("")}</${name}>`

const encoder = new TextEncoder()

/** A document. The root of an error has no namespace. */
export const xmlDocument = (root: string, children: ReadonlyArray<XmlNode>): Uint8Array => {
  const start = root === "Error" ? root : `${root} xmlns="${namespace}"`
  return encoder.encode(`<?xml version="1.0" encoding="UTF-8"?>\n<${start}>${children.join("")}</${root}>`)
}

/** An element of a document. */
export interface XmlElement {
  /** The name without the prefix of its namespace. */
  readonly name: string
  readonly children: ReadonlyArray<XmlElement>
  /** The text of the element itself. */
  readonly text: string
}

const maxDepth = 16
const maxElements = 200_000

const entities: ReadonlyMap<string, string> = new Map([
  ["amp", "&"],
  ["lt", "<"],
  ["gt", ">"],
  ["quot", "\""],
  ["apos", "'"]
])

const characterOf = (codePoint: number): string =>
  codePoint <= 0x10ffff && !(codePoint >= 0xd800 && codePoint <= 0xdfff) ? String.fromCodePoint(codePoint) : "\ufffd"

const unescapeText = (text: string): string =>
  text.replace(/&(?:#x([0-9a-f]{1,8})|#([0-9]{1,8})|([a-z]{2,4}));/gi, (entity, hex, decimal, name) => {
    if (hex !== undefined) {
      return characterOf(Number.parseInt(hex, 16))
    }
    return decimal === undefined ? entities.get(name) ?? entity : characterOf(Number(decimal))
  })

/** A comment, the declaration, CDATA, a tag or text. */
const token = /<!--[^]*?-->|<\?[^]*?\?>|<!\[CDATA\[([^]*?)\]\]>|<(\/?)([\w:.-]+)([^<>]*?)(\/?)>|([^<]+)/y

const localName = (name: string): string => name.slice(name.indexOf(":") + 1)

interface OpenElement {
  readonly name: string
  readonly children: Array<XmlElement>
  text: string
}

/** The root element of a document, or `Left` for text that is not such a document. A document type is not accepted. */
export const parseXml = (source: string): Either.Either<XmlElement, "malformed"> => {
  const malformed = Either.left("malformed" as const)
  const root: OpenElement = { name: "", children: [], text: "" }
  const open: Array<OpenElement> = [root]
  let count = 0
  token.lastIndex = 0
  while (token.lastIndex < source.length) {
    const found = token.exec(source)
    if (found === null) {
      return malformed
    }
    const [, data, closing, name, , selfClosing, text] = found
    const current = open.at(-1)!
    if (name === undefined) {
      current.text += data ?? unescapeText(text ?? "")
    } else if (closing === "/") {
      if (open.length === 1 || current.name !== localName(name)) {
        return malformed
      }
      open.pop()
      open.at(-1)!.children.push(current)
    } else if (selfClosing === "/") {
      current.children.push({ name: localName(name), children: [], text: "" })
    } else {
      open.push({ name: localName(name), children: [], text: "" })
    }
    count += 1
    if (count > maxElements || open.length > maxDepth) {
      return malformed
    }
  }
  const [only] = root.children
  return only === undefined || root.children.length > 1 || open.length > 1 || root.text.trim() !== ""
    ? malformed
    : Either.right(only)
}

/** The children with this name. */
export const childrenOf = ({ children }: XmlElement, name: string): ReadonlyArray<XmlElement> =>
  children.filter((child) => child.name === name)

/** The text of the first child with this name. */
export const textOf = (parentElement: XmlElement, name: string): string | undefined =>
  parentElement.children.find((child) => child.name === name)?.text
