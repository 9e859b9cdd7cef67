/** The documentation site: the repository's Markdown pages and the API reference. */
import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { defineConfig } from "vitepress"
import { containers, contributing, guides, modules, reference } from "../pages.js"
import { breakableCode } from "./breakableCode.js"
import { hangingIndent } from "./hangingIndent.js"
import { labelCells } from "./labelCells.js"

const root = fileURLToPath(new URL("../../..", import.meta.url))

/** A table of eight columns or more needs the space of the outline. */
const hasWideTable = (path) => /^(?:\|[^|\n]*){8,}\|$/m.test(readFileSync(`${root}/docs/site/pages/${path}`, "utf8"))

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
  transformPageData: ({ filePath, frontmatter }) => ({
    frontmatter: hasWideTable(filePath) ? { ...frontmatter, aside: false } : frontmatter
  }),
  markdown: {
    codeTransformers: [hangingIndent],
    config: (markdown) => {
      markdown.use(breakableCode).use(labelCells)
    }
  },
  themeConfig: {
    search: { provider: "local" },
    outline: [2, 3],
    nav: [
      ...nav("Guides", guides),
      ...nav("Containers", containers),
      { text: "Reference", link: "/reference/" },
      ...nav("Contributing", contributing)
    ],
    sidebar: [
      { text: "Overview", link: "/README" },
      { text: "Guides", items: guides },
      { text: "Containers", items: containers },
      { text: "Reference", items: reference },
      { text: "API reference", link: "/reference/", items: modules },
      { text: "Contributing", items: contributing }
    ]
  }
})
