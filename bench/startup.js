/** Start times: import of a module, and the first call in a new process, with and without a bundler. */
import { build } from "esbuild"
import { execFile } from "node:child_process"
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"

const here = fileURLToPath(new URL(".", import.meta.url))

/** Variables such as `NODE_EXTRA_CA_CERTS` change the start of Node. */
const { HOME, PATH } = process.env
const environment = { HOME, PATH, AWS_SDK_JS_SUPPRESS_MAINTENANCE_MODE_MESSAGE: "1", NODE_NO_WARNINGS: "1" }

/** What a program prints at its end: the time and the CPU time since the start of the process, in ms. */
const printTimes = `
  const { system, user } = process.cpuUsage()
  console.log(JSON.stringify({ millis: performance.now(), cpu: (user + system) / 1_000 }))
  process.exit()`

const runNode = async (args, env = {}) =>
  JSON.parse((await promisify(execFile)(process.execPath, args, { cwd: here, env: { ...environment, ...env } })).stdout)

const importAll = (modules) => modules.map((name) => `await import(${JSON.stringify(name)})\n`).join("")

/** The time and the CPU time to import modules after the `loaded` modules, in ms. */
export const importTime = (modules, loaded) =>
  runNode([
    "--input-type=module",
    "-e",
    `${importAll(loaded)}
     const start = performance.now()
     const before = process.cpuUsage()
     ${importAll(modules)}
     const { system, user } = process.cpuUsage(before)
     console.log(JSON.stringify({ millis: performance.now() - start, cpu: (user + system) / 1_000 }))`
  ])

const withFolder = async (use) => {
  const folder = await mkdtemp(join(here, "bundles-"))
  try {
    return await use(folder)
  } finally {
    await rm(folder, { recursive: true })
  }
}

/** The time that Node needs to resolve the modules of Effect that the main entry imports, when they are already loaded. */
export const resolveTime = () =>
  withFolder(async (folder) => {
    const files = await Promise.all(
      ["client", "models"].map((name) => readFile(join(here, `../dist/bundled/internal/${name}.js`), "utf8"))
    )
    const named = [...new Set(files.join("\n").match(/(?<= from ")(?:@effect\/platform|effect)\/\w+(?=";)/g))]
    const file = join(folder, "named.mjs")
    await writeFile(file, named.map((name) => `import ${JSON.stringify(name)}\n`).join(""))
    return importTime([file], named)
  })

const requireInModules = "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);"

const bundle = (program, folder, splitting) =>
  build({
    entryPoints: { [program]: join(here, `start/${program}.js`) },
    outdir: folder,
    outExtension: { ".js": ".mjs" },
    plugins: [{
      name: "print-times",
      setup: (esbuild) => {
        esbuild.onLoad({ filter: new RegExp(`/start/${program}\\.js$`) }, async ({ path }) => ({
          contents: (await readFile(path, "utf8")) + printTimes
        }))
      }
    }],
    tsconfigRaw: {},
    bundle: true,
    splitting,
    minify: true,
    platform: "node",
    format: "esm",
    mainFields: ["module", "main"],
    target: "node20",
    banner: { js: requireInModules },
    logLevel: "error"
  })

/** The ways to run a program: the files as they are, a bundle of one file, and a bundle with code splitting. */
export const ways = ["unbundled", "bundled", "split"]

/** Runs `use` with a function that runs a program in a new process, up to its first response. */
export const withPrograms = (programs, url, use) =>
  withFolder(async (folder) => {
    const fileOf = { unbundled: (name) => join(here, "start", `measured-${name}.js`) }
    try {
      for (const name of programs) {
        const source = await readFile(join(here, `start/${name}.js`), "utf8")
        await writeFile(fileOf.unbundled(name), source + printTimes)
        await bundle(name, join(folder, "bundled"), false)
        await bundle(name, join(folder, "split", name), true)
      }
      fileOf.bundled = (name) => join(folder, "bundled", `${name}.mjs`)
      fileOf.split = (name) => join(folder, "split", name, `${name}.mjs`)
      return await use((name, way) => runNode([fileOf[way](name)], { BENCH_URL: url }))
    } finally {
      await Promise.all(programs.map((name) => rm(fileOf.unbundled(name), { force: true })))
    }
  })
