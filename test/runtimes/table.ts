/** The table of runtimes: its rows, its text, and its copy in the README. */
import { readFile, writeFile } from "node:fs/promises"
import { fileURLToPath } from "node:url"
import { checkNames, needsTransport, type Results } from "./checks.ts"

const readme = fileURLToPath(new URL("../../README.md", import.meta.url))

const [start, end] = ["<!-- runtimes -->\n", "<!-- /runtimes -->"]

/** A runtime, with its client and the sources of its credentials. */
export interface RuntimeRow {
  readonly name: string
  readonly client: string
  readonly credentials: string
}

/** The results of a runtime, or the reason why it was not run. */
export type Outcome = Results | { readonly reason: string }

export const isReason = (outcome: Outcome): outcome is { readonly reason: string } => "reason" in outcome

/** Whether a check has passed, or the runtime needs a transport for it. */
export const isExpected = (result: string): boolean => result === "pass" || result === needsTransport

const line = (cells: ReadonlyArray<string>): string => `| ${cells.join(" | ")} |`

const heading = [
  "runtime",
  "client",
  "unary",
  "stream",
  "error",
  "deadline",
  "interruption",
  "bidirectional",
  "credentials"
]

/** The row of a runtime, as it is in the README. */
export const lineOf = ({ client, credentials, name }: RuntimeRow, outcome: Outcome): string => {
  const cells = checkNames.map((check) => {
    if (isReason(outcome)) {
      return `not run: ${outcome.reason}`
    }
    return isExpected(outcome[check]) ? outcome[check] : "fail"
  })
  const last = isReason(outcome) || outcome.credentials !== "pass" ? cells.at(-1) ?? "" : `pass: ${credentials}`
  return line([name, client, ...cells.slice(0, -1), last])
}

export const tableOf = (lines: ReadonlyArray<string>): string =>
  [line(heading), line(heading.map(() => "---")), ...lines].join("\n")

/** The rows in the README. */
export const readmeLines = async (): Promise<ReadonlyArray<string>> => {
  const [, table = ""] = (await readFile(readme, "utf8")).split(start)
  return (table.split(end)[0] ?? "").trim().split("\n").slice(2)
}

/** Writes the rows into the README. */
export const writeReadme = async (lines: ReadonlyArray<string>): Promise<void> => {
  const text = await readFile(readme, "utf8")
  const [before = "", rest = ""] = text.split(start)
  const [, after = ""] = rest.split(end)
  await writeFile(readme, `${before}${start}${tableOf(lines)}\n${end}${after}`)
}
