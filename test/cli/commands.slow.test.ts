import { FileSystem } from "@effect/platform"
import { NodeFileSystem } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber, Stream } from "effect"
import { Emulator } from "effect-sagemaker-runtime/testing"
import { spawn } from "node:child_process"
import { closeSync, openSync } from "node:fs"
import { createServer } from "node:net"
import { binary, emulated, emulatorUrl, environment, finished, runCommand, start } from "../support/commandLine.ts"
import { serveContainer } from "../support/container.ts"

const tokens = ["Hello", " there", "."]

const events = Stream.fromIterable([
  ...tokens.map((content) =>
    `data: ${JSON.stringify({ object: "chat.completion.chunk", choices: [{ index: 0, delta: { content } }] })}\n\n`
  ),
  `data: ${JSON.stringify({ choices: [{ index: 0, delta: {}, finish_reason: "stop" }] })}\n\n`,
  "data: [DONE]\n\n"
])

const bodies: Array<string> = []

const echo = Emulator.endpoint("echo", ({ Body, ContentType }) => Effect.succeed({ Body, ContentType }))
const chat = Emulator.endpoint("chat", ({ Body }) => {
  bodies.push(new TextDecoder().decode(Body))
  return Effect.succeed({ Body: events, ContentType: "text/event-stream" })
})
const broken = Emulator.endpoint(
  "broken",
  () => Effect.fail(Emulator.containerError({ status: 500, body: "CUDA out of memory", contentType: "text/plain" }))
)

const withEmulator = Effect.provide(emulated(echo, chat, broken))

const temporaryFile = (name: string) =>
  Effect.map(
    Effect.flatMap(FileSystem.FileSystem, (files) => files.makeTempDirectoryScoped()),
    (folder) => `${folder}/${name}`
  )

describe("invoke", () => {
  it.live("sends an argument, a file or standard input, with the media type of the file", () =>
    Effect.gen(function*() {
      const url = yield* emulatorUrl
      const files = yield* FileSystem.FileSystem
      const csv = yield* temporaryFile("rows.csv")
      yield* files.writeFileString(csv, "1,2\n")
      const argument = yield* runCommand(url, ["invoke", "echo", "--body", `{"a":1}`])
      assert.deepStrictEqual(argument, { code: 0, stdout: `{"a":1}`, stderr: "" })
      const file = yield* runCommand(url, ["invoke", "echo", "--file", csv, "--json"])
      const { $metadata: _, ...response } = JSON.parse(file.stdout)
      assert.deepStrictEqual(response, {
        ContentType: "text/csv",
        InvokedProductionVariant: "AllTraffic",
        body: "1,2\n"
      })
      for (const args of [[], ["--file", "-"], ["-f", "-", "--max-attempts", "1"]]) {
        const piped = yield* runCommand(url, ["invoke", "echo", ...args], "from a pipe")
        assert.strictEqual(piped.stdout, "from a pipe")
      }
      for (const text of ["-5", "--json", "a=b", "-"]) {
        const { stdout } = yield* runCommand(url, ["invoke", "echo", `--body=${text}`])
        assert.strictEqual(stdout, text)
      }
      const output = yield* temporaryFile("response")
      const stored = yield* runCommand(url, ["invoke", "echo", "-b", "x", "-o", output])
      assert.deepStrictEqual([stored.stdout, yield* files.readFileString(output)], ["", "x"])
    }).pipe(Effect.scoped, Effect.provide(NodeFileSystem.layer), withEmulator))

  it.live("ends with the exit code of the error, and prints it as text or JSON", () =>
    Effect.gen(function*() {
      const url = yield* emulatorUrl
      const unknown = yield* runCommand(url, ["invoke", "nosuch", "-b", "{}"])
      assert.strictEqual(unknown.code, 5)
      assert.match(unknown.stderr, /^error: ValidationError: Endpoint nosuch of account 123456789012 not found\.\n$/)
      const failed = yield* runCommand(url, ["invoke", "broken", "-b", "{}", "--json"])
      assert.strictEqual(failed.code, 6)
      assert.strictEqual(JSON.parse(failed.stderr).error._tag, "ModelError")
      assert.notInclude(failed.stderr, "CUDA")
      const verbose = yield* runCommand(url, ["invoke", "broken", "-b", "{}", "--verbose"])
      assert.include(verbose.stderr, "CUDA out of memory")
      const refused = yield* runCommand("http://127.0.0.1:9", ["invoke", "echo", "-b", "{}", "--max-attempts", "1"])
      assert.strictEqual(refused.code, 9)
      const credentials = yield* runCommand(url, ["invoke", "echo", "-b", "{}"], "", { AWS_ACCESS_KEY_ID: "" })
      assert.strictEqual(credentials.code, 3)
    }).pipe(withEmulator), 60_000)

  it.live("rejects invalid arguments, settings and files", () =>
    Effect.gen(function*() {
      const url = yield* emulatorUrl
      const invalid = [
        ["invok"],
        ["invoke"],
        ["invoke", "echo", "extra", "-b", "{}"],
        ["invoke", "echo", "--nosuch"],
        ["invoke", "echo", "--file", "/nonexistent/file"],
        ["invoke", "echo", "--body", "{}", "--file", "x"],
        ["invoke", "echo", "-b", "{}", "-o", "/nonexistent/output"],
        ["invoke", "echo", "-b", "{}", "--log-level", "nosuch"],
        ["invoke", "echo", "-b", "{}", "--region", "no region"],
        ["invoke", "echo", "-b", "{}", "--timeout", "-1"],
        ["invoke", "echo", "-b", "{}", "--timeout", "0"],
        ["async", "result", "-", "--wait", "-1"],
        ["invoke", "echo", "-b", "{}", "--max-attempts", "0"],
        ["invoke", "..", "-b", "{}"],
        ["load", "echo", "-b", "{}", "--concurrency", "0"],
        ["load", "echo", "-b", "{}", "--concurrency", "1", "--rate", "1"],
        ["emulate", "-e", "=x"],
        ["emulate", "-e", "name=http://user:secret@localhost"],
        ["emulate", "-e", "name=ftp://localhost"],
        ["emulate", "--port", "99999"],
        ["async", "result", "/nonexistent/job.json"],
        ["doctor", "--profile", "nosuch"]
      ]
      for (const args of invalid) {
        const { code, stderr, stdout } = yield* runCommand(url, args)
        assert.strictEqual(code, 2, args.join(" "))
        assert.notMatch(stderr + stdout, /\n\s+at /, args.join(" "))
        assert.notInclude(stderr + stdout, "\u001b", args.join(" "))
        assert.notStrictEqual(stderr + stdout, "")
      }
    }).pipe(withEmulator), 120_000)
})

describe("stream", () => {
  it.live("prints chunks, tokens, or lines of JSON", () =>
    Effect.gen(function*() {
      const url = yield* emulatorUrl
      const raw = yield* runCommand(url, ["stream", "chat"], "{}")
      assert.include(raw.stdout, "data: [DONE]")
      const text = yield* runCommand(url, ["stream", "chat", "--tokens"], "{}")
      assert.strictEqual(text.stdout, "Hello there.")
      const json = yield* runCommand(url, ["stream", "chat", "--tokens", "--json"], "{}")
      const lines = json.stdout.trim().split("\n").map((line) => JSON.parse(line).text)
      assert.deepStrictEqual(lines.slice(0, 3), tokens)
    }).pipe(withEmulator))

  it.live("closes the connection on SIGINT and SIGTERM", () =>
    Effect.gen(function*() {
      for (const [signal, code] of [["SIGINT", 130], ["SIGTERM", 143]] as const) {
        const closed = yield* Deferred.make<void>()
        const requested = yield* Deferred.make<void>()
        const complete = (deferred: Deferred.Deferred<void>) => () => Deferred.unsafeDone(deferred, Effect.void)
        const server = createServer((socket) => {
          socket.once("data", complete(requested)).on("error", () => {}).once("close", complete(closed))
        })
        const port = yield* Effect.async<number>((resume) => {
          server.listen(0, "127.0.0.1", () => resume(Effect.succeed((server.address() as { port: number }).port)))
        })
        const child = start(["stream", "slow", "-b", "{}"], environment(`http://127.0.0.1:${port}`))
        yield* Deferred.await(requested)
        child.kill(signal)
        const { code: actual, stderr } = yield* finished(child)
        assert.deepStrictEqual([actual, stderr], [code, ""])
        yield* Deferred.await(closed)
        server.close()
      }
    }), 60_000)

  it.live("ends without an error message when the reader closes standard output", () =>
    Effect.gen(function*() {
      const endless = Emulator.endpoint("endless", () =>
        Effect.succeed({ Body: Stream.repeatValue("line\n".repeat(2_000)), ContentType: "text/plain" }))
      yield* Effect.gen(function*() {
        const child = start(["stream", "endless", "-b", "{}"], environment(yield* emulatorUrl))
        child.stdout?.once("data", () =>
          child.stdout?.destroy())
        const { code, stderr } = yield* finished(child)
        assert.deepStrictEqual([code, stderr], [141, ""])
      }).pipe(Effect.provide(emulated(endless)))
    }), 60_000)
})

describe("standard input", () => {
  it.live("that stays open does not delay SIGINT", () =>
    Effect.gen(function*() {
      const url = yield* emulatorUrl
      for (const args of [["invoke", "echo"], ["batch", "-", "-", "-e", "echo"], ["chat", "chat"]]) {
        const child = start(args, environment(url))
        const ended = yield* Effect.fork(finished(child))
        yield* Effect.sleep("2 seconds")
        child.kill("SIGINT")
        assert.strictEqual((yield* Effect.timeout(Fiber.join(ended), "5 seconds")).code, 130, args[0])
      }
    }).pipe(withEmulator), 60_000)
})

describe("standard output", () => {
  it.live("that cannot be written fails the command", () =>
    Effect.gen(function*() {
      const url = yield* emulatorUrl
      for (const args of [["invoke", "echo", "-b", "{}"], ["--help"], ["--version"], ["--completions", "bash"]]) {
        const full = openSync("/dev/full", "w")
        const child = spawn(process.execPath, [binary, ...args], {
          env: environment(url),
          stdio: ["ignore", full, "pipe"]
        })
        const { code, stderr } = yield* finished(child)
        closeSync(full)
        assert.deepStrictEqual([code, stderr], [1, "error: OutputFailed: cannot write to standard output: ENOSPC\n"])
      }
    }).pipe(withEmulator))

  it.live("has no log lines", () =>
    Effect.gen(function*() {
      const args = ["invoke", "echo", "--log-level", "all", "-b", "{}"]
      const { code, stdout } = yield* runCommand(yield* emulatorUrl, args)
      assert.deepStrictEqual([code, stdout], [0, "{}"])
    }).pipe(withEmulator))
})

describe("chat", () => {
  it.live("sends the conversation of piped lines", () =>
    Effect.gen(function*() {
      bodies.length = 0
      const url = yield* emulatorUrl
      const { code, stdout } = yield* runCommand(
        url,
        ["chat", "chat", "--system", "Be brief."],
        "one\n\ntwo\n/clear\nthree\n"
      )
      assert.deepStrictEqual([code, stdout], [0, "Hello there.\n".repeat(3)])
      const contents = bodies.map((body) =>
        JSON.parse(body).messages.map(({ content }: { content: string }) => content)
      )
      assert.deepStrictEqual(contents, [
        ["Be brief.", "one"],
        ["Be brief.", "one", "Hello there.", "two"],
        ["Be brief.", "three"]
      ])
    }).pipe(withEmulator))
})

describe("async", () => {
  it.live("submits a job whose result another process prints", () =>
    Effect.gen(function*() {
      const url = yield* emulatorUrl
      const files = yield* FileSystem.FileSystem
      const job = yield* temporaryFile("job.json")
      const submitted = yield* runCommand(url, ["async", "submit", "echo", "-b", "input", "--job", job])
      assert.deepStrictEqual(submitted, { code: 0, stdout: "", stderr: "" })
      const waited = yield* runCommand(url, ["async", "wait", job])
      assert.match(waited.stdout, /^s3:\/\/emulator\/echo\/output\/.*\n$/)
      const result = yield* runCommand(url, ["async", "result", "-"], yield* files.readFileString(job))
      assert.deepStrictEqual(result, { code: 0, stdout: "input", stderr: "" })
      const large = "x".repeat(200_000)
      const uploaded = yield* runCommand(
        url,
        ["async", "submit", "echo", "--input-prefix", "s3://bucket/input"],
        large
      )
      const output = yield* temporaryFile("output")
      const stored = yield* runCommand(url, ["async", "result", "-", "-o", output], uploaded.stdout)
      assert.strictEqual(stored.code, 0, stored.stderr)
      assert.strictEqual(yield* files.readFileString(output), large)
    }).pipe(Effect.scoped, Effect.provide(NodeFileSystem.layer), withEmulator), 60_000)

  it.live("reports a failed job, and changes no file", () =>
    Effect.gen(function*() {
      const url = yield* emulatorUrl
      const files = yield* FileSystem.FileSystem
      const output = yield* temporaryFile("output")
      const { stdout } = yield* runCommand(url, ["async", "submit", "broken", "-b", "{}"])
      const failed = yield* runCommand(url, ["async", "result", "-", "-o", output], stdout)
      assert.strictEqual(failed.code, 6)
      assert.include(failed.stderr, "AsyncInferenceFailedError")
      assert.isFalse(yield* files.exists(output))
      assert.isFalse(yield* files.exists(`${output}.part`))
    }).pipe(Effect.scoped, Effect.provide(NodeFileSystem.layer), withEmulator), 60_000)
})

describe("doctor", () => {
  it.live("reports the settings, and no secret", () =>
    Effect.gen(function*() {
      const url = yield* emulatorUrl
      const good = yield* runCommand(url, ["doctor", "echo", "--json"])
      assert.strictEqual(good.code, 0, good.stdout)
      const details = Object.fromEntries(
        JSON.parse(good.stdout).map(({ check, detail }: { check: string; detail: string }) => [check, detail])
      )
      assert.include(details["credentials"], "environment variables")
      assert.deepStrictEqual([details["region"], details["service URL"]], ["us-east-1", url])
      assert.notInclude(good.stdout, "AKIDCOMMANDLINE")
      const unknown = yield* runCommand(url, ["doctor", "nosuch"])
      assert.strictEqual(unknown.code, 5)
      const proxied = yield* runCommand("https://service.invalid", ["doctor"], "", {
        HTTPS_PROXY: "http://user:password@127.0.0.1:9"
      })
      assert.strictEqual(proxied.code, 9)
      assert.match(proxied.stdout, /ok +proxy +127\.0\.0\.1:9, from HTTPS_PROXY/)
      assert.notInclude(proxied.stdout, "password")
    }).pipe(withEmulator), 60_000)
})

describe("load", () => {
  it.live("measures each step, counts errors by tag, and draws a plot", () =>
    Effect.gen(function*() {
      const url = yield* emulatorUrl
      const files = yield* FileSystem.FileSystem
      const plot = yield* temporaryFile("latency.svg")
      const args = ["load", "echo", "-b", "{}", "-c", "1,4", "-d", "0.5", "--svg", plot, "--json"]
      const steps = JSON.parse((yield* runCommand(url, args)).stdout)
      assert.deepStrictEqual(steps.map(({ load }: { load: string }) => load), ["1", "4"])
      assert.isTrue(steps.every(({ calls, failed }: { calls: number; failed: number }) => calls > 0 && failed === 0))
      assert.include(yield* files.readFileString(plot), "<svg")
      const failing = yield* runCommand(url, ["load", "broken", "-b", "{}", "--rate", "10", "-d", "0.5"])
      assert.match(failing.stdout, /10\/s: ModelError 5\n/)
    }).pipe(Effect.scoped, Effect.provide(NodeFileSystem.layer), withEmulator), 60_000)
})

describe("emulate", () => {
  it.live("serves endpoints until a signal, and verifies signatures on request", () =>
    Effect.gen(function*() {
      const child = start(["emulate", "-e", "echo", "--verify-signatures", "--json"], environment(""))
      const url = yield* Effect.async<string>((resume) => {
        child.stdout?.once("data", (text) => resume(Effect.succeed(JSON.parse(String(text)).url)))
      })
      const refused = yield* runCommand(url, ["invoke", "echo", "-b", "{}"])
      assert.strictEqual(refused.code, 4)
      const signed = yield* runCommand(url, ["invoke", "echo", "-b", "{}"], "", {
        AWS_ACCESS_KEY_ID: "AKIDEMULATOR",
        AWS_SECRET_ACCESS_KEY: "emulator-secret-access-key"
      })
      assert.strictEqual(signed.stdout, "{}")
      child.kill("SIGINT")
      assert.strictEqual((yield* finished(child)).code, 130)
    }), 60_000)
})

describe("emulate, in front of a container", () => {
  it.live("forwards requests, and serves a page for browsers unless it is switched off", () =>
    Effect.gen(function*() {
      const container = yield* serveContainer((response, body) => response.writeHead(200).end(`<${body.toString()}>`))
      const startEmulator = (...args: ReadonlyArray<string>) =>
        Effect.gen(function*() {
          const child = yield* Effect.acquireRelease(
            Effect.sync(() => start(["emulate", "-e", `model=${container.url}`, ...args], environment(""))),
            (started) => Effect.sync(() => started.kill("SIGKILL"))
          )
          const printed = yield* Effect.async<string>((resume) => {
            child.stdout?.once("data", (text) => resume(Effect.succeed(String(text))))
          })
          const url = /http:\/\/127\.0\.0\.1:\d+/.exec(printed)?.[0] ?? ""
          const page = yield* Effect.promise(() => fetch(url, { headers: { accept: "text/html" } }))
          return { page: page.status, printed, url }
        })
      const { page, printed, url } = yield* startEmulator()
      assert.include(printed, "with a page for browsers\nEndpoints: model\n")
      assert.strictEqual(page, 200)
      const invoked = yield* runCommand(url, ["invoke", "model", "-b", "1"])
      assert.strictEqual(invoked.stdout, "<1>")
      const plain = yield* startEmulator("--no-page", "--json")
      assert.deepStrictEqual(JSON.parse(plain.printed), { url: plain.url, endpoints: ["model"] })
      assert.strictEqual(plain.page, 404)
    }).pipe(Effect.scoped), 60_000)
})

describe("help", () => {
  it.live("is printed without colour for each command", () =>
    Effect.gen(function*() {
      const { stdout } = yield* runCommand("", ["--help"])
      const names = [...stdout.matchAll(/^ {2}([a-z]+) {2,}/gm)].map(([, name]) => name ?? "")
      assert.deepStrictEqual(names, ["invoke", "stream", "chat", "async", "batch", "doctor", "load", "emulate"])
      for (const name of [...names.map((each) => [each]), ["async", "submit"]]) {
        const help = yield* runCommand("", [...name, "--help"])
        assert.match(help.stdout, new RegExp(`^Usage: effect-sagemaker-runtime ${name.join(" ")} `))
        assert.isTrue(help.stdout.split("\n").every((line) => line.length <= 120 && !line.includes("\u001b")))
        assert.isFalse(/A user-defined|This setting/.test(help.stdout))
      }
      for (const shell of ["bash", "zsh", "fish"]) {
        assert.include((yield* runCommand("", ["--completions", shell])).stdout, "invoke")
      }
      assert.match((yield* runCommand("", ["--version"])).stdout, /^\d+\.\d+\.\d+\n$/)
    }), 120_000)
})
