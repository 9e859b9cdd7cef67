/** `batch`: applies a model to the rows of a file, and writes a result per row. */
import * as Command from "@effect/cli/Command"
import { Batch, ObjectStore, Telemetry } from "effect-sagemaker-runtime"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { resolve } from "node:path"
import process from "node:process"
import { errorWriter, writeErrors } from "../batch/files/errorsFile.ts"
import { hasCheckpoint, prepare } from "../batch/files/existing.ts"
import { withFileErrors } from "../batch/files/fileErrors.ts"
import { type Input, withInput } from "../batch/files/inputs.ts"
import { withOutput } from "../batch/files/outputs.ts"
import { isObject } from "../batch/files/places.ts"
import { print, stdinFile, stdinValues } from "../batch/files/standard.ts"
import { counted, type Summary, summaryLine } from "../batch/progress.ts"
import { type Counts, makeCounts, report } from "../batch/reporter.ts"
import type { RowResult } from "../batch/rows/records.ts"
import type { Row } from "../batch/rows/row.ts"
import { results, type RunOptions, runStored } from "../batch/run.ts"
import { batchOptions, concurrencyOf, type Format, readFormat, requestSettings } from "../batch/settings.ts"
import * as client from "../input/client.ts"
import { argument } from "../input/hyphen.ts"
import * as objectStore from "../input/objectStore.ts"
import { rowsFailed } from "../output/exitCodes.ts"
import { CommandError, Exited, reportFailure } from "../output/failure.ts"
import { jsonLine, printable } from "../output/printable.ts"
import { writeError, writeJson } from "../output/write.ts"

const config = {
  input: argument("input", "The rows: a file, a folder, an s3:// URL, or - for standard input"),
  output: argument("output", "The results: a file, an s3:// URL, or - for standard output"),
  ...batchOptions,
  ...client.routingOptions,
  ...client.options
}

type Options = Command.Command.ParseConfig<typeof config>

/** Whether a file would be read and replaced, or written twice. */
const hasTwice = ({ errors, input, output }: Options): boolean => {
  const paths = [input, output, ...Option.toArray(errors)].filter((path) => path !== "-")
  const files = paths.map((path) => (isObject(path) ? path : resolve(path)))
  return new Set(files).size < files.length
}

/** The settings of a batch, from its options. */
const settingsOf = (options: Options) =>
  Effect.gen(function*() {
    const inputFormat = yield* readFormat("--input-format", options.inputFormat, options.input)
    const outputFormat = yield* readFormat("--output-format", options.outputFormat, options.output)
    const requests = yield* requestSettings(options, inputFormat)
    const run: RunOptions = {
      model: {
        ...requests,
        endpoint: options.endpoint,
        request: client.membersOf(options),
        isRaw: outputFormat === "folder"
      },
      limits: {
        maxRows: requests.batcher === "none" ? 1 : Option.getOrUndefined(options.maxRows),
        maxBytes: Option.getOrUndefined(options.maxBytes)
      },
      concurrency: yield* concurrencyOf(options.concurrency),
      chunkRows: Option.getOrUndefined(options.chunkRows),
      isOrdered: options.ordered,
      stopOnError: options.stopOnError,
      verbose: options.verbose
    }
    if (outputFormat === "folder" && (inputFormat !== "folder" || Option.isSome(options.errors))) {
      return yield* new CommandError({
        message:
          "a folder as the output needs a folder as the input, and no --errors: use a .jsonl, .csv or .parquet file"
      })
    }
    if (hasTwice(options)) {
      return yield* new CommandError({ message: "the input, the output and the file of --errors must differ" })
    }
    return { inputFormat, outputFormat, run }
  })

const services = (options: Options) => client.layer(options).pipe(Telemetry.metrics())

/** The client, and Amazon S3 if the input or the output is there. */
const servicesOf = (options: Options) =>
  isObject(options.input) || isObject(options.output)
    ? objectStore.layer.pipe(Layer.provideMerge(services(options)))
    : Layer.merge(ObjectStore.layerMemory, services(options))

interface Settings {
  readonly inputFormat: Format
  readonly outputFormat: Format
  readonly run: RunOptions
}

const terminalInput = new CommandError({ message: "missing input: standard input is a terminal" })

/** The path of the input. Standard input becomes a temporary file. */
const inputPath = (input: string) => {
  if (input !== "-") {
    return Effect.succeed(input)
  }
  return process.stdin.isTTY ? terminalInput : stdinFile
}

const printed = <E, R>(rows: Stream.Stream<RowResult, E, R>, options: Options, format: Format, counts: Counts) =>
  Effect.scoped(Effect.gen(function*() {
    if (format !== "csv" && format !== "jsonl") {
      return yield* new CommandError({ message: "standard output can be csv or jsonl: use --output-format" })
    }
    yield* report(counts)
    const tapped = Option.isSome(options.errors)
      ? Stream.tap(rows, yield* errorWriter(options.errors.value, options.verbose))
      : rows
    return yield* print(tapped, format, options.verbose)
  }))

/** A batch whose output is standard output, which no other run continues. */
const printBatch = (options: Options, { inputFormat, outputFormat, run }: Settings, counts: Counts) =>
  Effect.gen(function*() {
    if (options.resume || options.overwrite) {
      return yield* new CommandError({ message: "--resume and --overwrite need a file or an s3:// URL as the output" })
    }
    if (options.input === "-" && inputFormat === "jsonl" && !process.stdin.isTTY) {
      const rows = results(stdinValues, (value): Row => ({ _tag: "Value", value }), run, counts)
      return yield* printed(rows, options, outputFormat, counts)
    }
    const path = yield* inputPath(options.input)
    return yield* withInput(
      path,
      inputFormat,
      options.header,
      ({ source, toRow }) => printed(results(Batch.rows(source), toRow, run, counts), options, outputFormat, counts)
    )
  })

const quoted = (word: string): string => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`)

/** The command that continues this one. */
const continuation = (): string => {
  const words = process.argv.slice(2).filter((word) => word !== "--overwrite" && word !== "--resume")
  return ["effect-sagemaker-runtime", ...words, "--resume"].map(quoted).join(" ")
}

/** How to continue, if the run has a checkpoint. */
const hint = (output: string, counts: Counts) =>
  Effect.whenEffect(
    writeError(
      `Stopped after ${counted(counts.status().rows, "row", "rows")}. Continue with:\n  ${printable(continuation())}\n`
    ),
    Effect.orElseSucceed(hasCheckpoint(output), () => false)
  )

/** Counts the rows of a file while the batch runs. The rows of objects are not counted: it would read them twice. */
const countInput = <Raw>(path: string, { source }: Input<Raw>, counts: Counts) =>
  isObject(path)
    ? Effect.void
    : Effect.forkScoped(
      Effect.ignore(Effect.tap(Batch.countRows(source), (rows) => Effect.sync(() => counts.setTotal(rows))))
    )

/** A batch whose output is stored, which another run can continue. */
const storeBatch = (options: Options, { inputFormat, outputFormat, run }: Settings, counts: Counts) =>
  Effect.gen(function*() {
    const path = yield* inputPath(options.input)
    counts.setEarlier(yield* prepare(options.output, outputFormat, options))
    return yield* withInput(
      path,
      inputFormat,
      options.header,
      (input) =>
        withOutput(options.output, outputFormat, options.verbose, (output) =>
          Effect.gen(function*() {
            yield* Effect.scoped(
              report(counts).pipe(
                Effect.zipRight(countInput(path, input, counts)),
                Effect.zipRight(runStored(input, output, run, counts))
              )
            ).pipe(
              Effect.onError(() => hint(options.output, counts)),
              Effect.tap((summary) => Effect.sync(() => counts.setSummary(summary)))
            )
            if (Option.isSome(options.errors) && output.errors !== undefined && counts.status().failed > 0) {
              yield* writeErrors(options.errors.value, input, output.errors)
            }
          }))
    )
  })

const finish = (options: Options, counts: Counts, seconds: number) =>
  Effect.gen(function*() {
    const { failed, retries, rows, throttles } = counts.status()
    const ofRun = counts.ofRun()
    const summary: Summary = {
      rows,
      failed,
      requests: ofRun.requests,
      retries,
      throttles,
      seconds,
      rowsPerSecond: seconds > 0 ? ofRun.rows / seconds : 0
    }
    if (!options.json) {
      yield* writeError(`${summaryLine(summary)}\n`)
    } else if (options.output === "-") {
      yield* writeError(jsonLine(summary))
    } else {
      yield* writeJson(summary)
    }
    return failed > 0 ? yield* new Exited({ code: rowsFailed }) : undefined
  })

/** The command. */
export const batch = Command.make("batch", config, (options) =>
  Effect.scoped(Effect.gen(function*() {
    const settings = yield* settingsOf(options)
    const counts = makeCounts()
    const start = yield* Clock.currentTimeMillis
    yield* options.output === "-"
      ? printBatch(options, settings, counts)
      : storeBatch(options, settings, counts)
    yield* finish(options, counts, ((yield* Clock.currentTimeMillis) - start) / 1_000)
  })).pipe(
    withFileErrors(options),
    Effect.provide(servicesOf(options)),
    reportFailure(options)
  )).pipe(Command.withDescription("Apply a model to the rows of a file"))
