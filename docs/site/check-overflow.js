/**
 * Opens every page of the built site at the widths of a desktop and a phone, light and dark, and fails if a page or a
 * block on it must be scrolled sideways. With `--screenshots <folder>` it keeps a picture of each page.
 */
import { createReadStream, existsSync, readdirSync } from "node:fs"
import { createServer } from "node:http"
import { extname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"
import { chromium } from "playwright"

const site = fileURLToPath(new URL("../../build/site", import.meta.url))

const executablePath = [
  process.env.CHROMIUM,
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome"
].find((path) => path !== undefined && existsSync(path))

const flags = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync"
]

const widths = [1280, 375]
const schemes = ["light", "dark"]

const { values: { screenshots } } = parseArgs({ options: { screenshots: { type: "string" } } })

const types = {
  ".css": "text/css",
  ".html": "text/html",
  ".js": "text/javascript",
  ".json": "application/json",
  ".svg": "image/svg+xml",
  ".woff2": "font/woff2"
}

const fileOf = (url) => {
  const path = decodeURIComponent(new URL(url, "http://localhost").pathname)
  return [path, `${path}.html`, `${path}index.html`]
    .map((name) => join(site, name))
    .find((name) => name.startsWith(site) && extname(name) !== "" && existsSync(name))
}

const serve = () =>
  new Promise((resolve, reject) => {
    const server = createServer((request, response) => {
      const file = fileOf(request.url)
      if (file === undefined) {
        response.writeHead(404).end()
        return
      }
      response.writeHead(200, { "content-type": types[extname(file)] ?? "application/octet-stream" })
      createReadStream(file).pipe(response)
    })
    server.once("error", reject).listen(0, "127.0.0.1", () => resolve(server))
  })

/** Runs in the page. Elements that scroll vertically only, or hide their overflow, do not count. */
const findOverflow = () => {
  const { scrollWidth } = document.documentElement
  const scrolling = [...document.querySelectorAll(".VPContent pre, .VPContent table")]
    .filter((element) => element.scrollWidth > element.clientWidth + 1)
    .map((element) => `${element.tagName.toLowerCase()}: ${element.textContent.trim().slice(0, 60)}`)
  return [...(scrollWidth > innerWidth ? [`the page is ${scrollWidth} pixels wide`] : []), ...scrolling]
}

const pictureOf = (path, width, scheme) =>
  join(screenshots, `${path.replace(/^\/|\.html$/g, "").replaceAll("/", "-")}-${width}-${scheme}.png`)

const checkPage = async (page, origin, path, width, scheme) => {
  const failed = []
  const onError = (error) => failed.push(`error in the page: ${error.message}`)
  page.on("pageerror", onError)
  await page.goto(`${origin}${path}`, { waitUntil: "load" })
  await page.evaluate(() => {
    document.querySelectorAll("details").forEach((element) => element.setAttribute("open", ""))
  })
  const found = await page.evaluate(findOverflow)
  page.off("pageerror", onError)
  if (screenshots !== undefined) {
    await page.screenshot({ path: pictureOf(path, width, scheme), fullPage: true })
  }
  return [...failed, ...found].map((problem) => `${path} at ${width} pixels, ${scheme}: ${problem}`)
}

const inOrder = (items, run) =>
  items.reduce(
    (before, item) => before.then(async (results) => [...results, ...(await run(item))]),
    Promise.resolve([])
  )

const main = async () => {
  if (executablePath === undefined) {
    console.log("No Chromium is installed: the overflow check is skipped.")
    return
  }
  const pages = existsSync(site)
    ? readdirSync(site, { recursive: true }).filter((file) => file.endsWith(".html")).toSorted().map((file) => `/${file}`)
    : []
  if (pages.length === 0) {
    throw new Error("build/site has no pages: run `npm run site` first")
  }
  const server = await serve()
  const browser = await chromium.launch({ executablePath, args: flags })
  const variants = widths.flatMap((width) => schemes.map((colorScheme) => ({ colorScheme, width })))
  const problems = await inOrder(variants, async ({ colorScheme, width }) => {
    const context = await browser.newContext({ colorScheme, viewport: { width, height: 800 } })
    const page = await context.newPage()
    const origin = `http://127.0.0.1:${server.address().port}`
    const found = await inOrder(pages, (path) => checkPage(page, origin, path, width, colorScheme))
    await context.close()
    return found
  })
  await browser.close()
  server.close()
  console.log([...problems, `${pages.length} pages in ${variants.length} variants: ${problems.length} problems`].join("\n"))
  process.exitCode = problems.length === 0 ? 0 : 1
}

await main()
