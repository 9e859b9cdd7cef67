/** What `doctor` found. */
import * as Predicate from "effect/Predicate"
import { codeOf } from "../output/exitCodes.ts"

/** One line of the report. */
export interface Finding {
  readonly check: string
  readonly status: "ok" | "warning" | "failed"
  readonly detail: string
  /** The exit code of the command, if this is the first failed check. */
  readonly code?: number
}

/** A check that passed. */
export const ok = (check: string, detail: string): Finding => ({ check, status: "ok", detail })

/** A check that passed with a problem. */
export const warning = (check: string, detail: string): Finding => ({ check, status: "warning", detail })

/** A check that failed with an error. */
export const failed = (check: string, error: unknown): Finding => {
  const tag = Predicate.hasProperty(error, "_tag") ? String(error._tag) : "Error"
  const message = error instanceof Error ? error.message : "unexpected error"
  return { check, status: "failed", detail: `${tag}: ${message}`, code: codeOf(tag) }
}

/** The report as text. */
export const render = (findings: ReadonlyArray<Finding>): string => {
  const width = Math.max(...findings.map(({ check }) => check.length))
  return findings.map(({ check, detail, status }) => `${status.padEnd(8)} ${check.padEnd(width)}  ${detail}\n`).join("")
}
