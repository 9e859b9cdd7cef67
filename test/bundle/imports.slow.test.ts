import { assert, describe, it } from "@effect/vitest"
import { execFile } from "node:child_process"
import { existsSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"

const dist = (path: string) => new URL(`../../dist/${path}`, import.meta.url)

const hook = `
export const resolve = async (specifier, context, next) => {
  const resolved = await next(specifier, context)
  process._rawDebug(resolved.url)
  return resolved
}`

const script = (entry: URL) => `
import { register } from "node:module"
register(${JSON.stringify(`data:text/javascript,${encodeURIComponent(hook)}`)})
await import(${JSON.stringify(entry.href)})`

const packageOf = (url: string) => /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1]

/** Returns the packages that a built module imports. */
const packagesOf = async (path: string): Promise<ReadonlyArray<string>> => {
  const entry = dist(path)
  assert.isTrue(existsSync(fileURLToPath(entry)), `dist/${path} is missing: run npm run build first`)
  const { stderr } = await promisify(execFile)(
    process.execPath,
    ["--input-type=module", "--eval", script(entry)],
    { maxBuffer: 2 ** 26 }
  )
  const loaded = stderr.split("\n").filter((line) => line.startsWith("file:"))
  assert.include(loaded, entry.href)
  return [...new Set(loaded.flatMap((url) => packageOf(url) ?? []))].toSorted()
}

const ofEffect = ["@effect/platform", "effect", "fast-check", "multipasta", "pure-rand"]
const expected = new Set([...ofEffect, "eventsource-parser"])

describe.concurrent("An entry point imports no package except Effect's and eventsource-parser:", () => {
  it.each([
    "bundled/node/index.js",
    "bundled/index.js",
    "bundled/parquet/index.js",
    "bundled/promise/index.js",
    "bundled/s3/index.js",
    "node/index.js",
    "index.js",
    "parquet/index.js",
    "promise/index.js",
    "s3/index.js"
  ])("%s", async (path) => {
    const others = (await packagesOf(path)).filter((name) => !expected.has(name))
    assert.deepStrictEqual(others, [])
  })

  it.each(["bundled/ai/index.js", "ai/index.js"])("%s, except @effect/ai", async (path) => {
    const others = (await packagesOf(path)).filter((name) => !expected.has(name))
    assert.deepStrictEqual(others, ["@effect/ai", "@effect/experimental"])
  })

  it.each(["bundled/workflow/index.js", "workflow/index.js"])("%s, except @effect/workflow", async (path) => {
    const others = (await packagesOf(path)).filter((name) => !expected.has(name))
    assert.deepStrictEqual(others, ["@effect/workflow"])
  })

  it("the rules of the signer are detected as another package", async () => {
    assert.include(await packagesOf("internal/signer/signingRules.js"), "@smithy/signature-v4")
  })
})
