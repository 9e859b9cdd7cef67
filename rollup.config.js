/**
 * Bundles the modules of `dist` for Node, which loads few files faster than many: as ES modules in `dist/bundled`, and as
 * CommonJS with its type declarations in `dist/cjs`. Bundlers use the modules themselves, so that they can drop unused
 * code.
 */
import { build, transform } from "esbuild"
import { readdirSync, readFileSync } from "node:fs"
import { readFile, rm, writeFile } from "node:fs/promises"
import { createRequire } from "node:module"
import { posix } from "node:path"
import { fileURLToPath } from "node:url"

const fileOf = (path) => fileURLToPath(new URL(path, import.meta.url))
const textOf = (path) => readFileSync(fileOf(path), "utf8")
const { imports } = JSON.parse(textOf("package.json"))

const publicModules = readdirSync(fileOf("dist")).filter((file) => file.endsWith(".js"))
const entryPoints = ["ai", "node", "parquet", "promise", "s3", "testing", "workflow"].map((name) => `dist/${name}/index.js`)
const entries = [...entryPoints, ...publicModules.map((file) => `dist/${file}`)]
const nameOf = (path) => /dist\/(.*)\.js$/.exec(path)?.[1] ?? path
const apart = /^(ai|node|parquet|promise|s3|testing|workflow)\/|^internal\/signer\/signingRules$|^node\/internal\/http\/undici$/

/** Resolves the package's own imports to the modules for Node. */
const nodeImports = {
  name: "node-imports",
  resolveId: (id) => imports[id]?.node && fileOf(imports[id].node)
}

const require = createRequire(import.meta.url)

/** esbuild makes ES modules of CommonJS modules, but leaves `require` of built-ins, which is no part of an ES module. */
const builtinsWithoutRequire = {
  name: "builtins-without-require",
  setup: ({ onLoad }) =>
    onLoad({ filter: /[\\/]undici[\\/]lib[\\/].*\.js$/ }, async ({ path }) => ({
      contents: (await readFile(path, "utf8")).replace(/\brequire\(('node:[\w/]+')\)/g, "process.getBuiltinModule($1)")
    }))
}

/** This package uses undici for HTTP/1.1 only. Without this plugin, undici loads Node's HTTP/2 modules. */
const withoutHttp2 = {
  name: "without-http2",
  setup: (esbuild) => {
    esbuild.onLoad({ filter: /[\\/]undici[\\/]lib[\\/]dispatcher[\\/]client-h2\.js$/ }, () => ({
      contents: `module.exports = () => { throw new Error("HTTP/2 is not supported") }`
    }))
  }
}

const undiciModule = fileOf("dist/node/internal/http/undici.js")

const bundleUndici = async () => {
  const { outputFiles } = await build({
    entryPoints: [undiciModule],
    bundle: true,
    write: false,
    format: "esm",
    platform: "node",
    target: "node20",
    legalComments: "none",
    minifyWhitespace: true,
    plugins: [withoutHttp2, builtinsWithoutRequire]
  })
  const code = outputFiles[0].text
  if (code.includes("Dynamic require")) {
    throw new Error("undici requires a module that is not a built-in module of Node, or that has an unexpected name")
  }
  const { version } = require("undici/package.json")
  const license = readFileSync(require.resolve("undici/LICENSE"), "utf8").trim()
  return `/*!\n * undici ${version}\n *\n${license.replace(/^/gm, " * ").replace(/ +$/gm, "")}\n */\n${code}`
}

/**
 * Bundles the used part of undici. Bundlers cannot make an ES module of undici itself, because it requires built-in modules
 * of Node. The part loads in a third of the time.
 */
const undici = {
  name: "undici",
  async load(id) {
    if (id !== undiciModule) {
      return undefined
    }
    const code = await bundleUndici()
    await writeFile(undiciModule, code)
    await rm(`${undiciModule}.map`)
    return code
  }
}

/** Node parses comments too: without them, the files load a tenth faster. */
const withoutComments = {
  name: "without-comments",
  renderChunk: (code, { fileName }, { format }) =>
    fileName.endsWith("undici.js")
      ? null
      : transform(code, { format: format === "es" ? "esm" : "cjs", legalComments: "none" })
}

/** The modules that a program with a client imports. The others are in a separate file, which the main entry imports. */
const clientModules = [
  "InvokeEndpoint",
  "InvokeEndpointAsync",
  "InvokeEndpointWithResponseStream",
  "Resilience",
  "node/index"
].map((name) => fileOf(`dist/${name}.js`))

/** The given modules, and the modules that they import. */
const withImports = (ids, getModuleInfo, found = new Set()) => {
  for (const id of ids.filter((each) => !found.has(each))) {
    found.add(id)
    withImports(getModuleInfo(id)?.importedIds ?? [], getModuleInfo, found)
  }
  return found
}

let client

const chunkOf = (id, { getModuleInfo }) => {
  if (apart.test(nameOf(id))) {
    return undefined
  }
  client ??= withImports(clientModules, getModuleInfo)
  return client.has(id) ? "client" : "models"
}

const importedTypes = /(?:from|import\() ?"(\.[^"]+)\.ts"/g

/** The declaration files that `path` imports, and itself. */
const declarations = (path, found = new Map()) => {
  if (!found.has(path)) {
    const text = textOf(`dist/${path}.d.ts`).replace(/\n\/\/# sourceMappingURL=.*/, "")
    found.set(path, text)
    for (const [, relative] of text.matchAll(importedTypes)) {
      declarations(posix.join(posix.dirname(path), relative), found)
    }
  }
  return found
}

/** TypeScript reads the format of a declaration file from the nearest package.json. */
const commonJsTypes = {
  name: "commonjs-types",
  generateBundle() {
    const found = new Map()
    for (const entry of entries) {
      declarations(nameOf(entry), found)
    }
    for (const [path, source] of found) {
      this.emitFile({ type: "asset", fileName: `${path}.d.ts`, source })
    }
    this.emitFile({ type: "asset", fileName: "package.json", source: `{ "type": "commonjs" }\n` })
  }
}

const output = {
  chunkFileNames: "internal/[name].js",
  hoistTransitiveImports: false,
  manualChunks: chunkOf
}

export default {
  input: Object.fromEntries(entries.map((path) => [nameOf(path), fileOf(path)])),
  plugins: [nodeImports, undici, withoutComments],
  external: (id) => /^[^./#]/.test(id),
  treeshake: false,
  output: [
    { ...output, dir: "dist/bundled", format: "es" },
    {
      ...output,
      dir: "dist/cjs",
      format: "cjs",
      esModule: true,
      // Test runners and bundlers follow `require`.
      dynamicImportInCjs: false,
      interop: "esModule",
      externalLiveBindings: false,
      plugins: [commonJsTypes]
    }
  ]
}
