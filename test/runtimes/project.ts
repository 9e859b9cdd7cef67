/** A project in which the packed package is installed, with the programs of this folder. It is made once for all tests. */
import { build, type BuildOptions } from "esbuild"
import { execFile } from "node:child_process"
import { copyFile, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"

const root = fileURLToPath(new URL("../..", import.meta.url))
const here = fileURLToPath(new URL(".", import.meta.url))

const exec = promisify(execFile)

interface Manifest {
  readonly name: string
  readonly dependencies: { readonly [name: string]: string }
  readonly peerDependencies: { readonly [name: string]: string }
}

/** Links the dependencies that the package declares to those of the repository. */
const link = (modules: string, names: ReadonlyArray<string>) =>
  Promise.all(names.map(async (name) => {
    await mkdir(dirname(join(modules, name)), { recursive: true })
    await symlink(join(root, "node_modules", name), join(modules, name))
  }))

const processOptions = (folder: string, name: string): BuildOptions => ({
  absWorkingDir: folder,
  entryPoints: [`${name}.ts`],
  bundle: true,
  format: "esm",
  platform: "node",
  tsconfigRaw: {}
})

const bundleProcess = (folder: string, name: string) =>
  build({ ...processOptions(folder, name), outfile: `${name}.js`, packages: "external" })

/** The CommonJS packages of a bundle of ES modules load Node's modules with `require`. */
const banner = { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url)" }

/** Bundles all packages, with a chunk for each dynamic import. */
const bundleChunks = (folder: string, name: string) =>
  build({ ...processOptions(folder, name), outdir: "chunks", splitting: true, banner })

/** Bundles all packages, with a stub in place of the package's part of undici. */
const bundleStubs = (folder: string, name: string) =>
  build({
    ...processOptions(folder, name),
    outdir: "stubs",
    banner,
    plugins: [{
      name: "stubs",
      setup: ({ onLoad, onResolve }) => {
        onResolve({ filter: /\/undici\.js$/ }, ({ path }) => ({ path, namespace: "stubs" }))
        onLoad({ filter: /^/, namespace: "stubs" }, () => ({
          contents: "export class Pool {}; export const buildConnector = undefined, openTunnel = undefined"
        }))
      }
    }]
  })

/** Bundles the program for runtimes that have `fetch` and no modules. */
const bundleWeb = (folder: string, format: "esm" | "iife") =>
  build({
    absWorkingDir: folder,
    entryPoints: ["web.ts"],
    outfile: `web.${format}.js`,
    bundle: true,
    format,
    globalName: "program",
    platform: "browser",
    conditions: ["worker", "browser"],
    tsconfigRaw: {}
  })

/** Packs the built package, installs it in a new folder, and compiles the programs there. */
const makeProject = async (): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), "effect-sagemaker-runtimes-"))
  const modules = join(folder, "node_modules")
  const manifest = JSON.parse(await readFile(join(root, "package.json"), "utf8")) as Manifest
  const installed = join(modules, manifest.name)
  await mkdir(installed, { recursive: true })
  const packed = await exec("npm", ["pack", "--silent", "--ignore-scripts", "--pack-destination", folder], {
    cwd: root
  })
  await exec("tar", ["xzf", join(folder, packed.stdout.trim()), "-C", installed, "--strip-components=1"])
  await link(modules, Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies }))
  await writeFile(join(folder, "package.json"), JSON.stringify({ type: "module" }))
  const programs = ["checks.ts", "options.ts", "process.ts", "web.ts"]
  await Promise.all(programs.map((name) => copyFile(join(here, name), join(folder, name))))
  await bundleProcess(folder, "process")
  await bundleProcess(folder, "options")
  await bundleChunks(folder, "options")
  await bundleStubs(folder, "options")
  await bundleWeb(folder, "esm")
  await bundleWeb(folder, "iife")
  return folder
}

/** The folder of the project. */
export const projectFolder = (): string => process.env["RUNTIMES_PROJECT"] ?? ""

/** Makes the project before all tests and removes it afterwards. */
export default async () => {
  const folder = await makeProject()
  process.env["RUNTIMES_PROJECT"] = folder
  return () => rm(folder, { recursive: true, force: true })
}
