import { assert, it } from "@effect/vitest"
import { Emulator } from "effect-sagemaker-runtime/testing"
import { readFileSync } from "node:fs"

it.each(["asynchronous-inference", "durable-inference"])("%s sets the credentials of the emulator", (guide) => {
  const text = readFileSync(`docs/guides/${guide}.md`, "utf8")
  const { accessKeyId, secretAccessKey } = Emulator.credentials
  assert.include(
    text,
    `export AWS_ACCESS_KEY_ID=${String(accessKeyId)} AWS_SECRET_ACCESS_KEY=${String(secretAccessKey)}\n`
  )
})
