import { type ChildProcess, execFile, spawn } from "node:child_process"
import { once } from "node:events"
import { existsSync, symlinkSync } from "node:fs"
import { createServer, type Server } from "node:http"
import type { AddressInfo } from "node:net"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { afterAll, assert, beforeAll, describe, it, vi } from "vitest"
import { type ExampleModels, startExampleModels } from "../support/exampleModels.ts"
import { leaveAfter, textOf } from "../support/sse.ts"

const root = fileURLToPath(new URL("../..", import.meta.url))
const frameworks = `${root}examples/frameworks`

let models: ExampleModels

beforeAll(async () => {
  models = await startExampleModels()
  Object.entries(models.env).forEach(([name, value]) => vi.stubEnv(name, value))
})

afterAll(async () => {
  const { client } = await import("../../examples/promise/score.ts")
  await client.close()
  await models.close()
  vi.unstubAllEnvs()
})

const urlOf = (server: Server) => `http://127.0.0.1:${(server.address() as AddressInfo).port}`

const postJson = async (url: string, value: unknown) => {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(value)
  })
  return [response.status, await response.json()] as const
}

/** The claims about `POST /score`. */
const itScores = (url: () => string) => {
  it("scores", async () => {
    assert.deepStrictEqual(await postJson(`${url()}/score`, { cpu: 0.2, load: 17 }), [200, { score: 0.9 }])
  })

  it("responds with the error's name", async () => {
    assert.deepStrictEqual(await postJson(`${url()}/score`, { cpu: 2, load: 17 }), [502, { error: "ModelError" }])
    assert.deepStrictEqual(await postJson(`${url()}/score`, { cpu: "high" }), [400, { error: "CodecError" }])
  })
}

const events = "data: \"Hello\"\n\ndata: \" you\"\n\ndata: \"\"\n\nevent: done\ndata:"

/** The claims about `GET /chat` with server-sent events. */
const itStreams = (url: () => string) => {
  it("streams tokens", async () => {
    assert.strictEqual((await textOf(`${url()}/chat?question=Hi`)).trim().replaceAll("data: \n", "data:\n"), events)
  })

  it("reports the error of the model", async () => {
    assert.strictEqual((await textOf(`${url()}/chat?question=fail`)).trim(), "event: error\ndata: ModelError")
  })

  it("closes the model's stream when the browser leaves", () =>
    leaveAfter(`${url()}/chat?question=wait`, "Hello", models.left))
}

describe("Express", () => {
  let server: Server

  beforeAll(async () => {
    const { app } = await import("../../examples/frameworks/express.ts")
    server = createServer(app).listen(0, "127.0.0.1")
    await once(server, "listening")
  })

  afterAll(() => {
    server.close()
    server.closeAllConnections()
  })

  itScores(() => urlOf(server))

  itStreams(() => urlOf(server))
})

describe("Hono", () => {
  let server: Server

  beforeAll(async () => {
    const { start } = await import("../../examples/frameworks/hono-server.ts")
    server = start(0) as Server
    await once(server, "listening")
  })

  afterAll(() => {
    server.close()
    server.closeAllConnections()
  })

  itScores(() => urlOf(server))
  itStreams(() => urlOf(server))
})

describe("NestJS", () => {
  let app: Awaited<ReturnType<typeof import("../../examples/frameworks/nest/main.ts").start>>

  beforeAll(async () => {
    const { start } = await import("../../examples/frameworks/nest/main.ts")
    app = await start(0)
  })

  itScores(() => urlOf(app.getHttpServer() as Server))

  it("closes its client", async () => {
    const { ScoringService } = await import("../../examples/frameworks/nest/scoring.ts")
    const service = app.get(ScoringService)
    await app.close()
    const error: unknown = await service.score({ cpu: 0.2, load: 17 }).catch((error: unknown) => error)
    assert.propertyVal(error, "_tag", "ClientClosedError")
  })
})

/** Lets the program import the package as it is built. Effect is found in the folder of the repository. */
const linkPackage = () => {
  const link = `${frameworks}/node_modules/effect-sagemaker-runtime`
  if (!existsSync(link)) {
    symlinkSync(root, link)
  }
}

describe("Next.js", () => {
  const next = `${frameworks}/node_modules/next/dist/bin/next`
  const cwd = `${frameworks}/next`
  let server: ChildProcess
  let url = ""

  beforeAll(async () => {
    linkPackage()
    const env = { ...process.env, NEXT_TELEMETRY_DISABLED: "1", NODE_ENV: "production" }
    await promisify(execFile)(process.execPath, [next, "build", "--webpack"], { cwd, env })
    server = spawn(process.execPath, [next, "start", "--port", "0", "--hostname", "127.0.0.1"], { cwd, env })
    url = await new Promise<string>((resolve, reject) => {
      let output = ""
      server.stdout!.on("data", (text) => {
        output += String(text)
        const found = /http:\/\/127\.0\.0\.1:\d+/.exec(output)?.[0]
        if (found !== undefined) {
          resolve(found)
        }
      })
      server.once("exit", () => reject(new Error(output)))
    })
  })

  afterAll(() => server?.kill())

  itStreams(() => url)
})
