import { assert, describe, it } from "@effect/vitest"
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

const src = fileURLToPath(new URL("../../src", import.meta.url))
const code = (file: string) => readFileSync(file, "utf8").replaceAll(/^\s*(\/\*\*|\*).*$/gm, "")

const modules = readdirSync(src, { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".ts") && !file.endsWith(".d.ts"))
  .map((file) => join(src, file))

/** The modules of this package that are loaded on demand. */
const onDemand = modules.flatMap((file) =>
  [...code(file).matchAll(/import\("(\.[^"]+)"\)/g)].map(([, path = ""]) => join(file, "..", path))
)

/** What a module imports when it is loaded, directly or through other modules of this package. */
const importsOf = (file: string, seen = new Set<string>()): ReadonlyArray<string> => {
  if (seen.has(file)) {
    return []
  }
  seen.add(file)
  const names = [...code(file).matchAll(/^(?:import|export) (?!type\b)(?:[^"()]* from )?"([^"]+)"/gm)].map((
    [, name = ""]
  ) => name)
  return names.flatMap((name) => (name.startsWith(".") ? importsOf(join(file, "..", name), seen) : [name]))
}

// A bundler without code splitting puts a module that is loaded on demand, and all that it imports, into functions. With
// Effect in such functions, a program starts later.
describe("A module that is loaded on demand does not import Effect:", () => {
  it("there are such modules", () => {
    assert.include(onDemand, join(src, "node/internal/credentials/providerScope.ts"))
    assert.include(importsOf(join(src, "Signer.ts")), "effect/Effect")
  })

  // Only tests use the emulator.
  const inPrograms = onDemand.filter((file) => !/testing|emulator/.test(file))

  it.each(inPrograms.map((file) => file.slice(src.length + 1)))("%s", (file) => {
    assert.deepStrictEqual(importsOf(join(src, file)).filter((name) => /^(effect|@effect\/)/.test(name)), [])
  })
})
