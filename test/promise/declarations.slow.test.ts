import { execFile } from "node:child_process"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { assert, it } from "vitest"

const root = fileURLToPath(new URL("../..", import.meta.url))

it("the declarations compile without the types of Node, and with the library of ES2022", async () => {
  const folder = await mkdtemp(join(tmpdir(), "effect-sagemaker-types-"))
  try {
    await writeFile(join(folder, "program.ts"), `export { Client } from "${root}dist/promise/index.js"\n`)
    const options = ["--target", "es2022", "--lib", "es2022,dom", "--module", "nodenext", "--strict", "--noEmit"]
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [join(root, "node_modules/typescript/bin/tsc"), ...options, "--types", "", "program.ts"],
      { cwd: folder }
    ).catch(({ stdout }: { readonly stdout: string }) => ({ stdout }))
    assert.notInclude(stdout, "dist/promise")
  } finally {
    await rm(folder, { recursive: true })
  }
})
