/** Makes the reference page of a module from the Markdown that docgen writes. */
import { formatCode, formatSignature } from "./format.js"

/** Categories in reading order; any other category follows. */
const categories = [
  "constructors",
  "operations",
  "destructors",
  "combinators",
  "policies",
  "layers",
  "references",
  "tags",
  "service errors",
  "client errors",
  "schemas",
  "models",
  "errors"
]

const collapsedAbove = 40

const capitalized = (text) => text.charAt(0).toUpperCase() + text.slice(1)

const rank = (category) => {
  const index = categories.indexOf(category)
  return index === -1 ? categories.length : index
}

/** Splits Markdown at its headings of a level; headings inside code blocks do not count. */
const sections = (markdown, level) => {
  const heading = new RegExp(`^#{${level}} (.+)$`)
  const found = [{ title: "", lines: [] }]
  let fenced = false
  for (const line of markdown.split("\n")) {
    fenced = line.startsWith("```") ? !fenced : fenced
    const title = fenced ? undefined : heading.exec(line)?.[1]
    if (title === undefined) {
      found[found.length - 1].lines.push(line)
    } else {
      found.push({ title, lines: [] })
    }
  }
  return found.map(({ lines, title }) => ({ title, text: lines.join("\n").trim() }))
}

const since = /^Added in (v\S+)$/m
const signatureBlock = /^\*\*Signature\*\*\n\n```ts\n([\s\S]*?)```/m

const formatExamples = (markdown) => markdown.replace(/(?<=^```ts[^\n]*\n)[\s\S]*?(?=^```)/gm, (code) => formatCode(code))

const fieldComment = /\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*readonly (\w+)\??:/g

/** The comments of the fields of every interface in a module. */
const commentsOfInterfaces = (markdown) =>
  [...markdown.matchAll(fieldComment)].map(([, comment, name]) => [name, comment.replace(/^\s*\* ?/gm, "").trim()])

const isProperty = ({ title }) => title.endsWith(" (property)")

const commentsOfProperties = (members) =>
  members.filter(isProperty).map(({ text, title }) => [title.split(" ")[0], text.split("\n\n**Signature**")[0]])

const withoutSignature = (text) =>
  text.replace(signatureBlock, "").replace(since, "").replace(/\n{3,}/g, "\n\n").trim()

const parseExport = (module, signatureOf, comments) => ({ text, title }) => {
  const [, name, kind = "value"] = /^(\S+)(?: \(([^)]+)\))?/.exec(title)
  const [own, ...members] = sections(text, 3)
  const declared = signatureBlock.exec(own.text)?.[1] ?? ""
  const ofClass = kind === "class"
    ? signatureOf(name, new Map([...comments, ...commentsOfProperties(members)]))
    : undefined
  const shown = members.filter((member) => ofClass === undefined || !isProperty(member))
  return {
    name,
    kind: kind === "value" && /^export declare const \w+: (?:<|\(|\{\s*[<(])/.test(declared) ? "function" : kind,
    since: since.exec(own.text)?.[1] ?? module.since,
    signature: ofClass ?? declared,
    body: [withoutSignature(own.text), ...shown.map((member) => `#### ${member.title}\n\n${withoutSignature(member.text)}`)]
      .join("\n\n")
  }
}

const isTypeOfSchema = ({ kind, name, signature }) =>
  kind === "type alias" && signature.includes(`= typeof ${name}.Type`)

/** A type alias of a schema's type is shown with its schema. */
const mergeTypes = (groups) => {
  const exported = groups.flatMap((group) => group.exports)
  for (const alias of exported.filter(isTypeOfSchema)) {
    const schema = exported.find(({ kind, name }) => kind === "value" && name === alias.name)
    if (schema !== undefined) {
      schema.alias = alias.signature
      alias.isMerged = true
    }
  }
  return groups
    .map((group) => ({ ...group, exports: group.exports.filter(({ isMerged }) => isMerged !== true) }))
    .filter((group) => group.exports.length > 0)
}

const fenced = (code) => `\`\`\`ts\n${code}\n\`\`\``

const renderSignature = ({ alias = "", kind, signature }) => {
  const code = formatSignature([signature, alias].join("\n").trim()).replace(/^export (?:declare )?/gm, "")
  const lines = code.split("\n").length
  return kind === "value" && lines > collapsedAbove
    ? `::: details Signature (${lines} lines)\n${fenced(code)}\n:::`
    : fenced(code)
}

const labelOf = ({ alias, kind }) => {
  if (kind === "value") {
    return alias === undefined ? "constant" : "schema"
  }
  return kind === "type alias" ? "type" : kind
}

const renderExport = (module, anchors) => (entry) => {
  const label = labelOf(entry)
  const anchor = anchors.has(entry.name) ? `${entry.name}-${label}` : entry.name
  anchors.add(anchor)
  return [
    `### ${entry.name} <Badge type="info" text="${label}" /> {#${anchor}}`,
    `<div class="signature">\n\n${renderSignature(entry)}\n\n</div>`,
    formatExamples(entry.body),
    entry.since === module.since ? "" : `Added in ${entry.since}`
  ].filter((part) => part !== "").join("\n\n")
}

/** The first paragraph of a module's description, and what follows it. */
const splitDescription = (text) => {
  const [first = "", ...rest] = text.split(/\n\s*\n/)
  return { first: first.trim(), rest: rest.join("\n\n").trim() }
}

export const parseModule = (markdown, { entry, name, path }, signatureOf) => {
  const [head, ...groups] = sections(markdown.replace(/^\*{3}[\s\S]*?\n---\n/, ""), 1)
  const [overview, rest = ""] = head.text.replace(/^## .*\n/, "").split(/^---$/m)
  const module = { entry, name, path, since: since.exec(overview)?.[1] ?? "" }
  const comments = commentsOfInterfaces(markdown)
  return {
    ...module,
    ...splitDescription((overview ?? rest).replace(since, "")),
    groups: mergeTypes(
      groups.map(({ text, title }) => ({
        title,
        exports: sections(text, 2).slice(1).map(parseExport(module, signatureOf, comments))
      }))
    ).toSorted((a, b) => rank(a.title) - rank(b.title) || a.title.localeCompare(b.title))
  }
}

export const renderModule = (module) => {
  const anchors = new Set()
  const groups = module.groups.map(({ exports, title }) =>
    [`## ${capitalized(title)} {#category-${title.replaceAll(" ", "-")}}`, ...exports.map(renderExport(module, anchors))].join("\n\n")
  )
  return [
    `# ${module.name}`,
    module.first,
    fenced(`import { ${module.name} } from "${module.entry}"`),
    formatExamples(module.rest),
    ...groups
  ].filter((part) => part !== "").join("\n\n") + "\n"
}

const row = ({ first, name, path }) =>
  `| [${name}](/reference/${path}) | ${first.replace(/\s*\n\s*/g, " ").replaceAll("|", "\\|")} |`

export const renderIndex = (modules) => {
  const entries = [...new Set(modules.map(({ entry }) => entry))].toSorted((a, b) => a.localeCompare(b))
  const tables = entries.map((entry) => {
    const rows = modules
      .filter((module) => module.entry === entry)
      .toSorted((a, b) => a.name.localeCompare(b.name))
      .map(row)
    return [`## ${entry}`, "", "| module | description |", "| --- | --- |", ...rows].join("\n")
  })
  return ["# API reference", "Each module is a namespace export of its entry point.", ...tables].join("\n\n") + "\n"
}
