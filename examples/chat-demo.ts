import { Console, Effect } from "effect"
import { readFileSync } from "node:fs"
import { deployGuide } from "./chat-container.ts"
import { ask } from "./chat.ts"
import { emulated } from "./emulated.ts"

const question = process.argv.slice(2).join(" ") || "When is a request sent again?"

const text = readFileSync("docs/how-a-call-works.md", "utf8")

await ask(question, (text) => Effect.sync(() => process.stdout.write(text))).pipe(
  Effect.flatMap(({ inputTokens, outputTokens }) => Console.log(`\n(${inputTokens} tokens in, ${outputTokens} out)`)),
  Effect.provide(emulated(Effect.sync(() => deployGuide(text)))),
  Effect.runPromise
)
