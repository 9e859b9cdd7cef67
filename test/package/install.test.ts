import { execFile } from "node:child_process"
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { afterAll, assert, beforeAll, describe, it } from "vitest"

const root = fileURLToPath(new URL("../..", import.meta.url))

const run = async (file: string, args: ReadonlyArray<string>, cwd: string, env: NodeJS.ProcessEnv = {}) => {
  try {
    const { stdout } = await promisify(execFile)(file, args, {
      cwd,
      env: { ...process.env, ...env },
      maxBuffer: 2 ** 26
    })
    return stdout.trim()
  } catch (error) {
    const { stderr = "", stdout = "" } = error as { readonly stderr?: string; readonly stdout?: string }
    throw new Error(`${[file, ...args].join(" ")} failed:\n${stdout}${stderr}`, { cause: error })
  }
}

/** The programs in the README, by file name. */
const programsOf = (readme: string): ReadonlyArray<readonly [name: string, text: string]> =>
  [...readme.matchAll(/<!-- examples\/(\S+) -->\n```ts\n([\s\S]*?)```/g)].map((
    [, name = "", text = ""]
  ) => [name, text])

/** The packages of the README's install command. */
const installsOf = (readme: string, flags: string): ReadonlyArray<string> =>
  (new RegExp(`npm i ${flags}([^\`\\n]*)`).exec(readme)?.[1] ?? "").trim().split(" ")

/** A program with the optional peer of `./ai`. */
const aiProgram = `
import { LanguageModel } from "@effect/ai"
import { Console, Effect, Layer } from "effect"
import { ModelEndpoint, SageMakerRuntime, Signer } from "effect-sagemaker-runtime"
import { SageMakerLanguageModel } from "effect-sagemaker-runtime/ai"
import { Emulator } from "effect-sagemaker-runtime/testing"

const Body = JSON.stringify({ choices: [{ index: 0, message: { content: "hello" }, finish_reason: "stop" }] })
const llama = Emulator.endpoint("llama", () => Effect.succeed({ ContentType: "application/json", Body }))
const client = SageMakerRuntime.layer({ region: "eu-west-1" }).pipe(
  Layer.provide([Signer.layerAnonymous, Emulator.layerHttpClient({ endpoints: [llama], credentials: "anonymous" })])
)
const model = SageMakerLanguageModel.model(ModelEndpoint.chat("llama"), { temperature: 0 })

await LanguageModel.generateText({ prompt: [{ role: "user", content: "Hi", options: { sagemaker: { name: "Ada" } } }] }).pipe(
  Effect.flatMap(({ content }) =>
    Console.log(content.flatMap((part) => part.type === "finish" ? part.metadata.sagemaker?.rawFinishReason : []).join())
  ),
  Effect.provide(model),
  Effect.provide(client),
  Effect.runPromise
)
`

const settings = {
  NodeNext: { module: "NodeNext", moduleResolution: "NodeNext" },
  Bundler: { module: "ESNext", moduleResolution: "Bundler" }
}

let project = ""
let files: ReadonlyArray<string> = []

beforeAll(async () => {
  project = await mkdtemp(join(tmpdir(), "effect-sagemaker-package-"))
  const readme = await readFile(join(root, "README.md"), "utf8")
  const [packed] = JSON.parse(
    await run("npm", ["pack", "--json", "--pack-destination", project], root)
  ) as [
    { readonly filename: string; readonly files: ReadonlyArray<{ readonly path: string }> }
  ]
  files = packed.files.map(({ path }) => path)
  const [name = "", ...peers] = installsOf(readme, "(?!-)")
  assert.strictEqual(name, "effect-sagemaker-runtime")
  await writeFile(join(project, "package.json"), JSON.stringify({ type: "module", private: true }))
  const tools = ["typescript-5@npm:typescript@~5.9", "typescript-7@npm:typescript@~7.0", "tsx@4", "@types/node@20"]
  await run("npm", ["i", "--no-audit", "--no-fund", join(project, packed.filename), ...peers], project)
  await run("npm", ["i", "--no-audit", "--no-fund", "-D", ...tools, ...installsOf(readme, "-D ")], project)
  await run("npm", ["i", "--no-audit", "--no-fund", "@effect/ai@0.37"], project)
  await writeFile(join(project, "ai-program.ts"), aiProgram)
  const programs = programsOf(readme).map(([file, text]) => writeFile(join(project, file), text))
  const configurations = Object.entries(settings).map(([resolution, options]) => {
    const compilerOptions = {
      ...options,
      target: "ES2022",
      lib: ["ES2023", "DOM", "DOM.Iterable"],
      types: ["node"],
      strict: true,
      exactOptionalPropertyTypes: true,
      skipLibCheck: true,
      allowImportingTsExtensions: true,
      noEmit: true
    }
    return writeFile(
      join(project, `tsconfig.${resolution}.json`),
      JSON.stringify({ compilerOptions, include: ["*.ts"] })
    )
  })
  await Promise.all([...programs, ...configurations])
})

afterAll(() => rm(project, { recursive: true, force: true }))

const compilers = ["typescript-5", "typescript-7"].flatMap((compiler) =>
  Object.keys(settings).map((resolution) => ({ compiler, resolution }))
)

const output = "anomaly score: 0.9"

const node20 = (program: string, env?: NodeJS.ProcessEnv) =>
  run(process.execPath, ["node_modules/tsx/dist/cli.mjs", program], project, env)

const node24 = (program: string, env?: NodeJS.ProcessEnv) =>
  run("npx", ["--yes", "-p", "node@24", "node", program], project, env)

/** Runs `use` with a local server that returns a score for every request. */
const withService = async <A>(use: (environment: NodeJS.ProcessEnv) => Promise<A>): Promise<A> => {
  const server = createServer((request, response) => {
    request.resume().on(
      "end",
      () =>
        response.setHeader("content-type", "application/json").setHeader("content-length", 13).end("{\"score\":0.9}")
    )
  })
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening))
  try {
    return await use({
      AWS_REGION: "eu-west-1",
      AWS_ENDPOINT_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      AWS_ACCESS_KEY_ID: "AKIDEXAMPLE",
      AWS_SECRET_ACCESS_KEY: "wJalrXUtnFEMI",
      NO_PROXY: "127.0.0.1"
    })
  } finally {
    server.close()
    server.closeAllConnections()
  }
}

it("the package contains the build, the source and the guides, and nothing else", () => {
  const texts = ["CHANGELOG.md", "LICENSE", "README.md", "package.json"]
  assert.sameMembers(files.filter((path) => !/^(?:dist|src|docs)\//.test(path)), texts)
  assert.sameMembers([...new Set(files.map((path) => path.replace(/^.*\./, "")))], [
    "LICENSE",
    "js",
    "json",
    "map",
    "md",
    "svg",
    "ts",
    "txt",
    "yaml"
  ])
  assert.deepStrictEqual(files.filter((path) => path.startsWith("docs/site/")), [])
})

it(
  "the command of the installed package calls an endpoint, and names a package that is not installed",
  () =>
    withService(async (environment) => {
      const command = (...args: ReadonlyArray<string>) =>
        run("npx", ["--no-install", "effect-sagemaker-runtime", ...args], project, environment)
      assert.strictEqual(await command("invoke", "anomaly-v2", "--body", "{}"), "{\"score\":0.9}")
      await writeFile(join(project, "rows.parquet"), "PAR1PAR1")
      const failure = await command("batch", "rows.parquet", "out.jsonl", "--endpoint", "anomaly-v2").catch(String)
      assert.match(failure, /error: .*hyparquet/)
      assert.notMatch(failure, / at |node_modules/)
    }),
  60_000
)

/** Checks an object of a store on Amazon S3, and prints the size of the object or the error. */
const objectStoreProgram = `
import { Effect, Layer } from "effect"
import { Credentials, ObjectStore } from "effect-sagemaker-runtime"
import { NodeHttpClient } from "effect-sagemaker-runtime/node"
import { S3ObjectStore } from "effect-sagemaker-runtime/s3"

const live = S3ObjectStore.layer({ region: "eu-west-1" }).pipe(
  Layer.provide([Credentials.layerEnv, NodeHttpClient.layer()])
)

const size = Effect.gen(function*() {
  const { head } = yield* ObjectStore.ObjectStore
  return (yield* head("s3://models/input.json")).size
})

console.log(await Effect.runPromise(size.pipe(
  Effect.provide(live),
  Effect.catchAll(({ _tag, message }) => Effect.succeed(\`\${_tag}: \${message}\`))
)))
`

describe("with the installed package, an object store on Amazon S3", () => {
  const size = () => withService((environment) => run(process.execPath, ["object-store.mjs"], project, environment))

  it("names the packages to install, then works with them", async () => {
    await writeFile(join(project, "object-store.mjs"), objectStoreProgram)
    const missing = await size()
    assert.match(missing, /^ObjectStoreError: .*npm install @aws-sdk\/client-s3 @aws-sdk\/lib-storage$/)
    const peers = ["@aws-sdk/client-s3@~3.1164.0", "@aws-sdk/lib-storage@~3.1164.0"]
    await run("npm", ["i", "--no-audit", "--no-fund", ...peers], project)
    assert.strictEqual(await size(), String("{\"score\":0.9}".length))
  })
})

/** Calls a server with the pooled client, and prints the response. */
const commonJsProgram = `
const { Effect } = require("effect")
const { invokeEndpoint } = require("effect-sagemaker-runtime")
const { NodeSageMaker } = require("effect-sagemaker-runtime/node")

const client = NodeSageMaker.layer({ http: { keepAliveTimeout: "10 seconds" } })
const call = Effect.provide(invokeEndpoint({ EndpointName: "anomaly", Body: "{}" }), client)
Effect.runPromise(call).then(({ Body }) => console.log(new TextDecoder().decode(Body)))
`

describe("with the installed package, a CommonJS program", () => {
  it.each([["this Node", "node"], ["Node 24", "npx --yes -p node@24 node"]])("runs on %s", async (_, command) => {
    await writeFile(join(project, "program.cjs"), commonJsProgram)
    const [file, ...args] = [...command.split(" "), "program.cjs"]
    assert.strictEqual(await withService((environment) => run(file, args, project, environment)), "{\"score\":0.9}")
  })

  it("needs no installed undici", async () => {
    assert.notInclude(await readdir(join(project, "node_modules")), "undici")
  })
})

describe("with the installed package, the programs of the README", () => {
  it.each(compilers)("compile with $compiler and moduleResolution $resolution", async ({ compiler, resolution }) => {
    assert.strictEqual(
      await run(process.execPath, [`node_modules/${compiler}/bin/tsc`, "-p", `tsconfig.${resolution}.json`], project),
      ""
    )
  })

  it.each([["this Node", node20], ["Node 24", node24]] as const)(
    "run on %s with the emulator",
    async (_, start) => {
      assert.strictEqual(await start("local-emulator.ts"), output)
    }
  )

  it.each([["this Node", node20], ["Node 24", node24]] as const)("run on %s with @effect/ai", async (_, start) => {
    assert.strictEqual(await start("ai-program.ts"), "stop")
  })

  it.each([["this Node", node20], ["Node 24", node24]] as const)("run on %s with a local server", async (_, start) => {
    assert.strictEqual(await withService((environment) => start("first-call.ts", environment)), output)
    assert.strictEqual(await withService((environment) => start("call-score.ts", environment)), output)
  })

  it("pass their own tests with a mock layer", async () => {
    assert.match(await run(process.execPath, ["node_modules/vitest/vitest.mjs", "run"], project), /2 passed/)
  })
})
