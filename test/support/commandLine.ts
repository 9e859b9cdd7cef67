import { Data, Effect, Schedule } from "effect"
import { NodeEmulator } from "effect-sagemaker-runtime/node"
import type { Emulator } from "effect-sagemaker-runtime/testing"
import { type ChildProcess, execFile, spawn } from "node:child_process"
import { fileURLToPath } from "node:url"

/** The built command line. `npm run build` makes it. */
export const binary = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url))

/** How a process of the command line ended. */
export interface Finished {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

const secretAccessKey = "secret-of-the-command-line-test"

/** The environment of a process: no profile, and credentials that nothing may print. */
export const environment = (url: string): Record<string, string> => ({
  PATH: process.env["PATH"] ?? "",
  HOME: "/nonexistent",
  AWS_ACCESS_KEY_ID: "AKIDCOMMANDLINE",
  AWS_SECRET_ACCESS_KEY: secretAccessKey,
  AWS_REGION: "us-east-1",
  AWS_ENDPOINT_URL: url,
  AWS_EC2_METADATA_DISABLED: "true",
  AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true"
})

/** Starts the command line with pipes. */
export const start = (args: ReadonlyArray<string>, env: Record<string, string>, input?: string): ChildProcess => {
  const child = spawn(process.execPath, [binary, ...args], { env })
  if (input !== undefined) {
    child.stdin.end(input)
  }
  return child
}

/** Waits for a process. Its output contains no secret. */
export const finished = (child: ChildProcess): Effect.Effect<Finished> =>
  Effect.async((resume) => {
    let stdout = ""
    let stderr = ""
    child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      stdout += text
    })
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      stderr += text
    })
    child.once("close", (code) => {
      const leaked = (stdout + stderr).includes(secretAccessKey)
      resume(
        leaked
          ? Effect.die(new Error("the secret access key is in the output"))
          : Effect.succeed({ code, stdout, stderr })
      )
    })
    return Effect.sync(() => child.kill("SIGKILL"))
  })

/** Runs the command line against a service, until it ends. */
export const runCommand = (url: string, args: ReadonlyArray<string>, input = "", env: Record<string, string> = {}) =>
  Effect.suspend(() => finished(start(args, { ...environment(url), ...env }, input)))

/** The emulator with these endpoints. */
export const emulated = (...endpoints: ReadonlyArray<Emulator.EmulatorEndpoint>) =>
  NodeEmulator.layer({ endpoints, credentials: "anonymous" })

/** The URL of the emulator. */
export const emulatorUrl = Effect.map(NodeEmulator.NodeEmulator, ({ url }) => url)

/** Runs tmux on a server of its own. */
const tmux = (server: string, ...args: ReadonlyArray<string>): Effect.Effect<string, Error> =>
  Effect.async((resume) => {
    execFile("tmux", ["-L", server, "-f", "/dev/null", ...args], (error, stdout) => {
      resume(error === null ? Effect.succeed(stdout) : Effect.fail(error))
    })
  })

const size = ["new-session", "-d", "-s", "test", "-x", "100", "-y", "40"]

/** The screen does not show a text. */
class NotShown extends Data.TaggedError("NotShown")<{ readonly message: string }> {}

// A server that was killed can still end while the next one starts.
let servers = 0

/** A terminal that runs a command, as text on its screen. */
export const terminal = (command: string, env: Record<string, string>) =>
  Effect.gen(function*() {
    servers += 1
    const server = `command-line-${process.pid}-${servers}`
    const variables = Object.entries(env).map(([name, value]) => `${name}='${value}'`).join(" ")
    yield* Effect.acquireRelease(
      tmux(
        server,
        ...size,
        `env ${variables} ${process.execPath} ${binary} ${command}; echo "exit code $?"; sleep 60`
      ),
      () => Effect.ignore(tmux(server, "kill-server"))
    )
    const screen = tmux(server, "capture-pane", "-p", "-t", "test")
    return {
      /** The title, which an escape sequence of the output can change. */
      title: tmux(server, "display-message", "-p", "-t", "test", "#{pane_title}"),
      send: (...keys: ReadonlyArray<string>) => tmux(server, "send-keys", "-t", "test", ...keys),
      /** Waits until the screen shows a text, and returns the screen. */
      shows: (text: RegExp) =>
        screen.pipe(
          Effect.filterOrFail(
            (shown) => text.test(shown),
            (shown) => new NotShown({ message: `no ${text} in:\n${shown}` })
          ),
          Effect.retry(Schedule.intersect(Schedule.spaced("100 millis"), Schedule.recurs(150)))
        )
    }
  })
