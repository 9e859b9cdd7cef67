/** Gathers the pages of the site: the repository's Markdown as it is, and what docgen makes of the doc comments. */
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"

const site = fileURLToPath(new URL(".", import.meta.url))
const root = join(site, "../..")
const pages = join(site, "pages")

const copy = (path) => cpSync(join(root, path), join(pages, path), { recursive: true })

const referenceOf = (text, name) =>
  text
    .replace(/^[\s\S]*?overview\n/, `# ${name}\n`)
    .replace(/<h2 class="text-delta">[\s\S]*?\n---\n/, "")
    .replace(/^(#{1,2}) (?=\S)/gm, (marks, hashes, at) => (at === 0 ? marks : `${hashes}# `))

rmSync(pages, { recursive: true, force: true })
const guides = readdirSync(join(root, "docs")).filter((name) => name !== "site").map((name) => join("docs", name))
for (const path of ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md", "LICENSE", ...guides]) {
  copy(path)
}
cpSync(join(site, "index.md"), join(pages, "index.md"))

const made = join(root, ".docgen/modules")
for (const file of readdirSync(made, { recursive: true }).filter((name) => name.endsWith(".ts.md"))) {
  const target = join(pages, "reference", file.replace(".ts.md", ".md"))
  mkdirSync(dirname(target), { recursive: true })
  writeFileSync(target, referenceOf(readFileSync(join(made, file), "utf8"), file.replace(/^.*\/|\.ts\.md$/g, "")))
}
