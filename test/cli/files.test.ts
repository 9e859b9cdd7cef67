import { FileSystem } from "@effect/platform"
import { NodeFileSystem } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Stream } from "effect"
import { execFileSync } from "node:child_process"
import { closeSync, lstatSync, openSync, readSync } from "node:fs"
import { writeFile } from "node:fs/promises"
import { collect, readFile } from "../../src/cli/input/body.ts"
import { streamToFile } from "../../src/cli/output/files.ts"

const bytes = new TextEncoder().encode("result")

const folder = Effect.flatMap(FileSystem.FileSystem, (files) => files.makeTempDirectoryScoped())

const withFiles = Effect.provide(NodeFileSystem.layer)

describe("a file with an output", () => {
  it.scoped("remains a symbolic link", () =>
    Effect.gen(function*() {
      const files = yield* FileSystem.FileSystem
      const path = yield* folder
      yield* files.writeFileString(`${path}/target`, "before")
      yield* files.symlink(`${path}/target`, `${path}/link`)
      yield* streamToFile(`${path}/link`, Stream.make(bytes))
      assert.isTrue(lstatSync(`${path}/link`).isSymbolicLink())
      assert.strictEqual(yield* files.readFileString(`${path}/target`), "result")
      assert.deepStrictEqual((yield* files.readDirectory(path)).toSorted(), ["link", "target"])
    }).pipe(withFiles))

  it.scoped("remains a named pipe", () =>
    Effect.gen(function*() {
      const pipe = `${yield* folder}/pipe`
      execFileSync("mkfifo", [pipe])
      const reader = openSync(pipe, "r+")
      yield* streamToFile(pipe, Stream.make(bytes))
      const read = new Uint8Array(16)
      assert.strictEqual(readSync(reader, read), bytes.length)
      closeSync(reader)
      assert.isTrue(lstatSync(pipe).isFIFO())
    }).pipe(withFiles))

  it.scoped("is not changed by a stream that fails", () =>
    Effect.gen(function*() {
      const files = yield* FileSystem.FileSystem
      const path = yield* folder
      yield* files.writeFileString(`${path}/out`, "before")
      const exit = yield* Effect.exit(
        streamToFile(`${path}/out`, Stream.concat(Stream.make(bytes), Stream.fail("failed")))
      )
      assert.isTrue(exit._tag === "Failure")
      assert.strictEqual(yield* files.readFileString(`${path}/out`), "before")
      assert.deepStrictEqual(yield* files.readDirectory(path), ["out"])
    }).pipe(withFiles))
})

describe("a request body", () => {
  it.scoped("can be a named pipe, but not a folder", () =>
    Effect.gen(function*() {
      const path = yield* folder
      execFileSync("mkfifo", [`${path}/pipe`])
      const reading = yield* Effect.fork(readFile(`${path}/pipe`))
      yield* Effect.promise(() => writeFile(`${path}/pipe`, bytes))
      assert.deepStrictEqual(new Uint8Array(yield* reading), bytes)
      for (const invalid of [path, `${path}/missing`]) {
        assert.include((yield* Effect.flip(readFile(invalid))).message, "cannot read the file")
      }
    }).pipe(withFiles))

  it.effect("has a limit, so that an endless input ends", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(collect(Stream.repeatValue(new Uint8Array(60)), "standard input", 100))
      assert.strictEqual(error.message, "standard input is larger than 100 bytes: use a smaller request body")
      const body = yield* collect(Stream.make(new Uint8Array(60), new Uint8Array(40)), "standard input", 100)
      assert.strictEqual(body.length, 100)
    }))
})
