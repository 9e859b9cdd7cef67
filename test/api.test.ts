import { readdir, readFile } from "node:fs/promises"
import { expect, it } from "vitest"
import manifest from "../package.json" with { type: "json" }
import { entryPoints } from "./support/entryPoints.ts"

/** A declaration file without its comments. */
const declared = async (path: string): Promise<string> => {
  const text = await readFile(new URL(`../${path}`, import.meta.url), "utf8")
  return text.replace(/^import type /gm, "import ").replace(/[ \t]*\/\*[\s\S]*?\*\/\n?/g, "").replace(
    /^\s*\/\/.*\n?/gm,
    ""
  )
    .replace(/\n{2,}/g, "\n").trim()
}

/** A declaration file and those that it exports, directly or not. */
const modulesOf = async (path: string): Promise<ReadonlyArray<string>> => {
  const text = await declared(path)
  const folder = path.replace(/[^/]*$/, "")
  const exported = [...text.matchAll(/export \*(?: as \w+)? from "\.\/([\w/]+)\.(?:js|ts)"/g)]
  const below = await Promise.all(exported.map(([, name]) => modulesOf(`${folder}${name}.d.ts`)))
  return [path, ...below.flat()]
}

it("The public surface matches its snapshot (update it with `npx vitest run test/api.test.ts -u`)", async () => {
  const paths = new Set((await Promise.all(entryPoints.map((name) => modulesOf(`./dist/${name}.d.ts`)))).flat())
  const surface = await Promise.all(
    [...paths].toSorted().map(async (path) => `// ${path.replace("./dist/", "")}\n${await declared(path)}\n`)
  )
  await expect(surface.join("\n")).toMatchFileSnapshot("fixtures/api.txt")
})

it("No module in a folder is an entry point", async () => {
  const entries = await readdir(new URL("../src", import.meta.url), { withFileTypes: true })
  const folders = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name)
  expect(folders).toContain("cli")
  expect(folders.filter((name) => (manifest.exports as Record<string, unknown>)[`./${name}/*`] !== null)).toEqual([])
})
