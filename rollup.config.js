/**
 * Bundles the modules of `dist` for Node, which loads few files faster than many. Bundlers use the modules themselves, so
 * that they can drop unused code.
 */
import { transform } from "esbuild"
import { readdirSync, readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"

const fileOf = (path) => fileURLToPath(new URL(path, import.meta.url))
const { imports } = JSON.parse(readFileSync(fileOf("package.json"), "utf8"))

const publicModules = readdirSync(fileOf("dist")).filter((file) => file.endsWith(".js"))
const entryPoints = ["ai", "node", "s3", "testing"].map((name) => `dist/${name}/index.js`)
const entries = [...entryPoints, ...publicModules.map((file) => `dist/${file}`)]
const nameOf = (path) => /dist\/(.*)\.js$/.exec(path)[1]
const apart = /^(ai|node|s3|testing)\//

/** What a program with a client imports. The other modules are in a file of their own, which the main entry imports. */
const coreModules = ["InvokeEndpoint", "InvokeEndpointAsync", "InvokeEndpointWithResponseStream", "Resilience", "node/index"]
  .map((name) => fileOf(`dist/${name}.js`))

/** The given modules, and the modules that they import. */
const withImports = (ids, getModuleInfo, found = new Set()) => {
  for (const id of ids.filter((each) => !found.has(each))) {
    found.add(id)
    withImports(getModuleInfo(id)?.importedIds ?? [], getModuleInfo, found)
  }
  return found
}

let core

const chunkOf = (id, { getModuleInfo }) => {
  if (apart.test(nameOf(id))) {
    return undefined
  }
  core ??= withImports(coreModules, getModuleInfo)
  return core.has(id) ? "client" : "models"
}

export default {
  input: Object.fromEntries(entries.map((path) => [nameOf(path), fileOf(path)])),
  plugins: [
    { name: "imports", resolveId: (id) => imports[id] && fileOf(imports[id].node) },
    // Node parses comments too: without them, the files load a tenth faster.
    { name: "comments", renderChunk: (code) => transform(code, { format: "esm", legalComments: "none" }) }
  ],
  external: (id) => /^[^./#]/.test(id),
  treeshake: false,
  output: {
    dir: "dist/bundled",
    chunkFileNames: "[name].js",
    hoistTransitiveImports: false,
    manualChunks: chunkOf
  }
}
