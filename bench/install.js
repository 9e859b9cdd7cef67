/**
 * Installs the packed package with its peers, and AWS's client, each in an empty folder. Prints the size and the number of
 * the installed packages, and the largest ones. Run it after `npm run build`: `npm run bench:size`.
 */
import { execFileSync } from "node:child_process"
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

const root = fileURLToPath(new URL("..", import.meta.url))
const { devDependencies, peerDependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"))

const bytesOf = (path) =>
  readdirSync(path, { withFileTypes: true }).reduce((sum, entry) => {
    const child = join(path, entry.name)
    return sum + (entry.isDirectory() ? bytesOf(child) : statSync(child).size)
  }, 0)

/** The installed packages, by name, without those nested in them. */
const packagesOf = (modules) =>
  readdirSync(modules).filter((name) => !name.startsWith(".")).flatMap((name) =>
    name.startsWith("@") ? readdirSync(join(modules, name)).map((part) => `${name}/${part}`) : [name]
  )

const install = (...packages) => {
  const folder = mkdtempSync(join(tmpdir(), "effect-sagemaker-install-"))
  try {
    writeFileSync(join(folder, "package.json"), `{ "private": true }`)
    execFileSync("npm", ["install", "--silent", "--no-audit", "--no-fund", "--ignore-scripts", ...packages], { cwd: folder })
    const modules = join(folder, "node_modules")
    return packagesOf(modules).map((name) => ({ name, bytes: bytesOf(join(modules, name)) })).toSorted((a, b) => b.bytes - a.bytes)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const pack = () => {
  const output = execFileSync("npm", ["pack", "--ignore-scripts", "--json", "--pack-destination", tmpdir()], { cwd: root })
  return join(tmpdir(), JSON.parse(output)[0].filename)
}

const megabytes = (bytes) => (bytes / 1e6).toFixed(1)
const totalOf = (packages) => packages.reduce((sum, { bytes }) => sum + bytes, 0)

const peers = ["effect", "@effect/platform"].map((name) => `${name}@${peerDependencies[name]}`)
const withPackage = install(pack(), ...peers)
const withPeers = install(...peers)
const isPeer = new Set(withPeers.map(({ name }) => name))
const added = withPackage.filter(({ name }) => !isPeer.has(name))
const aws = install(`@aws-sdk/client-sagemaker-runtime@${devDependencies["@aws-sdk/client-sagemaker-runtime"]}`)

const row = (title, packages) => console.log(`| ${title} | ${megabytes(totalOf(packages))} | ${packages.length} |`)

console.log("| installed | MB | packages |\n| --- | --- | --- |")
row("this package with Effect", withPackage)
row("Effect (`effect`, `@effect/platform`)", withPeers)
row("added to an Effect application", added)
row("AWS SDK v3 (`@aws-sdk/client-sagemaker-runtime`)", aws)
console.log("\n| the largest packages added to an Effect application | MB |\n| --- | --- |")
for (const { bytes, name } of added.slice(0, 8)) {
  console.log(`| \`${name}\` | ${megabytes(bytes)} |`)
}
