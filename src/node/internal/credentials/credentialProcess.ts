/** Runs the command of a `credential_process`. */
import { type ChildProcess, spawn } from "node:child_process"

/** In bytes, of standard output. */
const maxOutputBytes = 1024 * 1024

/** Kills the process and all processes that it has started. On Windows only the process itself. */
const killGroup = ({ pid }: ChildProcess): void => {
  if (pid !== undefined) {
    try {
      process.kill(process.platform === "win32" ? pid : -pid, "SIGKILL")
    } catch {
      // The process has ended.
    }
  }
}

/** The source's failure is recognised by this text. The output can contain secrets, so it is not part of the error. */
const failed = (exitCode?: number | null) =>
  new Error(typeof exitCode === "number" ? `Command failed with exit code ${exitCode}` : "Command failed")

/** Returns what the command printed. The command runs in a shell, in a new process group. */
export const runCredentialProcess = (command: string, signal: AbortSignal): Promise<{ readonly stdout: string }> =>
  new Promise((resolve, reject) => {
    const child = spawn(command, {
      shell: true,
      detached: process.platform !== "win32",
      windowsHide: true,
      stdio: ["ignore", "pipe", "ignore"]
    })
    const chunks: Array<Uint8Array> = []
    let size = 0
    const kill = () => killGroup(child)
    const end = () => {
      signal.removeEventListener("abort", stop)
      process.removeListener("exit", kill)
    }
    // A process that left the group keeps standard output open. It must not delay the end of this process.
    const stop = () => {
      end()
      kill()
      child.stdout?.destroy()
      child.unref()
      reject(failed())
    }
    signal.addEventListener("abort", stop)
    process.once("exit", kill)
    child.stdout?.on("data", (chunk: Uint8Array) => {
      chunks.push(chunk)
      size += chunk.length
      if (size > maxOutputBytes) {
        stop()
      }
    })
    child.once("error", () => {
      end()
      reject(failed())
    })
    child.once("close", (exitCode) => {
      end()
      if (exitCode === 0) {
        resolve({ stdout: Buffer.concat(chunks).toString("utf8") })
      } else {
        reject(failed(exitCode))
      }
    })
    if (signal.aborted) {
      stop()
    }
  })
