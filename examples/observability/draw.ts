import { Effect } from "effect"
import { writeFileSync } from "node:fs"
import { picture } from "../frames/picture.ts"
import { recording } from "../frames/recording.ts"
import { pictures } from "./pictures.ts"

const traces = await Effect.runPromise(pictures)
const frames = picture(await Effect.runPromise(recording))

for (const [name, content] of Object.entries({ ...traces, "bidirectional-frames.svg": frames })) {
  writeFileSync(`docs/${name}`, content)
}
