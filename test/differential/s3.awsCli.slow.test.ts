import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { ObjectStore } from "effect-sagemaker-runtime"
import { createHash, randomBytes } from "node:crypto"
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { describe } from "vitest"
import { isInstalled, keys, runAgainstEmulator, s3Emulator, temporaryFolder } from "../support/s3Emulator.ts"

const hasCli = await isInstalled("aws", "--version")
if (!hasCli) {
  console.warn("Skipped, because the aws CLI is not installed: the emulated S3 and the aws CLI")
}

const timeout = 120_000
const mebibyte = 1024 * 1024

/** Runs the aws CLI, which must succeed. */
const aws = (...args: ReadonlyArray<string>) =>
  Effect.map(runAgainstEmulator("aws", args), ({ code, stderr, stdout }) => {
    assert.strictEqual(code, 0, `${args.join(" ")}: ${stderr}`)
    return stdout
  })

/** Runs the aws CLI, which must fail. */
const awsFails = (env: Record<string, string>, ...args: ReadonlyArray<string>) =>
  Effect.map(runAgainstEmulator("aws", args, { env }), ({ code, stderr }) => {
    assert.notStrictEqual(code, 0)
    return stderr
  })

const write = (path: string, bytes: Uint8Array | string) => Effect.promise(() => writeFile(path, bytes))

const hashOf = (path: string) =>
  Effect.promise(async () => createHash("sha256").update(await readFile(path)).digest("hex"))

describe.skipIf(!hasCli)("The aws CLI and the emulated S3", () => {
  it.scopedLive("cp of 20 MB in parts, both ways", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      const [source, copy] = [join(folder, "source"), join(folder, "copy")]
      yield* write(source, randomBytes(20 * mebibyte))
      yield* aws("s3", "cp", source, "s3://models/big file.bin")
      yield* aws("s3", "cp", "s3://models/big file.bin", "s3://models/second.bin")
      yield* aws("s3", "cp", "s3://models/second.bin", copy)
      assert.strictEqual(yield* hashOf(copy), yield* hashOf(source))
      assert.include(yield* aws("s3", "ls", "s3://models/"), "20971520 big file.bin")
    }).pipe(Effect.provide(s3Emulator())), timeout)

  it.scopedLive("cp of a stream, ls, mv, rm and sync", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      yield* Effect.promise(() => mkdir(join(folder, "in/deep"), { recursive: true }))
      yield* write(join(folder, "in/a.txt"), "a")
      yield* write(join(folder, "in/deep/ü+ %.txt"), "b")
      yield* aws("s3", "sync", join(folder, "in"), "s3://data/in")
      assert.include(yield* aws("s3", "sync", join(folder, "in"), "s3://data/in", "--dryrun"), "")
      yield* aws("s3", "sync", "s3://data/in", join(folder, "out"))
      assert.deepStrictEqual(yield* Effect.promise(() => readdir(join(folder, "out/deep"))), ["ü+ %.txt"])
      yield* aws("s3", "mv", "s3://data/in/a.txt", "s3://data/b.txt")
      const list = yield* aws("s3", "ls", "--recursive", "s3://data")
      assert.match(list, /1 b\.txt\n.*1 in\/deep\/ü\+ %\.txt\n$/)
      assert.match(yield* aws("s3", "ls", "s3://data/"), /PRE in\//)
      assert.match(yield* aws("s3", "ls"), / data\n/)
      yield* aws("s3", "rm", "--recursive", "s3://data")
      assert.include(yield* awsFails({}, "s3", "ls", "s3://data/in/"), "")
    }).pipe(Effect.provide(s3Emulator())), timeout)

  it.scopedLive("s3api: every checksum, ranges, metadata and errors", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      const [source, copy] = [join(folder, "source"), join(folder, "copy")]
      yield* write(source, "0123456789")
      const object = ["--bucket", "data", "--key", "k"]
      for (const algorithm of ["CRC32", "SHA1", "SHA256"]) {
        const stored = yield* aws("s3api", "put-object", ...object, "--body", source, "--checksum-algorithm", algorithm)
        assert.include(stored, `"Checksum${algorithm}"`)
      }
      yield* aws(
        "s3api",
        "put-object",
        ...object,
        "--body",
        source,
        "--metadata",
        "a=1",
        "--content-type",
        "text/plain"
      )
      const head = JSON.parse(yield* aws("s3api", "head-object", ...object))
      assert.deepInclude(head, { ContentLength: 10, ContentType: "text/plain", Metadata: { a: "1" } })
      const part = JSON.parse(yield* aws("s3api", "get-object", ...object, "--range", "bytes=-3", copy))
      assert.deepInclude(part, { ContentRange: "bytes 7-9/10", ContentLength: 3 })
      assert.strictEqual(yield* Effect.promise(() => readFile(copy, "utf8")), "789")
      assert.include(
        yield* awsFails({}, "s3api", "get-object", ...object, "--range", "bytes=10-", copy),
        "(InvalidRange)"
      )
      assert.include(yield* awsFails({}, "s3api", "get-object", "--bucket", "data", "--key", "no", copy), "(NoSuchKey)")
      assert.include(
        yield* awsFails({}, "s3api", "put-object", ...object, "--if-none-match", "*"),
        "(PreconditionFailed)"
      )
    }).pipe(Effect.provide(s3Emulator())), timeout)

  it.scopedLive("wrong credentials and another region are rejected", () =>
    Effect.gen(function*() {
      const secret = yield* awsFails({ AWS_SECRET_ACCESS_KEY: "wrong" }, "s3api", "list-objects-v2", "--bucket", "data")
      assert.include(secret, "(SignatureDoesNotMatch)")
      const key = yield* awsFails({ AWS_ACCESS_KEY_ID: "AKIDOTHER" }, "s3api", "list-objects-v2", "--bucket", "data")
      assert.include(key, "(InvalidAccessKeyId)")
      const unsigned = yield* awsFails({}, "s3api", "list-objects-v2", "--bucket", "data", "--no-sign-request")
      assert.include(unsigned, "(AccessDenied)")
      assert.isNotEmpty(keys.accessKeyId)
    }).pipe(Effect.provide(s3Emulator())), timeout)

  it.scopedLive(
    "an object that the emulator put into the store, and a file put into the folder",
    () =>
      Effect.gen(function*() {
        const store = yield* ObjectStore.ObjectStore
        yield* store.put("s3://direct/output/1.out", new TextEncoder().encode("direct"))
        assert.strictEqual(yield* aws("s3", "cp", "s3://direct/output/1.out", "-"), "direct")
        assert.match(yield* aws("s3", "ls", "s3://direct/output/"), /6 1\.out/)
      }).pipe(Effect.provide(s3Emulator())),
    timeout
  )
})
