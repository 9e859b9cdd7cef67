import { defineConfig } from "vite"

export default defineConfig({
  build: { ssr: "src/app.js", outDir: "dist/vite" },
  ssr: { noExternal: true }
})
