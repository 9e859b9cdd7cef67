import { join } from "node:path"
import { afterAll, assert, beforeAll, describe, it } from "vitest"
import { folder, root, run } from "./support/run.ts"
import { type Service, startService } from "./support/service.ts"

let service: Service

beforeAll(async () => {
  service = await startService()
})

afterAll(() => service.close())

const inFolder = (name: string, command: string) =>
  run(`${command} 2>&1`, { cwd: join(folder, name), env: service.environment })

describe("test runners load the package", () => {
  it("Jest, with its default configuration", async () => {
    assert.match(await inFolder("jest", "jest"), /Tests: +8 passed, 8 total/)
  })

  it("ts-jest", async () => {
    assert.match(await inFolder("ts-jest", "jest"), /Tests: +2 passed, 2 total/)
  })

  it("node --test, from CommonJS and from ES modules", async () => {
    assert.match(await inFolder("node-test", "node --test"), /pass 2\n/)
  })

  it("Vitest", async () => {
    const vitest = join(root, "node_modules/vitest/vitest.mjs")
    assert.match(await inFolder("vitest", `node ${vitest} run --root .`), /Tests +1 passed/)
  })
})

it("the CommonJS output of tsc, with decorators as in NestJS", async () => {
  const results = { unary: "hello", stream: "once upon a time", error: "ValidationError" }
  assert.strictEqual(await inFolder("nest", "tsc -p tsconfig.json && node dist/main.js"), JSON.stringify(results))
})

describe("TypeScript resolves the types", () => {
  const typescript7 = `node ${join(root, "node_modules/typescript/bin/tsc")}`

  it.each([
    ["moduleResolution node16, in CommonJS files and mixed", "tsc -p tsconfig.node16.json"],
    ["moduleResolution bundler", "tsc -p tsconfig.bundler.json"],
    ["moduleResolution node10", "tsc -p tsconfig.node10.json"],
    ["TypeScript 7, moduleResolution node16", `${typescript7} -p tsconfig.node16.json`],
    ["TypeScript 7, moduleResolution bundler", `${typescript7} -p tsconfig.bundler.json`]
  ])("%s", async (_, command) => {
    assert.strictEqual(await inFolder("types", command), "")
  })
})
