/** Bundles an example from its TypeScript source and runs it, for instance `node examples/run.js demo`. */
import { buildSync } from "esbuild"

const [name] = process.argv.splice(2, 1)
const outfile = `build/demo/${name}.js`

buildSync({
  entryPoints: [`examples/${name}.ts`],
  outfile,
  bundle: true,
  packages: "external",
  platform: "node",
  format: "esm",
  tsconfig: "tsconfig.json"
})

await import(`../${outfile}`)
