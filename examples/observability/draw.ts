import { Effect } from "effect"
import { writeFileSync } from "node:fs"
import { pictures } from "./pictures.ts"

for (const [name, picture] of Object.entries(await Effect.runPromise(pictures))) {
  writeFileSync(`docs/${name}`, picture)
}
