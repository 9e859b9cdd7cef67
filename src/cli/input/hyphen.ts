/** Arguments that can be a single hyphen: standard input or standard output. */
import * as Args from "@effect/cli/Args"

/** Stands for a single hyphen while `@effect/cli` reads the arguments. No argument of a process contains NUL. */
export const hyphen = "\0-"

/** An argument with text or a path. */
export const argument = (name: string, description: string): Args.Args<string> =>
  Args.text({ name }).pipe(
    Args.withDescription(description),
    Args.map((text) => (text === hyphen ? "-" : text))
  )
