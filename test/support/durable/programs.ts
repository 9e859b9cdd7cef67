/** Starts the programs of an example with its own dependencies as processes. */
import { Effect } from "effect"
import { type ChildProcess, execFile, spawn } from "node:child_process"
import { type AddressInfo, createServer } from "node:net"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { eventually } from "../eventually.ts"

const root = fileURLToPath(new URL("../../..", import.meta.url))
/** The folder of an example. */
export const exampleFolder = (name: string) => `${root}examples/${name}`

/** Installs what the lockfile of an example names, and a copy of the package as it is built now. */
export const install = (example: string) =>
  promisify(execFile)("npm", ["ci", "--no-audit", "--no-fund"], { cwd: example })

/** Compiles an example. Returns the output of the compiler. */
export const compile = async (example: string) =>
  (await promisify(execFile)(`${root}node_modules/.bin/tsc`, ["-p", example])).stdout

export const freePort = Effect.async<number>((resume) => {
  const server = createServer().listen(0, "127.0.0.1", () => {
    const { port } = server.address() as AddressInfo
    server.close(() => resume(Effect.succeed(port)))
  })
})

export interface Program {
  readonly output: () => string
  /** Waits until the output contains the text. */
  readonly prints: (text: string) => Effect.Effect<void>
  readonly exit: Effect.Effect<number | NodeJS.Signals | null>
  /** Sends a signal and waits until the process has ended. */
  readonly kill: (signal: NodeJS.Signals) => Effect.Effect<number | NodeJS.Signals | null>
}

const exitOf = (child: ChildProcess) =>
  Effect.async<number | NodeJS.Signals | null>((resume) => {
    const { exitCode, signalCode } = child
    if (exitCode !== null || signalCode !== null) {
      resume(Effect.succeed(exitCode ?? signalCode))
      return
    }
    child.once("close", (code, signal) => resume(Effect.succeed(code ?? signal)))
  })

type Environment = Readonly<Record<string, string>>

const spawnProgram = (cwd: string, file: string, args: ReadonlyArray<string>, env: Environment): Program => {
  const child = spawn(process.execPath, ["--import", "tsx", file, ...args], {
    cwd,
    env: { ...process.env, NO_COLOR: "1", ...env },
    stdio: ["ignore", "pipe", "pipe"]
  })
  let output = ""
  const add = (text: Buffer) => {
    output += String(text)
  }
  child.stdout.on("data", add)
  child.stderr.on("data", add)
  const exit = exitOf(child)
  return {
    output: () => output,
    prints: (text) =>
      eventually(() => output.includes(text) || child.exitCode !== null, "100 seconds").pipe(
        Effect.ignore,
        Effect.filterOrDie(() => output.includes(text), () => new Error(`"${text}" was not printed:\n${output}`))
      ),
    exit,
    kill: (signal) => Effect.suspend(() => child.kill(signal) ? exit : exit)
  }
}

/** Makes a function that runs a program of an example with `tsx`, in one process. The end of the scope kills it. */
export const startIn = (example: string) => (file: string, args: ReadonlyArray<string>, env: Environment) =>
  Effect.acquireRelease(
    Effect.sync(() => spawnProgram(example, file, args, env)),
    (program) => program.kill("SIGKILL")
  )
