/** Copies the example programs into the Markdown pages that show them, below a comment with the program's path. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs"

const root = new URL("../", import.meta.url)
const read = (path) => readFileSync(new URL(path, root), "utf8")

const markdownIn = (folder) => readdirSync(new URL(folder, root)).filter((file) => file.endsWith(".md")).map((file) => folder + file)

for (const page of [...markdownIn("./"), ...markdownIn("docs/"), ...markdownIn("docs/guides/"), ...markdownIn("docs/containers/")]) {
  const text = read(page)
  const updated = text.replace(/(<!-- (\S+\.[jt]s) -->\n```[jt]s\n)[\s\S]*?```/g, (_, before, path) => `${before}${read(path)}\`\`\``)
  if (updated !== text) {
    writeFileSync(new URL(page, root), updated)
  }
}
