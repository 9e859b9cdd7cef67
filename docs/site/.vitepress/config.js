/** The documentation site: the repository's Markdown pages and the API reference. */
import { fileURLToPath } from "node:url"
import { defineConfig } from "vitepress"
import { contributing, guides, modules, reference } from "../pages.js"
import { hangingIndent } from "./hangingIndent.js"
import { labelCells } from "./labelCells.js"

const root = fileURLToPath(new URL("../../..", import.meta.url))

const nav = (text, items) => items.slice(0, 1).map(({ link }) => ({ text, link }))

export default defineConfig({
  lang: "en",
  title: "effect-sagemaker-runtime",
  description: "An Effect client for Amazon SageMaker Runtime",
  base: process.env.SITE_BASE ?? "/",
  srcDir: "pages",
  outDir: `${root}/build/site`,
  cacheDir: `${root}/build/site-cache`,
  head: [["link", { rel: "icon", href: "data:," }]],
  cleanUrls: true,
  markdown: {
    codeTransformers: [hangingIndent],
    config: labelCells
  },
  themeConfig: {
    search: { provider: "local" },
    outline: [2, 3],
    nav: [
      ...nav("Guides", guides),
      { text: "Reference", link: "/reference/" },
      ...nav("Contributing", contributing)
    ],
    sidebar: [
      { text: "Overview", link: "/README" },
      { text: "Guides", items: guides },
      { text: "Reference", items: reference },
      {
        text: "API reference",
        link: "/reference/",
        items: modules.map((entry) => ({ ...entry, collapsed: true }))
      },
      { text: "Contributing", items: contributing }
    ]
  }
})
