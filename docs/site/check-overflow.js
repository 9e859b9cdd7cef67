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

const inOrder = (items, run) =>
  items.reduce(
    (before, item) => before.then(async (results) => [...results, ...(await run(item))]),
    Promise.resolve([])
  )

/** Runs in the page. */
const openDetails = () => document.querySelectorAll("details").forEach((element) => element.setAttribute("open", ""))

/** Runs in the page. Returns what must be scrolled sideways. */
const findOverflow = () => {
  const { scrollWidth } = document.documentElement
  const scrolling = [...document.querySelectorAll(".VPContent pre, .VPContent table, .VPSidebar")]
    .filter((element) => element.scrollWidth > element.clientWidth + 1)
    .map((element) => `${element.tagName.toLowerCase()}: ${element.textContent.trim().slice(0, 60)}`)
  return [...(scrollWidth > innerWidth ? [`the page is ${scrollWidth} pixels wide`] : []), ...scrolling]
}

const pictureOf = (path, width, scheme) =>
  join(screenshots, `${path.replace(/^\/|\.html$/g, "").replaceAll("/", "-")}-${width}-${scheme}.png`)

const variants = widths.flatMap((width) => schemes.map((colorScheme) => ({ colorScheme, width })))

const checkVariant = (page, path) => async ({ colorScheme, width }) => {
  await page.setViewportSize({ width, height: 800 })
  await page.emulateMedia({ colorScheme })
  const found = await page.evaluate(findOverflow)
  if (screenshots !== undefined) {
    await page.screenshot({ path: pictureOf(path, width, colorScheme), fullPage: true })
  }
  return found.map((problem) => `${path} at ${width} pixels, ${colorScheme}: ${problem}`)
}

const checkPage = (page, origin) => async (path) => {
  const errors = []
  const onError = ({ message }) => errors.push(`${path}: ${message}`)
  page.on("pageerror", onError)
  await page.goto(`${origin}${path}`, { waitUntil: "load" })
  await page.evaluate(openDetails)
  const problems = await inOrder(variants, checkVariant(page, path))
  page.off("pageerror", onError)
  return [...errors, ...problems]
}

const main = async () => {
  if (executablePath === undefined) {
    console.log("No Chromium is installed: the overflow check is skipped.")
    return
  }
  const files = existsSync(site) ? readdirSync(site, { recursive: true }) : []
  const pages = files.map((file) => `/${String(file)}`).filter((path) => path.endsWith(".html"))
  if (pages.length === 0) {
    throw new Error("build/site has no pages: run `npm run site` first")
  }
  const server = await serve()
  const browser = await chromium.launch({ executablePath, args: flags })
  const page = await browser.newPage()
  const problems = await inOrder(pages, checkPage(page, `http://127.0.0.1:${server.address().port}`))
  await browser.close()
  server.close()
  console.log([...problems, `${pages.length} pages in ${variants.length} variants: ${problems.length} problems`].join("\n"))
  process.exitCode = problems.length === 0 ? 0 : 1
}

await main()
