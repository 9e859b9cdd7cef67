import { spawn } from "node:child_process"
import { once } from "node:events"
import { text } from "node:stream/consumers"

const { FORCE_COLOR: _force, NO_COLOR: _no, ...inherited } = process.env

type Options = { readonly env?: NodeJS.ProcessEnv; readonly input?: string }

/** Starts an example as `npm run` does, without colour unless `env` enables it. */
export const start = (args: ReadonlyArray<string>, { env = {}, input = "" }: Options = {}) => {
  const child = spawn(process.execPath, ["examples/run.js", ...args], { env: { ...inherited, ...env } })
  child.stdin.end(input)
  return child
}

export const run = async (args: ReadonlyArray<string>, options?: Options) => {
  const child = start(args, options)
  const [stdout, stderr, [exitCode]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")])
  return { exitCode: exitCode as number, stderr, stdout }
}
