import { Effect } from "effect"
import { existsSync } from "node:fs"
import { chromium } from "playwright"

/** The path of Chromium, if it is installed. */
export const chromiumPath = [
  process.env["CHROMIUM"],
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome"
].find((path) => path !== undefined && existsSync(path))

const args = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]

/** Opens a page of headless Chromium, and records its errors, dialogs and requests to other origins. */
export const openPage = (url: string, colorScheme: "dark" | "light" = "light") =>
  Effect.gen(function*() {
    const browser = yield* Effect.acquireRelease(
      Effect.promise(() => chromium.launch({ executablePath: chromiumPath ?? "", args })),
      (opened) => Effect.promise(() => opened.close())
    )
    const page = yield* Effect.promise(() => browser.newPage({ colorScheme }))
    const problems: Array<string> = []
    page.on("pageerror", (error) => problems.push(error.message))
    page.on("console", (message) => {
      if (message.type() === "error") {
        problems.push(message.text())
      }
    })
    page.on("dialog", (dialog) => {
      problems.push(`dialog: ${dialog.message()}`)
      dialog.dismiss().catch(() => undefined)
    })
    page.on("request", (request) => {
      if (new URL(request.url()).origin !== new URL(url).origin) {
        problems.push(`request to ${request.url()}`)
      }
    })
    yield* Effect.promise(() => page.goto(url))
    return { browser, page, problems }
  })
