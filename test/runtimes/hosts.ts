/** Runs the compiled programs on each runtime. */
import { execFile, spawn } from "node:child_process"
import { existsSync } from "node:fs"
import { readFile, writeFile } from "node:fs/promises"
import { createServer, request } from "node:http"
import { createRequire } from "node:module"
import type { AddressInfo } from "node:net"
import { join } from "node:path"
import { pipeline, type Readable } from "node:stream"
import { text } from "node:stream/consumers"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { chromium } from "playwright"
import type { Results } from "./checks.ts"
import type { Environment } from "./web.ts"

const exec = promisify(execFile)

const binary = (name: string) => fileURLToPath(new URL(`node_modules/.bin/${name}`, import.meta.url))

/** A runtime that cannot be started here. Its message is the reason in the table. */
export class NotAvailable extends Error {}

const firstLine = (error: unknown): string =>
  String(error instanceof Error ? error.message : error).split("\n")[0] ?? ""

/** Returns the first line that a command prints. */
const probe = async (command: string, args: ReadonlyArray<string>, name: string): Promise<string> => {
  try {
    const { stdout } = await exec(command, args, { timeout: 120_000 })
    return stdout.trim().split("\n").at(-1) ?? ""
  } catch (error) {
    throw new NotAvailable(`${name} could not be installed or started (${firstLine(error)})`)
  }
}

/** The executable of a major version of Node. */
const nodeOf = (major: number): Promise<string> =>
  process.versions.node.startsWith(`${major}.`)
    ? Promise.resolve(process.execPath)
    : probe("npx", ["--yes", "-p", `node@${major}`, "-c", "node -p process.execPath"], `Node.js ${major}`)

const denoPermissions = ["net", "env", "read", "sys", "run"].map((name) => `--allow-${name}`)

/** Returns the command that runs a program on a runtime. */
const commandOf = async (runtime: string): Promise<readonly [string, ...ReadonlyArray<string>]> => {
  if (runtime === "bun") {
    await probe(binary("bun"), ["--version"], "Bun")
    return [binary("bun"), "run"]
  }
  if (runtime === "deno") {
    await probe(binary("deno"), ["--version"], "Deno")
    return [binary("deno"), "run", "--no-prompt", "--node-modules-dir=manual", ...denoPermissions]
  }
  return [await nodeOf(Number(runtime))]
}

/** Runs a program as a process. Its last line of output is its result in JSON. */
export const runProcess = async <A>(
  runtime: "20" | "22" | "24" | "bun" | "deno",
  project: string,
  program: string,
  environment: { readonly [name: string]: string }
): Promise<A> => {
  const [command, ...args] = await commandOf(runtime)
  const inherited = Object.entries(process.env).filter(([name]) => !/^(AWS_|NODE_|VITEST|.*_proxy$)/i.test(name))
  const { stderr, stdout } = await exec(command, [...args, join(project, `${program}.js`)], {
    cwd: project,
    env: { ...Object.fromEntries(inherited), DENO_NO_UPDATE_CHECK: "1", ...environment },
    timeout: 120_000
  })
  try {
    return JSON.parse(stdout.trim().split("\n").at(-1) ?? "") as A
  } catch {
    throw new Error(`The program wrote no result.\n${stdout}${stderr}`)
  }
}

const workerdConfig = (environment: Environment): string => {
  const bindings = Object.entries(environment).map(([name, value]) =>
    `(name = "${name}", text = ${JSON.stringify(value)})`
  )
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = (
      modules = [(name = "worker", esModule = embed "web.esm.js")],
      compatibilityDate = "2026-11-01",
      bindings = [${bindings.join(", ")}],
      globalOutbound = "network"
    )),
    (name = "network", network = (allow = ["private", "public"]))
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")]
);
`
}

/** Waits for the port that workerd reports on its control pipe. */
const portOf = (control: Readable, ended: Promise<unknown>): Promise<number> =>
  new Promise((resolve, reject) => {
    control.once("data", (line: Buffer) => resolve((JSON.parse(line.toString()) as { readonly port: number }).port))
    ended.then(() => reject(new Error("workerd has ended")), reject)
  })

/** Runs the program in a Worker. */
export const runWorkerd = async (project: string, environment: Environment): Promise<Results> => {
  await probe(binary("workerd"), ["--version"], "workerd")
  const config = join(project, "config.capnp")
  await writeFile(config, workerdConfig(environment))
  const workerd = spawn(binary("workerd"), ["serve", "--control-fd=3", config], {
    stdio: ["ignore", "inherit", "pipe", "pipe"]
  })
  const errors = text(workerd.stderr as Readable)
  const ended = new Promise<void>((resolve) => workerd.once("close", resolve))
  try {
    const port = await portOf(workerd.stdio[3] as Readable, ended)
    const response = await fetch(`http://127.0.0.1:${port}/`)
    return await response.json() as Results
  } catch (cause) {
    workerd.kill()
    throw new Error(`workerd failed: ${await errors}`, { cause })
  } finally {
    workerd.kill()
    await ended
  }
}

interface EdgeRuntime {
  readonly EdgeVM: new(options: { readonly extend: (context: object) => object }) => {
    readonly evaluate: (code: string) => unknown
    readonly dispatchFetch: (url: string) => Promise<Response>
  }
}

/** Runs the program in the virtual machine of Vercel's edge runtime, which does not allow generated code. */
export const runEdge = async (project: string, environment: Environment): Promise<Results> => {
  let edge: EdgeRuntime
  try {
    edge = createRequire(import.meta.url)("@edge-runtime/vm") as EdgeRuntime
  } catch (error) {
    throw new NotAvailable(`@edge-runtime/vm could not be loaded (${firstLine(error)})`)
  }
  const vm = new edge.EdgeVM({ extend: (context) => Object.assign(context, { process: { env: environment } }) })
  vm.evaluate(await readFile(join(project, "web.iife.js"), "utf8"))
  vm.evaluate(
    "addEventListener('fetch', (event) => event.respondWith(program.default.fetch(event.request, process.env)))"
  )
  const response = await vm.dispatchFetch("http://localhost/")
  return await response.json() as Results
}

/** A server with the page, which forwards calls to the emulator from the page's own origin, with their `host`. */
const pageServer = (target: string, script: string) =>
  createServer((incoming, outgoing) => {
    const { headers, method, url = "" } = incoming
    if (!url.startsWith("/endpoints/")) {
      outgoing.writeHead(200, { "content-type": "text/html" })
      outgoing.end(`<!doctype html><script>${script.replaceAll("</script", "<\\/script")}</script>`)
      return
    }
    const forwarded = request(new URL(url, target), { headers, method }, (response) => {
      outgoing.writeHead(response.statusCode ?? 502, response.headers)
      outgoing.flushHeaders()
      pipeline(response, outgoing, () => forwarded.destroy())
    })
    outgoing.once("close", () => forwarded.destroy())
    pipeline(incoming, forwarded, () => undefined)
  })

const chromiumPath = [
  process.env["CHROMIUM"],
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome"
].find((path) => path !== undefined && existsSync(path))

/** Runs the program in a page of Chromium. */
export const runBrowser = async (project: string, environment: Environment): Promise<Results> => {
  if (chromiumPath === undefined) {
    throw new NotAvailable("no Chromium was found: install it or set CHROMIUM to its path")
  }
  const server = pageServer(environment.EMULATOR_URL, await readFile(join(project, "web.iife.js"), "utf8"))
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const browser = await chromium.launch({ executablePath: chromiumPath, args: ["--no-sandbox", "--disable-gpu"] })
  try {
    const page = await browser.newPage()
    await page.goto(origin)
    const settings = JSON.stringify({ ...environment, EMULATOR_URL: origin })
    return await page.evaluate<Results>(`program.run(${settings})`)
  } finally {
    await browser.close()
    server.close()
    server.closeAllConnections()
  }
}
