import { Effect } from "effect"
import { readFileSync } from "node:fs"
import { code, failure, heading } from "./terminal.ts"

/** Reads the expression of an exported function from its source file. */
export const sourceOf = (path: string, name: string): string => {
  const source = readFileSync(path, "utf8")
  const declaration = source.split("\n\n").find((block) => block.startsWith(`export const ${name} = `))
  if (declaration === undefined) {
    throw new Error(`${path} has no export named ${name}`)
  }
  return declaration.trimEnd().replace(/^export const \w+ = \(.*?\) =>\s+/, "").replaceAll(/^ {2}/gm, "")
}

/** Shows the source of a function of `scenes`, then runs it. Returns whether it ran as expected. */
export const playFrom =
  <S extends object>(path: string, scenes: S) =>
  <K extends keyof S & string, E extends { readonly _tag: string; readonly message: string }, R>(
    title: string,
    name: K,
    show: (run: S[K]) => Effect.Effect<unknown, E, R>
  ) =>
    heading(title).pipe(
      Effect.zipRight(code(sourceOf(path, name))),
      Effect.zipRight(show(scenes[name])),
      Effect.as(true),
      Effect.catchAll((error) => Effect.as(failure(error), false))
    )
