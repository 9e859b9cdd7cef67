/** Help texts, from the descriptions of the commands. */
import * as CliConfig from "@effect/cli/CliConfig"
import * as Command from "@effect/cli/Command"
import type * as HelpDoc from "@effect/cli/HelpDoc"
import type * as Span from "@effect/cli/HelpDoc/Span"

/** A command with its subcommands and examples, for its help text. */
export interface Documented {
  readonly name: string
  readonly help: HelpDoc.HelpDoc
  readonly arguments: string
  readonly subcommands: ReadonlyArray<Documented>
  readonly examples: ReadonlyArray<string>
}

interface Definition {
  readonly term: string
  readonly description: string
}

const config = CliConfig.make({ showBuiltIns: false })

/** The documentation of a command. */
export const document = <Name extends string, R, E, A>(
  name: string,
  command: Command.Command<Name, R, E, A>,
  rest: { readonly arguments: string; readonly examples: ReadonlyArray<string> },
  subcommands: ReadonlyArray<Documented> = []
): Documented => ({ name, help: Command.getHelp(command, config), subcommands, ...rest })

const width = 88

const textOf = (span: Span.Span): string => {
  if (span._tag === "Sequence") {
    return textOf(span.left) + textOf(span.right)
  }
  return typeof span.value === "string" ? span.value : textOf(span.value)
}

const paragraphsOf = (doc: HelpDoc.HelpDoc): ReadonlyArray<string> => {
  switch (doc._tag) {
    case "Paragraph":
      return [textOf(doc.value)]
    case "Sequence":
      return [...paragraphsOf(doc.left), ...paragraphsOf(doc.right)]
    default:
      return []
  }
}

/** `@effect/cli` adds the type of the value, and whether the option is required. */
const added = /^(A user-defined piece|A true or false|An integer|A floating|This (setting|option|argument)|One of)/

const definitionsOf = (doc: HelpDoc.HelpDoc): ReadonlyArray<Definition> => {
  switch (doc._tag) {
    case "Sequence":
      return [...definitionsOf(doc.left), ...definitionsOf(doc.right)]
    case "DescriptionList":
      return doc.definitions.map(([term, description]) => ({
        term: textOf(term).replace(/^\((.*?)\)/, "$1").replace(/\.\.\.$/, "").trim(),
        description: paragraphsOf(description).filter((text) => text !== "" && !added.test(text)).join(" ")
      }))
    default:
      return []
  }
}

const isOption = ({ term }: Definition): boolean => term.startsWith("-")

/** The names of each option of a command. The last one has the type of the value, if there is one. */
const namesOf = ({ help }: Documented): ReadonlyArray<ReadonlyArray<string>> =>
  definitionsOf(help).filter(isOption).map(({ term }) => term.split(/,\s*/))

const hasValue = (names: ReadonlyArray<string>): boolean => names.some((name) => name.includes(" "))

/** The options without a value, of a command and its subcommands. */
export const flagsOf = (command: Documented): ReadonlySet<string> => {
  const flags = namesOf(command).filter((names) => !hasValue(names)).flat()
  return new Set([...flags, ...command.subcommands.flatMap((each) => [...flagsOf(each)])])
}

/** The options with a value, of a command and its subcommands. */
const valuesOf = (command: Documented): ReadonlySet<string> => {
  const names = namesOf(command).filter(hasValue).flat().map((name) => name.replace(/ .*/, ""))
  return new Set([...names, ...command.subcommands.flatMap((each) => [...valuesOf(each)])])
}

/** The last argument, if it is an option of the command without its value. */
export const findMissingValue = (root: Documented, args: ReadonlyArray<string>): string | undefined => {
  const command = root.subcommands.find(({ name }) => name === args[0])
  const last = args.at(-1)
  const [before = ""] = args.slice(-2)
  if (command === undefined || last === undefined) {
    return undefined
  }
  const withValue = valuesOf(command)
  return withValue.has(last) && !withValue.has(before) ? last : undefined
}

const helpOption: Definition = { term: "-h, --help", description: "Print this help" }

const rootOptions: ReadonlyArray<Definition> = [
  helpOption,
  { term: "--version", description: "Print the version" },
  { term: "--completions sh|bash|fish|zsh", description: "Print the completions for a shell" },
  {
    term: "--log-level level",
    description: "Print logs of this level and above: all, trace, debug, info, warning, error, fatal, none"
  }
]

const wrap = (text: string, columns: number): ReadonlyArray<string> => {
  const lines: Array<string> = []
  let line = ""
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > columns) {
      lines.push(line)
      line = word
    } else {
      line = line === "" ? word : `${line} ${word}`
    }
  }
  return [...lines, line]
}

const table = (title: string, definitions: ReadonlyArray<Definition>): string => {
  if (definitions.length === 0) {
    return ""
  }
  const indent = Math.min(28, Math.max(...definitions.map(({ term }) => term.length)) + 4)
  const rows = definitions.flatMap(({ description, term }) => {
    const lines = wrap(description, width - indent)
    const label = `  ${term}`
    return label.length + 2 > indent
      ? [label, ...lines.map((line) => " ".repeat(indent) + line)]
      : lines.map((line, index) => (index === 0 ? label : "").padEnd(indent) + line)
  })
  return `\n${title}:\n${rows.join("\n")}\n`
}

const summaryOf = ({ help }: Documented): string => paragraphsOf(help)[0] ?? ""

const render = (command: Documented, path: ReadonlyArray<string>): string => {
  const isRoot = path.length === 1
  const hasSubcommands = command.subcommands.length > 0
  const definitions = hasSubcommands ? [] : definitionsOf(command.help)
  const subcommands = command.subcommands.map((each) => ({ term: each.name, description: summaryOf(each) }))
  const examples = command.examples.map((line) => `\n  ${line}`).join("")
  const usage = hasSubcommands ? "<command> [options]" : `[options] ${command.arguments}`
  return [
    `Usage: ${[...path, usage].join(" ").trimEnd()}\n\n${wrap(summaryOf(command), width).join("\n")}.\n`,
    table("Commands", subcommands),
    table("Arguments", definitions.filter((each) => !isOption(each))),
    table("Options", isRoot ? rootOptions : [...definitions.filter(isOption), helpOption]),
    examples === "" ? "" : `\nExamples:${examples}\n`,
    hasSubcommands ? `\n${path.join(" ")} <command> --help describes a command.\n` : ""
  ].join("")
}

const isHelp = (argument: string): boolean => argument === "--help" || argument === "-h"

/** The help text that the arguments ask for. Undefined if they run a command. */
export const findHelp = (root: Documented, args: ReadonlyArray<string>): string | undefined => {
  let command = root
  const path = [root.name]
  const words = args[0] === "help" ? [...args.slice(1), "--help"] : args
  for (const word of words) {
    const next = command.subcommands.find(({ name }) => name === word)
    if (next === undefined) {
      break
    }
    command = next
    path.push(word)
  }
  const rest = words.slice(path.length - 1)
  const incomplete = rest.length === 0 && command.subcommands.length > 0
  return incomplete || rest.some(isHelp) ? render(command, path) : undefined
}
