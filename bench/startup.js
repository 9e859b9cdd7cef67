/** Start times: import of a module, and the first call in a new process. */
import { build } from "esbuild"
import { execFile } from "node:child_process"
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"

const here = fileURLToPath(new URL(".", import.meta.url))
const environment = { ...process.env, AWS_SDK_JS_SUPPRESS_MAINTENANCE_MODE_MESSAGE: "1", NODE_NO_WARNINGS: "1" }

const runNode = async (args) =>
  Number((await promisify(execFile)(process.execPath, args, { cwd: here, env: environment })).stdout)

/** Milliseconds to import a module after the `loaded` modules. */
export const importTime = (module, loaded) =>
  runNode([
    "--input-type=module",
    "-e",
    `${loaded.map((name) => `await import(${JSON.stringify(name)})\n`).join("")}
     const start = performance.now()
     await import(${JSON.stringify(module)})
     console.log(performance.now() - start)`
  ])

const withFolder = async (use) => {
  const folder = await mkdtemp(join(here, "bundles-"))
  try {
    return await use(folder)
  } finally {
    await rm(folder, { recursive: true })
  }
}

/** Milliseconds that Node needs to resolve the modules of Effect that this package imports, when they are already loaded. */
export const resolveTime = () =>
  withFolder(async (folder) => {
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

/** Milliseconds from process start to the first response, without a bundler. */
export const firstCall = (client, url) =>
  runNode(["--input-type=module", "-e", program(`./clients/${client}.js`, url)])

const requireInModules = "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);"

/** Runs `use` with a function that measures the first call of a bundled program. */
export const withBundles = (clients, url, use) =>
  withFolder(async (folder) => {
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
    return use((client) => runNode([join(folder, `${client}.mjs`)]))
  })
