/** Puts the files of the package, as npm publishes them, beside the bundlers. */
import { mkdir, mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { folder, root, run } from "./run.ts"

export default async () => {
  const target = join(folder, "node_modules/effect-sagemaker-runtime")
  const temporary = await mkdtemp(join(tmpdir(), "effect-sagemaker-bundlers-"))
  try {
    const output = await run("npm pack --ignore-scripts --json --pack-destination " + temporary, { cwd: root })
    const [{ filename }] = JSON.parse(output) as [{ readonly filename: string }]
    await rm(target, { recursive: true, force: true })
    await mkdir(target)
    await run(`tar -xzf ${join(temporary, filename)} -C ${target} --strip-components 1`, { cwd: root })
  } finally {
    await rm(temporary, { recursive: true })
  }
}
