import { Effect, Exit, Layer, Redacted, Scope } from "effect"
import { NodeEmulator } from "effect-sagemaker-runtime/node"
import { mkdir, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { afterAll, assert, beforeAll, describe, it } from "vitest"
import { serveResponses, stsDocument } from "../support/credentialServers.ts"
import { observedEndpoints } from "../support/observedEndpoints.ts"
import { serve } from "../support/server.ts"
import type { Results } from "./checks.ts"
import { NotAvailable, runBrowser, runEdge, runProcess, runWorkerd } from "./hosts.ts"
import manifest from "./package.json" with { type: "json" }
import { projectFolder } from "./project.ts"
import {
  isExpected,
  isReason,
  lineOf,
  type Outcome,
  readmeLines,
  type RuntimeRow,
  tableOf,
  writeReadme
} from "./table.ts"
import type { Environment } from "./web.ts"

const scope = Effect.runSync(Scope.make())

const accessKeyId = "AKIDEMULATOR"
const secretAccessKey = "a-secret-of-the-emulator"

const project = projectFolder()
let web: Environment
let environment: { readonly [name: string]: string } = {}

const temporary = {
  AccessKeyId: accessKeyId,
  SecretAccessKey: secretAccessKey,
  Token: "",
  Expiration: "2099-01-01T00:00:00Z"
}

/** The container's credentials endpoint, and STS. */
const credentialServer = serveResponses(({ body, method }) => ({
  body: method === "GET"
    ? temporary
    : stsDocument(new URLSearchParams(body).get("Action") ?? "", "emulator")
      .replace("AKID-emulator", accessKeyId).replace("secret-emulator", secretAccessKey)
      .replace(/<SessionToken>.*<\/SessionToken>/, "<SessionToken></SessionToken>")
}))

const startServers = Effect.gen(function*() {
  const emulator = yield* Layer.build(NodeEmulator.layer({
    region: "eu-west-1",
    endpoints: observedEndpoints,
    credentials: { accessKeyId, secretAccessKey: Redacted.make(secretAccessKey) }
  }))
  const { url } = yield* Effect.provide(NodeEmulator.NodeEmulator, emulator)
  return { url, credentials: (yield* credentialServer).url }
})

/** The URL of a port on which no server listens any more. */
const unusedUrl = (): Promise<string> =>
  Effect.runPromise(Effect.scoped(Effect.map(serve((_, response) => response.end()), ({ url }) => url)))

const writeProfiles = async (folder: string) => {
  await mkdir(join(folder, "aws"))
  await writeFile(join(folder, "aws/credentials.json"), JSON.stringify({ Version: 1, ...temporary }))
  await writeFile(
    join(folder, "aws/config"),
    `[profile process]\ncredential_process = cat "${join(folder, "aws/credentials.json")}"\n`
  )
  await writeFile(
    join(folder, "aws/credentials"),
    `[fixed]\naws_access_key_id = ${accessKeyId}\naws_secret_access_key = ${secretAccessKey}\n`
  )
}

beforeAll(async () => {
  const { credentials, url } = await Effect.runPromise(Effect.provideService(startServers, Scope.Scope, scope))
  await writeProfiles(project)
  web = {
    EMULATOR_URL: url,
    UNREACHABLE_URL: await unusedUrl(),
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey
  }
  environment = {
    ...web,
    SECRET_ACCESS_KEY: secretAccessKey,
    AWS_CONFIG_FILE: join(project, "aws/config"),
    AWS_SHARED_CREDENTIALS_FILE: join(project, "aws/credentials"),
    AWS_CONTAINER_CREDENTIALS_FULL_URI: credentials,
    AWS_ENDPOINT_URL_STS: credentials,
    AWS_EC2_METADATA_DISABLED: "true"
  }
})

afterAll(() => Effect.runPromise(Scope.close(scope, Exit.void)))

const everySource = "environment, profile, process, container, role"
const pools = "`NodeSageMaker`, undici"

const onProcess = (runtime: Parameters<typeof runProcess>[0]) => () =>
  runProcess<Results>(runtime, project, "process", environment)

/** The installed version of a runtime, without its patch level. */
const minorOf = (name: keyof typeof manifest.dependencies): string =>
  manifest.dependencies[name].split(".").slice(0, 2).join(".")

const rows: ReadonlyArray<RuntimeRow & { readonly run: () => Promise<Results> }> = [
  { name: "Node.js 20", client: pools, credentials: everySource, run: onProcess("20") },
  { name: "Node.js 22", client: pools, credentials: everySource, run: onProcess("22") },
  { name: "Node.js 24", client: pools, credentials: everySource, run: onProcess("24") },
  {
    name: `Bun ${minorOf("bun")}`,
    client: "`NodeSageMaker`, `fetch`",
    credentials: everySource,
    run: onProcess("bun")
  },
  { name: `Deno ${minorOf("deno")}`, client: pools, credentials: everySource, run: onProcess("deno") },
  {
    name: "Cloudflare Workers (workerd)",
    client: "`FetchHttpClient`",
    credentials: "bindings",
    run: () => runWorkerd(project, web)
  },
  {
    name: "Vercel Edge (`@edge-runtime/vm` 5)",
    client: "`FetchHttpClient`",
    credentials: "`process.env`",
    run: () => runEdge(project, web)
  },
  {
    name: "Browsers (Chromium), through a proxy",
    client: "`FetchHttpClient`",
    credentials: "provider",
    run: () => runBrowser(project, web)
  }
]

const outcomes = new Map<string, Outcome>()

const outcomeOf = async ({ run }: (typeof rows)[number]): Promise<Outcome> => {
  try {
    return await run()
  } catch (error) {
    if (error instanceof NotAvailable) {
      return { reason: error.message }
    }
    throw error
  }
}

describe("On each runtime, the built package passes the checks:", () => {
  it.for(rows)("$name", { timeout: 150_000 }, async (row, { skip }) => {
    const outcome = await outcomeOf(row)
    outcomes.set(row.name, outcome)
    if (isReason(outcome)) {
      skip(outcome.reason)
    } else {
      const failed = Object.entries(outcome).filter(([, result]) => !isExpected(result))
      assert.strictEqual(failed.map(([name, result]) => `${name}: ${result}`).join("\n"), "")
    }
  })
})

it("The README's table has these results", async () => {
  const failed: Outcome = { reason: "the program failed" }
  const lines = rows.map((row) => lineOf(row, outcomes.get(row.name) ?? failed))
  console.log(tableOf(lines))
  if (process.env["RUNTIMES_TABLE"] === "write") {
    await writeReadme(lines)
  }
  const documented = await readmeLines()
  assert.strictEqual(documented.length, rows.length)
  rows.forEach((row, index) => {
    const outcome = outcomes.get(row.name)
    if (outcome !== undefined && !isReason(outcome)) {
      assert.strictEqual(documented[index], lineOf(row, outcome))
    }
  })
})
