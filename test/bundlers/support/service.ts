/** The emulator, and the environment of a program that calls it. */
import { Effect, ManagedRuntime, Stream } from "effect"
import { NodeEmulator } from "effect-sagemaker-runtime/node"
import { Emulator } from "effect-sagemaker-runtime/testing"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"

const { accessKeyId, secretAccessKey } = Emulator.credentials as {
  readonly accessKeyId: string
  readonly secretAccessKey: string
}

const emulator = NodeEmulator.layer({
  region: "eu-west-1",
  endpoints: [
    Emulator.endpoint("echo", ({ Body }) => Effect.succeed({ Body, ContentType: "application/json" })),
    Emulator.endpoint("story", () => Effect.succeed(Stream.make("once ", "upon ", "a ", "time"))),
    Emulator.endpoint("slow", () => Effect.never)
  ]
})

/** A running emulator. */
export interface Service {
  /** The variables of a program whose credentials are in the environment. */
  readonly environment: NodeJS.ProcessEnv
  /** The variables of a program whose credentials are in a profile, which needs AWS's providers. */
  readonly profile: NodeJS.ProcessEnv
  readonly close: () => Promise<void>
}

export const startService = async (): Promise<Service> => {
  const runtime = ManagedRuntime.make(emulator)
  const { url } = await runtime.runPromise(NodeEmulator.NodeEmulator)
  const folder = await mkdtemp(join(tmpdir(), "effect-sagemaker-service-"))
  const config = join(folder, "config")
  const printed = JSON.stringify({ Version: 1, AccessKeyId: accessKeyId, SecretAccessKey: secretAccessKey })
  await writeFile(join(folder, "credentials.json"), printed)
  await writeFile(config, `[profile process]\ncredential_process = cat ${join(folder, "credentials.json")}\n`)
  const common = {
    AWS_REGION: "eu-west-1",
    AWS_ENDPOINT_URL: url,
    AWS_CONFIG_FILE: config,
    AWS_SHARED_CREDENTIALS_FILE: join(folder, "none"),
    NO_PROXY: "127.0.0.1"
  }
  return {
    environment: { ...common, AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey },
    profile: { ...common, AWS_PROFILE: "process" },
    close: async () => {
      await runtime.dispose()
      await rm(folder, { recursive: true })
    }
  }
}
