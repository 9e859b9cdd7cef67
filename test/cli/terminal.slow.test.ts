import { FileSystem } from "@effect/platform"
import { NodeFileSystem } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Ref, Schedule, Stream } from "effect"
import { Emulator } from "effect-sagemaker-runtime/testing"
import { emulated, emulatorUrl, environment, terminal } from "../support/commandLine.ts"

const chunk = (content: string) => `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content } }] })}\n\n`

describe("chat in a terminal", () => {
  it.live("prints tokens as they arrive; Ctrl-C stops the reply, then the program", () =>
    Effect.gen(function*() {
      const stopped = yield* Ref.make(0)
      const endless = Emulator.endpoint("endless", ({ Body }) => {
        const { messages } = JSON.parse(new TextDecoder().decode(Body)) as { messages: ReadonlyArray<unknown> }
        const words = messages.length === 1
          ? Stream.repeatValue(chunk("word ")).pipe(Stream.schedule(Schedule.spaced("50 millis")))
          : Stream.make(chunk("second reply"), `data: [DONE]\n\n`)
        return Effect.succeed({
          Body: Stream.ensuring(words, Ref.update(stopped, (count) => count + 1)),
          ContentType: "text/event-stream"
        })
      })
      yield* Effect.gen(function*() {
        const { send, shows } = yield* terminal("chat endless", environment(yield* emulatorUrl))
        yield* shows(/>>>/)
        yield* send("hello", "Enter")
        yield* shows(/word word word/)
        assert.strictEqual(yield* Ref.get(stopped), 0)
        yield* send("C-c")
        yield* shows(/word[^>]*\n>>>\s*$/)
        yield* Effect.repeat(Ref.get(stopped), {
          until: (count) => count === 1,
          schedule: Schedule.spaced("50 millis")
        })
        yield* send("again", "Enter")
        yield* shows(/second reply/)
        yield* send("C-c")
        yield* shows(/exit code 0/)
      }).pipe(Effect.scoped, Effect.provide(emulated(endless)))
    }), 60_000)
})

describe("batch in a terminal", () => {
  it.scopedLive(
    "shows its progress in one line; Ctrl-C stops it, and another run continues it",
    () =>
      Effect.gen(function*() {
        const files = yield* FileSystem.FileSystem
        const folder = yield* files.makeTempDirectoryScoped()
        yield* files.writeFileString(`${folder}/in.csv`, "1\n".repeat(2_000))
        const slow = Emulator.endpoint(
          "slow",
          ({ Body, ContentType }) => Effect.delay(Effect.succeed({ Body, ContentType }), "100 millis")
        )
        yield* Effect.gen(function*() {
          const env = environment(yield* emulatorUrl)
          const command = `batch ${folder}/in.csv ${folder}/out.jsonl -e slow --max-rows 20 --chunk-rows 20 -c 2`
          yield* Effect.scoped(Effect.gen(function*() {
            const { send, shows } = yield* terminal(command, env)
            const shown = yield* shows(/\[=+>? *\] +\d+ % {2}[\d,]+ of 2,000 rows {2}\d+ rows\/s/)
            assert.strictEqual(shown.match(/\[=/g)?.length, 1)
            yield* send("C-c")
            const stopped = yield* shows(/exit code 130/)
            assert.match(stopped, /Stopped after [\d,]+ rows\. Continue with:\s+effect-sagemaker-runtime batch/)
            assert.notMatch(stopped, /\[=/)
          }))
          yield* Effect.scoped(Effect.gen(function*() {
            const { shows } = yield* terminal(`${command} --resume`, env)
            const shown = yield* shows(/2,000 rows in [\d.]+ s, .*\s+exit code 0/)
            assert.notMatch(shown, /\[=/)
          }))
        }).pipe(Effect.provide(emulated(slow)))
      }).pipe(Effect.provide(NodeFileSystem.layer)),
    60_000
  )
})

describe("invoke in a terminal", () => {
  it.live("requires a body, because it does not wait for standard input", () =>
    Effect.gen(function*() {
      const { shows } = yield* terminal("invoke echo", environment("http://127.0.0.1:9"))
      yield* shows(/missing request body: use --body, --file or standard input\s+exit code 2/)
    }).pipe(Effect.scoped), 60_000)
})
