/** The pages of the site, with the titles of their own first headings. */
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"

const pages = fileURLToPath(new URL("pages", import.meta.url))

/** Known pages in reading order; any other page follows. */
const order = [
  "first-call",
  "async-await",
  "typed-models",
  "language-models",
  "agents",
  "embeddings",
  "openai-compatible-route",
  "streams",
  "bidirectional-streaming",
  "asynchronous-inference",
  "batch",
  "batch-cluster",
  "durable-inference",
  "command-line",
  "errors",
  "retry-timeouts-resilience",
  "observability",
  "layers",
  "credentials",
  "testing",
  "emulator-containers",
  "lambda-containers-workers",
  "bundling",
  "custom-operations",
  "security",
  "migrating",
  "overview",
  "vllm",
  "sglang",
  "lmi",
  "tgi",
  "tei",
  "hugging-face",
  "triton",
  "tensorflow",
  "mlflow",
  "xgboost",
  "how-a-call-works",
  "node",
  "object-store",
  "failure-behaviour",
  "performance"
]

/** Pages in `docs` itself that are guides; any other page there is reference. */
const guidesOutside = new Set(["typed-models", "migrating"])

const nameOf = (path) => path.slice(path.lastIndexOf("/") + 1)

const rank = (path) => {
  const index = order.indexOf(nameOf(path))
  return index === -1 ? order.length : index
}

const markdownIn = (folder) =>
  existsSync(`${pages}/${folder}`)
    ? readdirSync(`${pages}/${folder}`)
      .filter((file) => file.endsWith(".md") && file !== "index.md")
      .map((file) => `${folder}/${file.slice(0, -3)}`)
      .toSorted((a, b) => rank(a) - rank(b) || a.localeCompare(b))
    : []

const titleOf = (path) => {
  const heading = /^# (.+)$/m.exec(readFileSync(`${pages}/${path}.md`, "utf8"))?.[1] ?? nameOf(path)
  return heading.replaceAll("`", "").trim()
}

const link = (path) => ({ text: titleOf(path), link: `/${path}` })

const top = markdownIn("docs")
const isGuide = (path) => guidesOutside.has(nameOf(path))
const byOrder = (a, b) => rank(a) - rank(b)

export const guides = [...markdownIn("docs/guides"), ...top.filter(isGuide)].toSorted(byOrder).map(link)

export const containers = markdownIn("docs/containers").map(link)

export const reference = top.filter((path) => !isGuide(path)).map(link)

const folders = existsSync(`${pages}/reference`)
  ? readdirSync(`${pages}/reference`, { withFileTypes: true }).filter((entry) => entry.isDirectory()).map(({ name }) => name)
  : []

export const modules = ["", ...folders.map((name) => `/${name}`)]
  .map((folder) => ({
    text: `effect-sagemaker-runtime${folder}`,
    collapsed: true,
    items: markdownIn(`reference${folder}`).map(link)
  }))
  .filter(({ items }) => items.length > 0)

export const contributing = ["CONTRIBUTING", "CHANGELOG", "SECURITY", "LICENSE"]
  .filter((path) => existsSync(`${pages}/${path}.md`))
  .map(link)
