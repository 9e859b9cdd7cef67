/**
 * Bundles the command line with the packages that only it uses, so that programs with this library install nothing more.
 * The library itself, its dependencies and its peers are not part of the bundle.
 */
import { build } from "esbuild"
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs"

const { dependencies, peerDependencies } = JSON.parse(readFileSync("package.json", "utf8"))
const installed = ["effect-sagemaker-runtime", ...Object.keys(dependencies), ...Object.keys(peerDependencies)]

const { metafile } = await build({
  entryPoints: ["src/cli/main.ts"],
  outfile: "dist/cli/main.js",
  bundle: true,
  format: "esm",
  platform: "node",
  target: "node20",
  external: installed.flatMap((name) => [name, `${name}/*`]),
  // CommonJS packages require built-in modules of Node.
  banner: {
    js: `#!/usr/bin/env node
import { createRequire as createRequireOfBundle } from "node:module"
const require = createRequireOfBundle(import.meta.url)`
  },
  legalComments: "eof",
  metafile: true,
  minifyWhitespace: true,
  // Without the path aliases of tsconfig.json, which would add modules of src.
  tsconfigRaw: {}
})

/** The folders of the packages in the bundle. */
const folders = new Set(
  Object.keys(metafile.inputs).flatMap((path) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0] ?? [])
)

const licenseOf = (folder) => {
  const { license, name, version } = JSON.parse(readFileSync(`${folder}/package.json`, "utf8"))
  const file = existsSync(folder) && readdirSync(folder).find((each) => /^licen[cs]e/i.test(each))
  return `${name} ${version} (${license})\n\n${file ? readFileSync(`${folder}/${file}`, "utf8").trim() : ""}\n`
}

writeFileSync("dist/cli/LICENSES.txt", [...folders].toSorted().map(licenseOf).join(`\n${"-".repeat(80)}\n\n`))
