import { NodeFileSystem, NodePath } from "@effect/platform-node"
import { Effect, Layer } from "effect"
import { ObjectStore } from "effect-sagemaker-runtime"
import { NodeEmulator } from "effect-sagemaker-runtime/node"
import { Emulator } from "effect-sagemaker-runtime/testing"
import { execFile } from "node:child_process"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"

export const region = "eu-west-1"

export const keys = { accessKeyId: "AKIDEMULATOR", secretAccessKey: "emulator-secret-access-key" }

/** A folder that is removed with the scope. */
export const temporaryFolder = Effect.acquireRelease(
  Effect.promise(() => mkdtemp(join(tmpdir(), "s3-"))),
  (folder) => Effect.promise(() => rm(folder, { recursive: true, force: true }))
)

/** A store of files in a temporary folder. */
const fileSystemStore = Layer.unwrapScoped(
  Effect.map(temporaryFolder, (folder) => ObjectStore.layerFileSystem(join(folder, "objects")))
).pipe(Layer.provide([NodeFileSystem.layer, NodePath.layer]))

const echo = Emulator.endpoint("echo", ({ Body }) => Effect.succeed(Body))

/** An emulator that stores its objects as files. */
export const s3Emulator = (options: Partial<NodeEmulator.NodeEmulatorOptions> = {}) =>
  Layer.unwrapEffect(
    Effect.map(ObjectStore.ObjectStore, (objectStore) =>
      NodeEmulator.layer({ endpoints: [echo], region, objectStore, ...options }))
  ).pipe(Layer.provideMerge(fileSystemStore))

/** The result of a command. */
export interface CommandResult {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs a command that uses the emulator through the settings of its environment. */
export const runAgainstEmulator = (
  command: string,
  args: ReadonlyArray<string>,
  options: { readonly cwd?: string; readonly env?: Record<string, string> } = {}
): Effect.Effect<CommandResult, never, NodeEmulator.NodeEmulator> =>
  Effect.flatMap(NodeEmulator.NodeEmulator, ({ url }) =>
    Effect.async<CommandResult>((resume) => {
      const env = {
        ...process.env,
        AWS_ENDPOINT_URL: url,
        AWS_ACCESS_KEY_ID: keys.accessKeyId,
        AWS_SECRET_ACCESS_KEY: keys.secretAccessKey,
        AWS_REGION: region,
        AWS_DEFAULT_REGION: region,
        AWS_CONFIG_FILE: "/nonexistent",
        AWS_SHARED_CREDENTIALS_FILE: "/nonexistent",
        AWS_EC2_METADATA_DISABLED: "true",
        AWS_PAGER: "",
        ...options.env
      }
      const settings = { cwd: options.cwd, env, maxBuffer: 64 * 1024 * 1024 }
      const child = execFile(command, args, settings, (error, stdout, stderr) => {
        const code = error === null ? 0 : Number(error.code ?? 1)
        resume(Effect.succeed({ code, stdout, stderr }))
      })
      return Effect.sync(() => child.kill())
    }))

/** Whether a command succeeds: then the program is installed. */
export const isInstalled = (command: string, ...args: ReadonlyArray<string>): Promise<boolean> =>
  new Promise((resolve) => {
    execFile(command, args, (error) => resolve(error === null))
  })
