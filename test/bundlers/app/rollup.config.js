import commonjs from "@rollup/plugin-commonjs"
import json from "@rollup/plugin-json"
import nodeResolve from "@rollup/plugin-node-resolve"

export default {
  input: "src/app.js",
  output: { dir: "dist/rollup", format: "es" },
  plugins: [nodeResolve({ exportConditions: ["node"], preferBuiltins: true }), commonjs(), json()]
}
