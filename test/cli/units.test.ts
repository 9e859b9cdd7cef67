import { Command, Options } from "@effect/cli"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Ref, TestClock } from "effect"
import { SageMakerError } from "effect-sagemaker-runtime"
import { readFileSync } from "node:fs"
import { numbersOf } from "../../src/cli/commands/load.ts"
import { isText, ofFile } from "../../src/cli/input/mediaTypes.ts"
import * as histogram from "../../src/cli/load/histogram.ts"
import { resultOf, svg, table } from "../../src/cli/load/report.ts"
import { run } from "../../src/cli/load/step.ts"
import { codeOf, unexpected } from "../../src/cli/output/exitCodes.ts"
import { document, findMissingValue } from "../../src/cli/output/help.ts"
import { jsonLine, printable, withColors } from "../../src/cli/output/printable.ts"

const tags = Object.entries(SageMakerError)
  .filter(([, value]) => typeof value === "function" && value.prototype instanceof Error)
  .map(([name]) => name)

describe("exit codes", () => {
  it("exist for each error of the library", () => {
    assert.isAbove(tags.length, 20)
    assert.deepStrictEqual(tags.filter((tag) => codeOf(tag) === unexpected), [])
    assert.strictEqual(codeOf("constructor"), unexpected)
  })

  it("are those of the guide", () => {
    const guide = readFileSync(new URL("../../docs/guides/command-line.md", import.meta.url), "utf8")
    const rows = [...guide.matchAll(/^\| (\d+) \| [^|]+ \| (.*) \|$/gm)]
    const documented = rows.flatMap(([, code, errors]) =>
      [...(errors ?? "").matchAll(/`(\w+)`/g)].map(([, tag]) => [tag ?? "", Number(code)] as const)
    )
    assert.deepStrictEqual(
      Object.fromEntries(documented),
      Object.fromEntries(tags.map((tag) => [tag, codeOf(tag)]))
    )
  })
})

describe("media types", () => {
  it("depend on the extension of the file", () => {
    assert.deepStrictEqual(
      ["a.JSON", "b/rows.csv", "cat.jpeg", "noextension", ".json", "x.constructor"].map(ofFile),
      [
        "application/json",
        "text/csv",
        "image/jpeg",
        "application/octet-stream",
        "application/json",
        "application/octet-stream"
      ]
    )
  })

  it("are text or not", () => {
    assert.isTrue(["text/csv", "application/json; charset=utf-8", "application/problem+json"].every(isText))
    assert.isFalse(["image/png", "application/octet-stream", "application/x-npy", undefined].some(isText))
  })
})

describe("histogram", () => {
  it("has quantiles within 1 %", () => {
    const latencies = histogram.make()
    for (let millis = 1; millis <= 10_000; millis += 1) {
      histogram.record(latencies, millis)
    }
    for (const share of [0.01, 0.5, 0.9, 0.99, 1]) {
      assert.closeTo(histogram.quantile(latencies, share) ?? 0, share * 10_000, share * 100)
    }
    assert.isUndefined(histogram.quantile(histogram.make(), 0.5))
  })
})

describe("the steps of a load test", () => {
  it.effect("are numbers for a rate, and integers for a concurrency", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* numbersOf("--rate", "0.5, 2", 10), [0.5, 2])
      assert.deepStrictEqual(yield* numbersOf("--concurrency", "1,4", 10), [1, 4])
      assert.strictEqual(
        (yield* Effect.flip(numbersOf("--rate", "0", 10))).message,
        "invalid --rate: expected numbers greater than 0 and at most 10, such as 1,4,16"
      )
      assert.strictEqual(
        (yield* Effect.flip(numbersOf("--concurrency", "0.5", 10))).message,
        "invalid --concurrency: expected integers from 1 to 10, such as 1,4,16"
      )
    }))
})

describe("a step of a load test", () => {
  const slow = () => Effect.sleep("100 millis")

  it.effect("runs one call per worker at a time", () =>
    Effect.gen(function*() {
      const step = yield* Effect.fork(run({ _tag: "Concurrency", workers: 3 }, 1_000, slow))
      yield* TestClock.adjust("2 seconds")
      const result = resultOf(yield* Fiber.join(step))
      assert.deepStrictEqual([result.load, result.calls, result.failed, result.perSecond], ["3", 30, 0, 30])
      assert.closeTo(result.p99 ?? 0, 100, 1)
    }))

  it.effect("starts calls at the rate, and awaits those that have started", () =>
    Effect.gen(function*() {
      const running = yield* Ref.make(0)
      const call = () =>
        Effect.acquireUseRelease(
          Ref.update(running, (count) => count + 1),
          () => Effect.sleep("10 seconds"),
          () => Ref.update(running, (count) => count - 1)
        )
      const step = yield* Effect.fork(run({ _tag: "Rate", perSecond: 5 }, 2_000, call))
      yield* TestClock.adjust("2 seconds")
      assert.strictEqual(yield* Ref.get(running), 10)
      yield* TestClock.adjust("10 seconds")
      const result = resultOf(yield* Fiber.join(step))
      assert.deepStrictEqual([result.load, result.calls], ["5/s", 10])
    }))

  it.effect("counts errors by tag, and measures the first chunk", () =>
    Effect.gen(function*() {
      const error = new SageMakerError.ThrottlingError({ message: "slow down" })
      const call = (onFirstChunk: Effect.Effect<void>) =>
        Effect.sleep("500 millis").pipe(
          Effect.zipRight(onFirstChunk),
          Effect.zipRight(Effect.sleep("500 millis")),
          Effect.zipRight(error)
        )
      const step = yield* Effect.fork(run({ _tag: "Concurrency", workers: 1 }, 2_000, call))
      yield* TestClock.adjust("3 seconds")
      const result = resultOf(yield* Fiber.join(step))
      assert.deepStrictEqual(result.errors, { ThrottlingError: 2 })
      assert.closeTo(result.firstChunkP50 ?? 0, 500, 5)
      assert.include(table([result], "concurrency", true), "1: ThrottlingError 2")
      assert.include(svg([result], "concurrency"), "<svg")
    }))
})

describe("arguments", () => {
  it("end with the value of an option", () => {
    const options = {
      body: Options.text("body").pipe(Options.withAlias("b"), Options.optional),
      port: Options.integer("port").pipe(Options.withPseudoName("number"), Options.optional),
      verbose: Options.boolean("verbose").pipe(Options.withAlias("v"))
    }
    const send = Command.make("send", options)
    const root = document("root", Command.make("root"), { arguments: "", examples: [] }, [
      document("send", send, { arguments: "", examples: [] })
    ])
    const missing = (line: string) => findMissingValue(root, line.split(" "))
    assert.deepStrictEqual(
      ["send --body", "send x -v -b", "send --port", "send"].map(missing),
      ["--body", "-b", "--port", undefined]
    )
    assert.deepStrictEqual(
      ["send -v", "send x --verbose", "send --body --body", "send --body x", "other --body"].map(missing),
      [undefined, undefined, undefined, undefined, undefined]
    )
  })
})

describe("printable text", () => {
  it("has line ends and tabs, but no other control characters", () => {
    assert.strictEqual(printable("a\tb\r\nc\n"), "a\tb\nc\n")
    assert.strictEqual(
      printable("\u001b]0;title\u0007\u001b[2J\u009b1m\r\u0000é😀"),
      "\\x1b]0;title\\x07\\x1b[2J\\x9b1m\\x0d\\x00é😀"
    )
  })

  it("is JSON without control characters, whose value is not changed", () => {
    const value = { text: "\u001b[2J\u009b1m\u007fé" }
    assert.strictEqual(jsonLine(value), `{"text":"\\u001b[2J\\u009b1m\\u007fé"}\n`)
    assert.deepStrictEqual(JSON.parse(jsonLine(value)), value)
  })

  it("has colours, but no other escape sequences", () => {
    const text = "\u001b[31mred\u001b[0m \u001b[2J\u001b]2;title\u0007"
    assert.strictEqual(withColors(text, true), "\u001b[31mred\u001b[0m \\x1b[2J\\x1b]2;title\\x07")
    assert.strictEqual(withColors(text, false), "red \\x1b[2J\\x1b]2;title\\x07")
  })
})
