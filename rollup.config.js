/**
 * Bundles the modules of `dist` for Node, which loads few files faster than many. Bundlers use the modules themselves, so
 * that they can drop unused code.
 */
import { readdirSync, readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"

const fileOf = (path) => fileURLToPath(new URL(path, import.meta.url))
const { imports } = JSON.parse(readFileSync(fileOf("package.json"), "utf8"))

const publicModules = readdirSync(fileOf("dist")).filter((file) => file.endsWith(".js"))
const entryPoints = ["ai", "node", "s3", "testing"].map((name) => `dist/${name}/index.js`)
const entries = [...entryPoints, ...publicModules.map((file) => `dist/${file}`)]
const nameOf = (path) => /dist\/(.*)\.js$/.exec(path)[1]
const apart = /^(ai|node|s3|testing)\//

export default {
  input: Object.fromEntries(entries.map((path) => [nameOf(path), fileOf(path)])),
  plugins: [{ name: "imports", resolveId: (id) => imports[id] && fileOf(imports[id].node) }],
  external: (id) => /^[^./#]/.test(id),
  treeshake: false,
  output: {
    dir: "dist/bundled",
    chunkFileNames: "[name].js",
    hoistTransitiveImports: false,
    manualChunks: (id) => (apart.test(nameOf(id)) ? undefined : "client")
  }
}
