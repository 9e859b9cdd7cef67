import { assert, it } from "@effect/vitest"
import { Emulator } from "effect-sagemaker-runtime/testing"
import { readFileSync } from "node:fs"

const accessKeyId = Emulator.credentials.accessKeyId as string
const secretAccessKey = Emulator.credentials.secretAccessKey as string

it.each(["asynchronous-inference", "batch-cluster", "durable-inference", "testing"])(
  "%s sets the credentials of the emulator",
  (guide) => {
    const text = readFileSync(`docs/guides/${guide}.md`, "utf8")
    assert.include(text, `export AWS_ACCESS_KEY_ID=${accessKeyId} AWS_SECRET_ACCESS_KEY=${secretAccessKey}\n`)
  }
)
