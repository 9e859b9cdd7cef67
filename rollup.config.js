/**
 * Puts the modules of `dist` together for Node, which loads few files sooner than many. Bundlers get the modules, to
 * leave out what an app does not use.
 */
import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"

const fileOf = (path) => fileURLToPath(new URL(path, import.meta.url))
const { exports, imports } = JSON.parse(readFileSync(fileOf("package.json"), "utf8"))

const entries = Object.values(exports).flatMap(({ module }) => module ?? [])
const nameOf = (path) => /dist\/(.*)\.js$/.exec(path)[1]
const apart = /^(node|testing)\/|^internal\/signatureV4$/

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
