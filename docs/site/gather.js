/** Gathers the pages of the site: the repository's Markdown, the API reference and the landing page. */
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { dirname, join, resolve } from "node:path"
import { fileURLToPath } from "node:url"
import { classSignatures } from "./classes.js"
import { formatCode } from "./format.js"
import { parseModule, renderIndex, renderModule } from "./reference.js"
import { runLanding } from "./run-landing.js"

const site = fileURLToPath(new URL(".", import.meta.url))
const root = join(site, "../..")
const pages = join(site, "pages")

const read = (path) => readFileSync(path, "utf8")

const write = (path, text) => {
  mkdirSync(dirname(join(pages, path)), { recursive: true })
  writeFileSync(join(pages, path), text)
}

const markdownLink = /\[([^\]]+)\]\(([^)\s#:]+)(#[^)\s]*)?\)/g

/** A link to a file of the repository that is no page of the site becomes its text. */
const withoutSourceLinks = (path, text) =>
  text.replace(markdownLink, (whole, label, target) => {
    const isPage = /\.(?:md|svg|png)$/.test(target) || target === "LICENSE"
    return isPage || !existsSync(resolve(root, dirname(path), target)) ? whole : label
  })

const formatPrograms = (text) => text.replace(/(?<=^```ts\n)[\s\S]*?(?=^```)/gm, (code) => formatCode(code))

const isText = (path) => path.endsWith(".md")

const gatherPage = (path) =>
  isText(path)
    ? write(path, formatPrograms(withoutSourceLinks(path, read(join(root, path)))))
    : cpSync(join(root, path), join(pages, path))

const made = join(root, ".docgen/modules")

const readModule = async (file) => {
  const path = file.replace(".ts.md", "")
  const name = path.slice(path.lastIndexOf("/") + 1)
  const entry = ["effect-sagemaker-runtime", ...path.split("/").slice(0, -1)].join("/")
  return parseModule(read(join(made, file)), { entry, name, path }, await classSignatures(path))
}

const isPreset = ({ path }) => path.startsWith("container/")

/** The presets of containers are shown on the page of `Container`, which exports them. */
const withPresets = (modules) => {
  const container = modules.find(({ path }) => path === "Container")
  container.groups = modules.filter(isPreset).flatMap(({ groups }) => groups)
  return modules.filter((module) => !isPreset(module))
}

/** Modules that another module of their entry point exports. */
const parts = new Map([["workflow/BatchWorkflowResult", "workflow/BatchWorkflow"]])

/** The groups of a module with those of its part, which replace its exports of the same name. */
const mergeGroups = (groups, added) => {
  const names = new Set(added.flatMap(({ exports }) => exports.map(({ name }) => name)))
  const all = [
    ...groups.map((group) => ({ ...group, exports: group.exports.filter(({ name }) => !names.has(name)) })),
    ...added
  ]
  return [...new Set(all.map(({ title }) => title))].map((title) => ({
    title,
    exports: all.filter((group) => group.title === title).flatMap(({ exports }) => exports)
  }))
}

const withParts = (modules) => {
  for (const part of modules.filter(({ path }) => parts.has(path))) {
    const whole = modules.find(({ path }) => path === parts.get(part.path))
    whole.groups = mergeGroups(whole.groups, part.groups)
  }
  return modules.filter(({ path }) => !parts.has(path))
}

const gatherReference = async () => {
  const files = readdirSync(made, { recursive: true }).filter((file) => file.endsWith(".ts.md"))
  const modules = withParts(withPresets(await Promise.all(files.map(readModule))))
  for (const module of modules) {
    write(`reference/${module.path}.md`, renderModule(module))
  }
  write("reference/index.md", renderIndex(modules))
}

/** A link of the landing page whose page does not exist becomes its text, so that a rename does not break the build. */
const withoutMissingPages = (text) =>
  text.replace(/\[([^\]]+)\]\((\/[^)\s#]*)\)(\{[^}]*\})?/g, (whole, label, target) => {
    const isPresent = [`${target}.md`, `${target}index.md`].some((path) => existsSync(join(pages, path)))
    if (!isPresent) {
      console.warn(`docs/site/index.md links to ${target}, which does not exist`)
    }
    return isPresent ? whole : label
  })

/** The characters that fit on one line in the right half of the landing page. */
const landingWidth = 68

const gatherLanding = async () => {
  const [ready, loading] = await runLanding()
  const program = read(join(root, "examples/landing/score.ts"))
  const text = read(join(site, "index.md"))
    .replace("{{ program }}", () => formatCode(program, { width: landingWidth }).trimEnd())
    .replace("{{ ready }}", () => ready)
    .replace("{{ loading }}", () => loading)
  write("index.md", withoutMissingPages(text))
}

rmSync(pages, { recursive: true, force: true })
const documents = readdirSync(join(root, "docs"), { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => join(entry.parentPath ?? entry.path, entry.name).slice(root.length + 1))
  .filter((path) => !path.startsWith("docs/site/"))

for (const path of ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md", ...documents]) {
  gatherPage(path)
}
write("LICENSE.md", `# License\n\n${read(join(root, "LICENSE")).replace(/^(MIT License)$/m, "**$1**")}`)
await gatherReference()
await gatherLanding()
