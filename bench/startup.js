/** What a program costs before its first answer: its import, and a first call in a fresh process. */
import { build } from "esbuild"
import { execFile } from "node:child_process"
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"

const here = fileURLToPath(new URL(".", import.meta.url))
const environment = { ...process.env, AWS_SDK_JS_SUPPRESS_MAINTENANCE_MODE_MESSAGE: "1", NODE_NO_WARNINGS: "1" }

const printed = async (args) =>
  Number((await promisify(execFile)(process.execPath, args, { cwd: here, env: environment })).stdout)

/** Milliseconds a module takes to import where others are imported already. */
export const importTime = (module, before) =>
  printed([
    "--input-type=module",
    "-e",
    `${before.map((name) => `await import(${JSON.stringify(name)})\n`).join("")}
     const start = performance.now()
     await import(${JSON.stringify(module)})
     console.log(performance.now() - start)`
  ])

const inFolder = async (use) => {
  const folder = await mkdtemp(join(here, "bundles-"))
  try {
    return await use(folder)
  } finally {
    await rm(folder, { recursive: true })
  }
}

/** Milliseconds Node takes to find the modules of Effect that this package names, where all are loaded already. */
export const findTime = () =>
  inFolder(async (folder) => {
    const client = await readFile(join(here, "../dist/bundled/client.js"), "utf8")
    const named = [...client.matchAll(/ from '((?:@effect\/platform|effect)\/\w+)';/g)].map(([, name]) => name)
    const file = join(folder, "named.mjs")
    await writeFile(file, named.map((name) => `import ${JSON.stringify(name)}\n`).join(""))
    return importTime(file, named)
  })

const program = (client, url) =>
  `import { make } from ${JSON.stringify(client)}
   const client = make(${JSON.stringify(url)})
   await client.calls(1, 1, Buffer.alloc(1024, "b"), () => {})
   console.log(performance.now())
   process.exit()`

/** Milliseconds from the start of a process to its first answer, unbundled. */
export const firstCall = (client, url) =>
  printed(["--input-type=module", "-e", program(`./clients/${client}.js`, url)])

const requireInModules = "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);"

/** Runs with a function that gives the same of a bundled program. */
export const withBundles = (clients, url, use) =>
  inFolder(async (folder) => {
    await Promise.all(clients.map((client) =>
      build({
        stdin: { contents: program(`./clients/${client}.js`, url), resolveDir: here },
        outfile: join(folder, `${client}.mjs`),
        tsconfigRaw: {},
        bundle: true,
        minify: true,
        platform: "node",
        format: "esm",
        target: "node20",
        banner: { js: requireInModules },
        logLevel: "error"
      })
    ))
    return use((client) => printed([join(folder, `${client}.mjs`)]))
  })
