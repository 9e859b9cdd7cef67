import { exec } from "node:child_process"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"

/** The folder of the bundlers. */
export const folder = fileURLToPath(new URL("..", import.meta.url))

export const root = fileURLToPath(new URL("../../..", import.meta.url))

/** Runs a command with the programs of the bundlers. It returns the output; it fails with the output of a command that failed. */
export const run = async (
  command: string,
  { cwd, env = {} }: { readonly cwd: string; readonly env?: NodeJS.ProcessEnv }
): Promise<string> => {
  const variables = {
    ...process.env,
    NO_COLOR: "1",
    NEXT_TELEMETRY_DISABLED: "1",
    NODE_ENV: undefined,
    PATH: `${folder}node_modules/.bin:${process.env["PATH"]}`
  }
  try {
    const { stdout } = await promisify(exec)(command, { cwd, env: { ...variables, ...env }, maxBuffer: 2 ** 26 })
    return stdout.trim()
  } catch (error) {
    const { stderr = "", stdout = "" } = error as { readonly stderr?: string; readonly stdout?: string }
    throw new Error(`${command} failed:\n${stdout}${stderr}`, { cause: error })
  }
}
