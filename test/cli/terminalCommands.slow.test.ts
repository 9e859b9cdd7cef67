import { FileSystem } from "@effect/platform"
import { NodeFileSystem } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Stream } from "effect"
import { Emulator } from "effect-sagemaker-runtime/testing"
import { emulated, emulatorUrl, environment, terminal } from "../support/commandLine.ts"

const escapes = "\u001b]2;faked\u0007\u001b[2Jtext\u009b1m"

const visible = String.raw`\x1b]2;faked\x07\x1b[2Jtext\x9b1m`

const event = JSON.stringify({ choices: [{ index: 0, delta: { content: escapes } }] })

const hostile = Emulator.endpoint("hostile", () => Effect.succeed({ Body: escapes, ContentType: "text/plain" }))
const streamed = Emulator.endpoint(
  "streamed",
  () => Effect.succeed({ Body: Stream.make(escapes), ContentType: "text/plain" })
)
const chat = Emulator.endpoint(
  "chat",
  () =>
    Effect.succeed({ Body: Stream.make(`data: ${event}\n\n`, "data: [DONE]\n\n"), ContentType: "text/event-stream" })
)
const failing = Emulator.endpoint(
  "failing",
  () => Effect.fail(Emulator.containerError({ status: 500, body: escapes, contentType: "text/plain" }))
)
const binaryBody = Emulator.endpoint(
  "binary",
  () => Effect.succeed({ Body: new Uint8Array([27, 93, 0, 255]), ContentType: "image/png" })
)

/** Runs a command in a terminal until it ends. Returns its screen, whose title is not changed. */
const screenOf = (command: string, code: number, env: Record<string, string> = {}) =>
  Effect.scoped(Effect.gen(function*() {
    const { shows, title } = yield* terminal(command, { ...environment(yield* emulatorUrl), ...env })
    const screen = yield* shows(new RegExp(`exit code ${code}\\s`))
    assert.notInclude(yield* title, "faked")
    return screen
  }))

const withEmulator = Effect.provide(emulated(hostile, streamed, chat, failing, binaryBody))

describe("escape sequences in a terminal", () => {
  it.live("are visible text in responses", () =>
    Effect.gen(function*() {
      for (
        const command of [
          "invoke hostile -b x",
          "stream streamed -b x",
          "stream chat --tokens -b x",
          "chat chat -m hello"
        ]
      ) {
        assert.include(yield* screenOf(command, 0), visible, command)
      }
    }).pipe(withEmulator), 60_000)

  it.live("are visible text in errors of containers", () =>
    Effect.gen(function*() {
      for (const json of ["", "--json"]) {
        const screen = yield* screenOf(`invoke failing -b x -v ${json}`, 6)
        const text = screen.replaceAll("\n", "")
        assert.include(text, json === "" ? String.raw`\x1b]2;faked\x07` : String.raw`\u001b]2;faked\u0007`)
        assert.include(text, json === "" ? String.raw`text\x9b1m` : String.raw`text\u009b1m`)
      }
    }).pipe(withEmulator), 60_000)

  it.scopedLive("are visible text in rows, arguments and file names", () =>
    Effect.gen(function*() {
      const files = yield* FileSystem.FileSystem
      const folder = yield* files.makeTempDirectoryScoped()
      yield* files.writeFileString(`${folder}/in.csv`, `1,${escapes}\n`)
      yield* Effect.gen(function*() {
        const rows = yield* screenOf(`batch ${folder}/in.csv - -e hostile --output-format csv --batcher none`, 0)
        assert.include(rows, visible)
        const name = String.raw`"$(printf '\033]2;faked\007')"`
        assert.include(yield* screenOf(`doctor --profile ${name}`, 2), "faked")
        assert.include(yield* screenOf(`invoke echo extra${name} -b x`, 2), "faked")
        assert.include(yield* screenOf(`emulate -e a${name}=echo`, 2), "invalid --endpoint")
        assert.include(yield* screenOf(`batch ${name}.csv ${folder}/out.csv -e hostile`, 2), "faked")
      }).pipe(withEmulator)
    }).pipe(Effect.provide(NodeFileSystem.layer)), 60_000)
})

describe("commands in a terminal", () => {
  it.live("print the size of a binary body", () =>
    Effect.gen(function*() {
      assert.match(yield* screenOf("invoke binary -b x", 0), /^The response has 4 bytes of binary data \(image\/png\)/)
    }).pipe(withEmulator), 60_000)

  it.live("print reports: doctor, load, help", () =>
    Effect.gen(function*() {
      assert.match(yield* screenOf("doctor hostile", 0), /^ok +node .*[\s\S]*ok +endpoint +hostile responded/)
      assert.match(yield* screenOf("load hostile -b x -d 0.3 -c 1,2", 0), /concurrency +calls +failed[\s\S]*\n +2 +\d+/)
      assert.match(yield* screenOf("--help", 0), /^Usage: effect-sagemaker-runtime <command>[\s\S]* batch /)
    }).pipe(withEmulator), 60_000)

  it.live("async submits a job, and reports that it is not a file", () =>
    Effect.gen(function*() {
      assert.match(yield* screenOf("async submit hostile --input-location s3://b/k", 0), /"outputLocation"/i)
      assert.match(yield* screenOf("async wait /nonexistent", 2), /cannot read the file \/nonexistent/)
    }).pipe(withEmulator), 60_000)

  it.live("emulate runs until Ctrl-C", () =>
    Effect.scoped(Effect.gen(function*() {
      const { send, shows } = yield* terminal("emulate -e mine", environment("http://127.0.0.1:9"))
      yield* shows(/Endpoints: mine[\s\S]*Ctrl-C stops the emulator/)
      yield* send("C-c")
      yield* shows(/exit code 130/)
    })), 60_000)
})
