/// <reference types="@vitest/browser/providers/playwright" />
import { existsSync } from "node:fs"
import { request } from "node:http"
import { createServer } from "node:net"
import { pipeline } from "node:stream"
import { fileURLToPath } from "node:url"
import { defineConfig, mergeConfig, type Plugin } from "vitest/config"
import main from "./vitest.config.ts"

const source = (path: string) => fileURLToPath(new URL(`./src/${path}`, import.meta.url))

const chromium = [
  process.env["CHROMIUM"],
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome"
].find((path) => path !== undefined && existsSync(path))

const args = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync"
]

/**
 * Hands a page's calls on to the emulator, from the page's own origin since the service answers no CORS, and with their
 * `host` since that is signed.
 */
const emulator: Plugin = {
  name: "emulator",
  configureServer: ({ middlewares }) => {
    middlewares.use((incoming, outgoing, next) => {
      const target = incoming.url ?? ""
      if (!target.startsWith("/endpoints/")) {
        next()
        return
      }
      const { headers, method } = incoming
      const forwarded = request(new URL(target, process.env["EMULATOR_URL"]), { headers, method }, (answer) => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
        outgoing.flushHeaders()
        pipeline(answer, outgoing, () => forwarded.destroy())
      })
      outgoing.once("close", () => forwarded.destroy())
      pipeline(incoming, forwarded, (error) => {
        if (error) {
          outgoing.destroy()
        }
      })
    })
  }
}

/** A port the system chooses, for Vitest would fix that of the page; taken meanwhile, the next one is. */
const freePort = new Promise<number>((resolve, reject) => {
  const server = createServer().once("error", reject).listen(0, "127.0.0.1", () => {
    const address = server.address()
    server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0))
  })
})

export default defineConfig({
  resolve: mergeConfig(main.resolve ?? {}, {
    alias: [
      { find: "#base64", replacement: source("protocol/bytes/base64.ts") },
      { find: "#crc32", replacement: source("protocol/bytes/crc32.ts") },
      { find: "#runtime", replacement: source("protocol/userAgent/runtime.ts") },
      { find: "#sha256", replacement: source("protocol/bytes/sha256.ts") },
      { find: "#transportCodes", replacement: source("protocol/error/transportCodes.ts") }
    ]
  }),
  plugins: [emulator],
  test: chromium === undefined
    ? { include: ["test/browser/missing.ts"], reporters: ["verbose"] }
    : {
      include: ["test/browser/*.test.ts"],
      testTimeout: 30_000,
      browser: {
        enabled: true,
        api: { port: await freePort },
        provider: "playwright",
        headless: true,
        screenshotFailures: false,
        instances: [{
          browser: "chromium",
          globalSetup: "test/browser/emulator.ts",
          launch: { executablePath: chromium, args }
        }]
      }
    }
})
