import { assert, describe, it } from "@effect/vitest"
import { Effect, Either, FastCheck, Option } from "effect"
import { Codec } from "effect-sagemaker-runtime"
import { clock, logLine, Meter, rateText, summaryLine, terminalLine } from "../../src/cli/batch/progress.ts"
import { cellsRecord, fileRecord, jsonRecord } from "../../src/cli/batch/rows/records.ts"
import { bodyOf, type RequestSettings, syntaxOf } from "../../src/cli/batch/rows/requests.ts"
import { resultsOf } from "../../src/cli/batch/rows/responses.ts"
import { type Row, stack, unstack, valueOfCell } from "../../src/cli/batch/rows/row.ts"
import { concurrencyOf, type Format, formatOf, requestSettings } from "../../src/cli/batch/settings.ts"

const utf8 = (text: string) => new TextEncoder().encode(text)
const textOf = (bytes: Uint8Array) => new TextDecoder().decode(bytes)

const cells = (...cells: ReadonlyArray<string>): Row => ({ _tag: "Cells", cells })
const value = (value: unknown): Row => ({ _tag: "Value", value })

const settings = (batcher: RequestSettings["batcher"], contentType: string, members = {}): RequestSettings => ({
  batcher,
  contentType,
  members
})

const encoded = (given: RequestSettings, rows: ReadonlyArray<Row>) =>
  Effect.map(bodyOf(given, rows), ({ Body, ContentType }) => [ContentType, textOf(Body)])

describe("requests", () => {
  it.effect("join rows to CSV, JSON, JSON Lines or one row", () =>
    Effect.gen(function*() {
      const rows = [cells("1", "007"), cells("x,y", "")]
      const objects = [value({ a: 1 }), value({ a: 2 })]
      const named: Row = { _tag: "Cells", cells: ["42", "Ann"], columns: ["age", "name"] }
      const large = value({ id: 12345678901234567890n })
      assert.deepStrictEqual(
        yield* Effect.all([
          encoded(settings("lists", "text/csv"), rows),
          encoded(settings("lists", "application/json"), objects),
          encoded(settings("lists", "application/jsonlines"), objects),
          encoded(settings("instances", "application/json", { signature_name: "serve" }), [named]),
          encoded(settings("inputs", "application/json"), rows),
          encoded(settings("none", "application/json"), [large]),
          encoded(settings("none", "text/plain"), [value("hello")]),
          encoded(settings("lists", "text/csv"), [value([1, true, null]), value({ a: "b" }), value(3)])
        ]),
        [
          ["text/csv", "1,007\n\"x,y\","],
          ["application/json", `[{"a":1},{"a":2}]`],
          ["application/jsonlines", `{"a":1}\n{"a":2}`],
          ["application/json", `{"signature_name":"serve","instances":[{"age":42,"name":"Ann"}]}`],
          ["application/json", `{"inputs":[[1,"007"],["x,y",null]]}`],
          ["application/json", `{"id":12345678901234567890}`],
          ["text/plain", "hello"],
          ["text/csv", "1,true,\nb\n3"]
        ]
      )
    }))

  it.effect("send a file as it is, with its media type", () =>
    Effect.gen(function*() {
      const row: Row = {
        _tag: "File",
        file: { name: "cat.jpg", Body: Uint8Array.of(0xff, 0xd8), ContentType: "image/jpeg" }
      }
      const request = yield* bodyOf({ batcher: "none", contentType: undefined, members: {} }, [row])
      assert.deepStrictEqual(request, { Body: Uint8Array.of(0xff, 0xd8), ContentType: "image/jpeg" })
    }))

  it.effect("reject rows that have no representation", () =>
    Effect.gen(function*() {
      for (
        const [given, row] of [
          [settings("lists", "text/csv"), value({ a: [1] })],
          [settings("lists", "text/csv"), value([[1]])],
          [settings("none", "text/plain"), value(1)],
          [settings("none", "image/png"), value({})],
          [settings("lists", "application/x-npy"), value([1])]
        ] as const
      ) {
        const error = yield* Effect.flip(bodyOf(given, [row]))
        assert.strictEqual(error._tag, "CodecError")
      }
    }))

  it("join arrays along a new axis, and divide them again", () => {
    const rows = unstack(Codec.ndarray(Float32Array.of(1, 2, 3, 4, 5, 6), { shape: [3, 2] }))
    assert.deepStrictEqual(rows.map(({ data }) => [...data]), [[1, 2], [3, 4], [5, 6]])
    assert.deepStrictEqual(stack(rows), Codec.ndarray(Float32Array.of(1, 2, 3, 4, 5, 6), { shape: [3, 2] }))
    assert.isUndefined(stack([Codec.ndarray(Float32Array.of(1)), Codec.ndarray(Float64Array.of(1))]))
    assert.isUndefined(stack([Codec.ndarray(Float32Array.of(1)), Codec.ndarray(Float32Array.of(1, 2))]))
  })
})

describe("cells as values of JSON", () => {
  it("are numbers only in the syntax of JSON", () => {
    assert.deepStrictEqual(
      ["1", "-2.5e3", "007", "1.", "", "NaN", "true", "12345678901234567890", "1e999"].map(valueOfCell),
      [1, -2500, "007", "1.", null, "NaN", "true", 12345678901234567890n, "1e999"]
    )
  })

  it("have the value that JSON.parse has for each number that is not rounded", () => {
    FastCheck.assert(
      FastCheck.property(FastCheck.double({ noNaN: true, noDefaultInfinity: true }), (number) => {
        const text = JSON.stringify(number)
        const cell = valueOfCell(text)
        assert.strictEqual(typeof cell === "bigint" ? Number(cell) : cell, JSON.parse(text))
      })
    )
  })
})

describe("responses", () => {
  const response = (contentType: string, body: string) => ({ ContentType: contentType, Body: utf8(body) })

  it.effect("have one result per row, in each media type", () =>
    Effect.gen(function*() {
      const lists = (contentType: string, body: string, rows: number) =>
        resultsOf("lists", response(contentType, body), rows)
      assert.deepStrictEqual(
        yield* Effect.all([
          lists("text/csv", "0.5\n0.25\n", 2),
          lists("text/csv; charset=utf-8", "0.5,0.25", 2),
          lists("text/csv", "a,1\nb,2", 2),
          lists("application/json", "[1,2]", 2),
          lists("application/json", `{"predictions":[{"score":1},{"score":2}]}`, 2),
          lists("application/json", `{"scores":[1,2],"model":"x"}`, 2),
          lists("application/jsonlines", "1\n2\n", 2),
          lists("application/octet-stream", "[1,NaN]", 2)
        ]),
        [
          [0.5, 0.25],
          [0.5, 0.25],
          [["a", 1], ["b", 2]],
          [1, 2],
          [{ score: 1 }, { score: 2 }],
          [1, 2],
          [1, 2],
          [1, Number.NaN]
        ]
      )
    }))

  it.effect("of one row are the result: JSON, text or bytes", () =>
    Effect.gen(function*() {
      const one = (contentType: string, body: string) => resultsOf("none", response(contentType, body), 1)
      assert.deepStrictEqual(
        yield* Effect.all([
          one("application/json", "[1,2]"),
          one("text/html", `{"label":"cat"}`),
          one("text/plain", "hello"),
          one("text/csv", "1,2\n3,4\n"),
          one("image/png", "\0"),
          resultsOf("none", { Body: utf8("3") }, 1)
        ]),
        [
          [[1, 2]],
          [{ label: "cat" }],
          ["hello"],
          [[[1, 2], [3, 4]]],
          [{ contentType: "image/png", base64: "AA==" }],
          [3]
        ]
      )
    }))

  it.effect("without a list of results fail", () =>
    Effect.gen(function*() {
      for (const body of [`{"label":"cat"}`, "1", "{", `{"a":[1],"b":[2]}`]) {
        const error = yield* Effect.flip(resultsOf("lists", response("application/json", body), 2))
        assert.strictEqual(error._tag, "CodecError")
      }
    }))
})

describe("rows of the output", () => {
  const error = { _tag: "ModelError", message: "the model failed", OriginalMessage: "secret" }
  const row: Row = { _tag: "File", file: { name: "a.png", Body: new Uint8Array(), ContentType: "image/png" } }

  it("have the result or the error, and the text of the container only with --verbose", () => {
    assert.deepStrictEqual(jsonRecord({ index: 3, row: value(1), result: Either.right({ a: 1 }) }, false), {
      index: 3,
      result: { a: 1 }
    })
    const failed = { index: 4, row, result: Either.left(Object.assign(new Error(error.message), error)) }
    assert.deepStrictEqual(jsonRecord(failed, false), {
      index: 4,
      name: "a.png",
      error: { _tag: "ModelError", message: "the model failed" }
    })
    assert.strictEqual(jsonRecord(failed, true).error?.OriginalMessage, "secret")
    assert.deepStrictEqual(cellsRecord(failed), { index: 4, result: null, error: "ModelError" })
  })

  it("have JSON in a cell if the result is no scalar", () => {
    const results = [0.5, "text", null, [1, 2], { a: 12345678901234567890n }, true].map((result) =>
      cellsRecord({ index: 0, row: value(1), result: Either.right(result) }).result
    )
    assert.deepStrictEqual(results, ["0.5", "text", null, "[1,2]", `{"a":12345678901234567890}`, "true"])
  })

  it("are files with an extension by the media type", () => {
    const fileOf = (ContentType: string) =>
      fileRecord({ index: 0, row, result: Either.right({ ContentType, Body: utf8("{}") }) }, false).name
    assert.deepStrictEqual(
      ["application/json; charset=utf-8", "image/png", "constructor", ""].map(fileOf),
      ["a.png.json", "a.png.png", "a.png.bin", "a.png.bin"]
    )
    const failed = fileRecord({ index: 0, row, result: Either.left(error) }, false)
    assert.strictEqual(failed.name, "a.png.error.json")
  })
})

describe("progress", () => {
  const status = { rows: 450_000, total: 1_000_000, failed: 3, retries: 12, throttles: 4, concurrency: 16 }

  it("is one line that fits in the terminal", () => {
    assert.strictEqual(
      terminalLine(status, 12_345, 200),
      "[=========>          ]  45 %  450,000 of 1,000,000 rows  12,345 rows/s  0:45 left  3 failed  12 retries"
        + "  4 throttled  16 concurrent"
    )
    for (let columns = 1; columns < 160; columns += 1) {
      assert.isBelow(terminalLine(status, 12_345, columns).length, columns)
    }
    assert.strictEqual(
      terminalLine({ ...status, rows: 1_000_000 }, 0, 60),
      "[====================] 100 %  1,000,000 of 1,000,000 rows"
    )
    assert.strictEqual(
      logLine({ ...status, total: undefined }, 0.5),
      "450,000 rows, 0.5 rows/s, 3 failed, 12 retries, 4 throttled, 16 concurrent"
    )
    assert.strictEqual(
      logLine({ ...status, rows: 1, retries: 1, total: undefined }, 0.5),
      "1 row, 0.5 rows/s, 3 failed, 1 retry, 4 throttled, 16 concurrent"
    )
  })

  it("ends with the totals of the batch", () => {
    const summary = { rows: 1, failed: 0, requests: 1, retries: 1, throttles: 1, seconds: 2, rowsPerSecond: 0.5 }
    assert.strictEqual(
      summaryLine(summary),
      "1 row in 2.0 s, 0.5 rows/s, 0 failed, 1 request, 1 retry, 1 throttled"
    )
    assert.strictEqual(
      summaryLine({ ...summary, rows: 2_000, requests: 20, retries: 0 }),
      "2,000 rows in 2.0 s, 0.5 rows/s, 0 failed, 20 requests, 0 retries, 1 throttled"
    )
  })

  it("has the rate of the last ten seconds", () => {
    const meter = new Meter()
    assert.strictEqual(meter.add(1_000, 0), 0)
    assert.strictEqual(meter.add(2_000, 10), 10)
    assert.strictEqual(meter.add(11_000, 100), 10)
    for (let at = 12_000; at < 40_000; at += 1_000) {
      meter.add(at, 100)
    }
    assert.strictEqual(meter.add(40_000, 100), 0)
    assert.deepStrictEqual([rateText(0), rateText(9.99), rateText(1_234)], ["0.0", "10.0", "1,234"])
    assert.deepStrictEqual([clock(0), clock(59.2), clock(3_725)], ["0:00", "1:00", "1:02:05"])
  })
})

describe("options", () => {
  const given: Parameters<typeof requestSettings>[0] = {
    batcher: Option.none(),
    contentType: Option.none(),
    members: Option.none(),
    maxRows: Option.none()
  }

  it("determine formats by name", () => {
    assert.deepStrictEqual(
      ["a.CSV", "s3://b/k.ndjson", "a.b/images", "images/", "x.json", "x.parquet", "x.tsv"].map(formatOf),
      ["csv", "jsonl", "folder", "folder", undefined, "parquet", "tsv"]
    )
    assert.deepStrictEqual(
      ["text/csv", "application/x-ndjson", "application/problem+json; a=b", "image/png", "text/html"].map(syntaxOf),
      ["csv", "jsonLines", "json", "binary", "text"]
    )
  })

  it.effect("have a batcher and a media type by format", () =>
    Effect.gen(function*() {
      const csv = yield* requestSettings(given, "csv")
      assert.deepStrictEqual([csv.batcher, csv.contentType], ["lists", "text/csv"])
      const instances = yield* requestSettings({ ...given, batcher: Option.some("instances") }, "csv")
      assert.strictEqual(instances.contentType, "application/json")
      const lines = yield* requestSettings(given, "jsonl")
      assert.deepStrictEqual([lines.batcher, lines.contentType], ["none", "application/json"])
      const conflicts: ReadonlyArray<readonly [Partial<typeof given>, Format]> = [
        [{ maxRows: Option.some(2) }, "jsonl"],
        [{ batcher: Option.some("lists") }, "folder"],
        [{ batcher: Option.some("inputs"), contentType: Option.some("text/csv") }, "csv"],
        [{ members: Option.some("{}x") }, "csv"],
        [{ members: Option.some(`{"a":1}`) }, "csv"]
      ]
      for (const [conflict, format] of conflicts) {
        const error = yield* Effect.flip(requestSettings({ ...given, ...conflict }, format))
        assert.strictEqual(error._tag, "CommandError")
      }
    }))

  it.effect("have a concurrency that is a number or a range", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* concurrencyOf(Option.none()), undefined)
      assert.deepStrictEqual(yield* concurrencyOf(Option.some("8")), 8)
      assert.deepStrictEqual(yield* concurrencyOf(Option.some("4..64")), { start: 4, max: 64 })
      for (const text of ["0", "64..4", "1..", "a", "1.5", "10001", ""]) {
        assert.strictEqual((yield* Effect.flip(concurrencyOf(Option.some(text))))._tag, "CommandError")
      }
    }))
})
