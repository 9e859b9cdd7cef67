import { paint } from "../terminal.ts"
import type { LogLine } from "./telemetry.ts"
import { pair, wrap } from "./text.ts"

const width = 106

const textOf = ({ attributes, level, message }: LogLine): ReadonlyArray<string> => {
  const words = Object.keys(attributes).toSorted().map((name) => pair(name, attributes[name]))
  return [`${level.padEnd(5)} ${message}`, ...wrap(words, width).map((line) => `  ${paint("dim", line)}`)]
}

/** Log lines with their annotations. */
export const logLines = (lines: ReadonlyArray<LogLine>): string => lines.flatMap(textOf).join("\n")
