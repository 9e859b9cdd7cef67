/** How long a fresh process takes to import what a program imports, beyond starting Node. */
import { execFileSync } from "node:child_process"
import { fileURLToPath } from "node:url"
import { median, spread } from "./statistics.js"

const rounds = Number(process.env.ROUNDS ?? 15)
const cwd = fileURLToPath(new URL(".", import.meta.url))

const base = "import 'effect'; import '@effect/platform';"
const programs = {
  "effect and @effect/platform": "",
  "with effect-sagemaker-runtime": "import 'effect-sagemaker-runtime'",
  "with effect-sagemaker-runtime/node": "import 'effect-sagemaker-runtime/node'",
  "and the AWS providers": "import 'effect-sagemaker-runtime/node'; import '@aws-sdk/credential-providers'",
  "and undici": "import 'effect-sagemaker-runtime/node'; import 'undici'"
}

const run = (program) => {
  const source = `${base} ${program}\nconsole.log(performance.now())`
  return Number(execFileSync(process.execPath, ["--input-type=module", "-e", source], { cwd, encoding: "utf8" }))
}

const samples = Object.fromEntries(Object.keys(programs).map((name) => [name, []]))
for (let round = 0; round < rounds; round++) {
  for (const [name, program] of Object.entries(programs)) {
    samples[name].push(run(program))
  }
}
const start = median(samples["effect and @effect/platform"])
console.log(`Node ${process.version}, ${rounds} rounds`)
console.table(
  Object.fromEntries(
    Object.entries(samples).map(([name, values]) => [name, {
      ...spread("ms", values),
      "ms beyond effect": Math.round(median(values) - start)
    }])
  )
)
