import { spawn } from "node:child_process"
import { cp, mkdtemp, readFile, rm } from "node:fs/promises"
import { createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, assert, beforeAll, describe, it, vi } from "vitest"
import { folder, root, run } from "./support/run.ts"
import { type Service, startService } from "./support/service.ts"

const app = join(folder, "app")
const nextApp = join(folder, "next")

let service: Service
let guide = ""
/** Where bundles run: a folder without packages. */
let empty = ""

beforeAll(async () => {
  service = await startService()
  guide = await readFile(join(root, "docs/guides/bundling.md"), "utf8")
  empty = await mkdtemp(join(tmpdir(), "effect-sagemaker-empty-"))
  await Promise.all(
    [join(app, "dist"), join(nextApp, ".next")].map((path) => rm(path, { recursive: true, force: true }))
  )
})

afterAll(async () => {
  await service.close()
  await rm(empty, { recursive: true, force: true })
})

/** The first command below a heading of the guide. */
const commandOf = (heading: string): string => {
  const section = guide.split(/^#{2,3} /m).find((text) => text.startsWith(`${heading}\n`)) ?? ""
  const command = /```sh\n(.*)\n```/.exec(section)?.[1]
  assert.isDefined(command, `the guide has no command below ${heading}`)
  return command
}

/** Builds with the command of the guide, and copies the output to a folder without packages. */
const build = async (heading: string): Promise<void> => {
  await run(commandOf(heading), { cwd: app })
  await cp(join(app, "dist"), empty, { recursive: true })
}

const results = JSON.stringify({ unary: "hello", stream: "once upon a time", error: "ValidationError" })

const bundles = [
  { heading: "esbuild, ES module", output: "app.mjs" },
  { heading: "esbuild, chunks", output: "chunks/app.mjs" },
  { heading: "esbuild, CommonJS", output: "app.cjs" },
  { heading: "Rollup", output: "rollup/app.js", module: true },
  { heading: "webpack", output: "webpack/app.cjs" },
  { heading: "Vite", output: "vite/app.js", module: true }
]

describe("the command of the guide builds a program that runs without packages", () => {
  for (const { heading, output } of bundles) {
    it(heading, async () => {
      await build(heading)
      const program = join(empty, output)
      assert.strictEqual(await run(`node ${program}`, { cwd: empty, env: service.environment }), results)
      assert.strictEqual(await run(`node ${program}`, { cwd: empty, env: service.profile }), results)
    })
  }
})

describe("a Lambda function", () => {
  const invokeTwice = `
    const { handler } = await import(process.argv[1])
    console.log(await handler({ text: "first" }), await handler({ text: "second" }))
    process.exit()`
  const lambda = (): NodeJS.ProcessEnv => ({
    ...service.environment,
    AWS_LAMBDA_FUNCTION_NAME: "score",
    _X_AMZN_TRACE_ID: "Root=1-5759e988-bd862e3fe1be46a994272793",
    SOURCE: invokeTwice
  })
  const invoke = (node: string, output: string) =>
    run(`${node} --input-type=module -e "$SOURCE" ${join(empty, output)}`, { cwd: empty, env: lambda() })

  it.each([
    ["AWS Lambda, ES module", "lambda/index.mjs"],
    ["AWS Lambda, CommonJS", "lambda/index.cjs"]
  ])("%s", async (heading, output) => {
    await build(heading)
    assert.strictEqual(await invoke("node", output), "first second")
    assert.strictEqual(await invoke("npx --yes -p node@20 node", output), "first second")
    assert.strictEqual(await invoke("npx --yes -p node@24 node", output), "first second")
  })
})

const freePort = () =>
  new Promise<number>((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const address = server.address()
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0))
    })
  })

describe("Next.js", () => {
  let url = ""
  let stop = () => {}

  beforeAll(async () => {
    await run(commandOf("Next.js"), { cwd: nextApp })
    const port = await freePort()
    url = `http://127.0.0.1:${port}`
    const server = spawn(process.execPath, [
      join(folder, "node_modules/next/dist/bin/next"),
      "start",
      "-p",
      String(port)
    ], {
      cwd: nextApp,
      env: { ...process.env, ...service.environment, NODE_ENV: "production" },
      stdio: "ignore"
    })
    stop = () => server.kill()
    await vi.waitFor(() => fetch(url), { timeout: 30_000, interval: 200 })
  }, 180_000)

  afterAll(() => stop())

  const post = async (path: string, body: string) => {
    const response = await fetch(url + path, { method: "POST", body })
    return `${response.status} ${await response.text()}`
  }

  it("a route handler", async () => {
    assert.strictEqual(await post("/api/score", "hello"), "200 hello")
  })

  it("a route handler that streams", async () => {
    assert.strictEqual(await post("/api/stream", ""), "200 once upon a time")
  })

  it("a route handler on the Edge runtime", async () => {
    assert.strictEqual(await post("/api/edge", "hello"), "200 hello")
  })
})
