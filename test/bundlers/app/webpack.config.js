import { fileURLToPath } from "node:url"

export default {
  mode: "production",
  target: "node",
  entry: "./src/app.js",
  output: {
    path: fileURLToPath(new URL("dist/webpack", import.meta.url)),
    filename: "app.cjs",
    chunkFilename: "[name].cjs"
  }
}
