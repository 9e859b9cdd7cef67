/** The site: the repository's own Markdown, and the reference that is made of the doc comments. */
import { readdirSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { defineConfig } from "vitepress"

const root = fileURLToPath(new URL("../../..", import.meta.url))

const guides = [
  ["First call", "docs/guides/first-call"],
  ["Layers", "docs/guides/layers"],
  ["Errors", "docs/guides/errors"],
  ["Retry, timeouts, load", "docs/guides/retry-timeouts-resilience"],
  ["Streams", "docs/guides/streams"],
  ["Typed models", "docs/typed-models"],
  ["Testing", "docs/guides/testing"],
  ["Lambda, containers, Workers", "docs/guides/lambda-containers-workers"],
  ["An operation of your own", "docs/guides/custom-operations"],
  ["Security", "docs/guides/security"],
  ["Coming from AWS's SDKs", "docs/migrating"]
]

const toLookUp = [
  ["How a call works", "docs/how-a-call-works"],
  ["On Node", "docs/node"],
  ["Under faults", "docs/failure-behaviour"],
  ["Performance", "docs/performance"]
]

const reference = (folder) =>
  readdirSync(`${root}/docs/site/pages/reference/${folder}`)
    .filter((file) => file.endsWith(".md"))
    .map((file) => `${folder}${file.replace(".md", "")}`)
    .map((name) => ({ text: name, link: `/reference/${name}` }))

const links = (pages) => pages.map(([text, path]) => ({ text, link: `/${path}` }))

export default defineConfig({
  title: "effect-sagemaker-runtime",
  description: "An Effect-native client for Amazon SageMaker Runtime",
  base: process.env.SITE_BASE ?? "/",
  srcDir: "pages",
  outDir: `${root}/build/site`,
  cacheDir: `${root}/build/site-cache`,
  head: [["link", { rel: "icon", href: "data:," }]],
  cleanUrls: true,
  ignoreDeadLinks: [/LICENSE$/],
  themeConfig: {
    search: { provider: "local" },
    outline: [2, 3],
    nav: [{ text: "Guides", link: "/docs/guides/first-call" }, { text: "Reference", link: "/reference/SageMakerRuntime" }],
    sidebar: [
      { text: "Overview", link: "/README" },
      { text: "Guides", items: links(guides) },
      { text: "To look up", items: links(toLookUp) },
      {
        text: "Reference",
        collapsed: true,
        items: [...reference(""), ...reference("node/"), ...reference("testing/")]
      },
      { text: "To take part", items: links([["Contributing", "CONTRIBUTING"], ["Changes", "CHANGELOG"], ["Security policy", "SECURITY"]]) }
    ]
  }
})
