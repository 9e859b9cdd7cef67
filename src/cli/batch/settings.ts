/** The options of `batch`, and the settings that they have together. */
import * as Options from "@effect/cli/Options"
import type { Batch } from "effect-sagemaker-runtime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import { CommandError } from "../output/failure.ts"
import { batcherNames, type RequestSettings, syntaxOf } from "./rows/requests.ts"

/** The formats of the input and the output. */
const formats = ["csv", "tsv", "jsonl", "parquet", "npy", "folder"] as const

/** One of `formats`. */
export type Format = typeof formats[number]

const optionalText = (name: string, description: string) =>
  Options.text(name).pipe(Options.withDescription(description), Options.optional)

const optionalCount = (name: string, description: string) =>
  Options.integer(name).pipe(
    Options.withDescription(description),
    Options.filterMap(
      (value) => (value > 0 ? Option.some(value) : Option.none()),
      `invalid --${name}: expected an integer of at least 1`
    ),
    Options.optional
  )

const flag = (name: string, description: string) => Options.boolean(name).pipe(Options.withDescription(description))

/** Options of `batch` that no other command has. */
export const batchOptions = {
  endpoint: Options.text("endpoint").pipe(
    Options.withAlias("e"),
    Options.withDescription("The name of the endpoint. Required")
  ),
  batcher: Options.choice("batcher", batcherNames).pipe(
    Options.withDescription(
      "How rows are joined to a request: none (one row per request), lists, instances or inputs. "
        + "Default: lists for CSV, TSV and NPY, otherwise none"
    ),
    Options.optional
  ),
  contentType: Options.text("content-type").pipe(
    Options.withAlias("t"),
    Options.withDescription("The media type of the requests. Default: by input format"),
    Options.optional
  ),
  members: optionalText("members", "Additional members of each request of instances and inputs, as a JSON object"),
  header: flag("header", "The first row of a CSV input has the names of the columns"),
  inputFormat: Options.choice("input-format", formats).pipe(
    Options.withDescription("The format of the input. Default: by name"),
    Options.optional
  ),
  outputFormat: Options.choice("output-format", ["csv", "jsonl", "parquet", "folder"]).pipe(
    Options.withDescription("The format of the output. Default: by name"),
    Options.optional
  ),
  maxRows: optionalCount("max-rows", "The maximum number of rows of a request. Default: 100"),
  maxBytes: optionalCount("max-bytes", "The maximum size of a request in bytes. Default: no limit"),
  concurrency: Options.text("concurrency").pipe(
    Options.withAlias("c"),
    Options.withDescription(
      "Concurrent requests: a number, or a range that adapts to the model, such as 4..64. Default: 4..16"
    ),
    Options.optional
  ),
  chunkRows: optionalCount("chunk-rows", "The rows of a chunk, which is written when it is complete. Default: 1,000"),
  resume: flag("resume", "Continue a run that was stopped"),
  overwrite: flag("overwrite", "Replace the output and its checkpoint"),
  ordered: flag("ordered", "Keep the order of the rows if the output is -"),
  errors: optionalText("errors", "The file for the rows that failed, as JSON Lines"),
  stopOnError: flag("stop-on-error", "Stop when a row fails. Default: the error is the result of the row")
}

/** The extension of a path or of an `s3://` location decides. A path without one is a folder. */
export const formatOf = (path: string): Format | undefined => {
  const name = path.split("/").at(-1) ?? ""
  const extension = /\.([A-Za-z0-9]+)$/.exec(name)?.[1]?.toLowerCase()
  switch (extension) {
    case undefined:
      return "folder"
    case "csv":
    case "tsv":
    case "jsonl":
    case "parquet":
    case "npy":
      return extension
    case "ndjson":
      return "jsonl"
    default:
      return undefined
  }
}

/** The format of a path, of standard input or of standard output. */
export const readFormat = (
  option: string,
  given: Option.Option<Format>,
  path: string
): Effect.Effect<Format, CommandError> => {
  if (Option.isSome(given)) {
    return Effect.succeed(given.value)
  }
  if (path === "-") {
    return Effect.succeed("jsonl")
  }
  const format = formatOf(path)
  return format === undefined
    ? new CommandError({ message: `unknown file extension of ${path}: use ${option}` })
    : Effect.succeed(format)
}

const maxConcurrency = 10_000

/** Reads `4..64` or `8`. */
export const concurrencyOf = (
  given: Option.Option<string>
): Effect.Effect<number | Batch.BatchConcurrency | undefined, CommandError> => {
  if (Option.isNone(given)) {
    return Effect.succeed(undefined)
  }
  const [, first, last] = /^(\d{1,5})(?:\.\.(\d{1,5}))?$/.exec(given.value.trim()) ?? []
  const [start, max] = [Number(first), Number(last ?? first)]
  if (!(start >= 1 && start <= max && max <= maxConcurrency)) {
    return new CommandError({
      message: `invalid --concurrency: expected a number from 1 to ${maxConcurrency}, or a range such as 4..64`
    })
  }
  return Effect.succeed(last === undefined ? start : { start, max })
}

const contentTypes: Readonly<Record<Format, string | undefined>> = {
  csv: "text/csv",
  tsv: "text/csv",
  jsonl: "application/json",
  parquet: "application/json",
  npy: "application/x-npy",
  folder: undefined
}

const membersOf = (given: Option.Option<string>): Effect.Effect<Readonly<Record<string, unknown>>, CommandError> =>
  Option.match(given, {
    onNone: () => Effect.succeed({}),
    onSome: (text) =>
      Effect.try({
        try: (): unknown => JSON.parse(text),
        catch: () => undefined
      }).pipe(
        Effect.filterOrFail(Predicate.isRecord),
        Effect.mapError(() => new CommandError({ message: "invalid --members: expected a JSON object" }))
      )
  })

const hasMember = (batcher: RequestSettings["batcher"]): boolean => batcher === "instances" || batcher === "inputs"

const conflictOf = ({ batcher, contentType, members }: RequestSettings, maxRows: number | undefined) => {
  const syntax = syntaxOf(contentType ?? "application/octet-stream")
  if (batcher === "none" && maxRows !== undefined && maxRows > 1) {
    return "--max-rows needs a batcher: use --batcher lists, instances or inputs"
  }
  if (hasMember(batcher) && syntax !== "json") {
    return `--batcher ${batcher} needs JSON requests: use --content-type application/json`
  }
  if (batcher === "lists" && (syntax === "text" || syntax === "binary")) {
    return "--batcher lists needs requests in JSON, JSON Lines, CSV or NPY: use --content-type"
  }
  return Object.keys(members).length > 0 && !hasMember(batcher)
    ? "--members needs --batcher instances or inputs"
    : undefined
}

/** The settings of the requests. */
export const requestSettings = (
  options: {
    readonly batcher: Option.Option<RequestSettings["batcher"]>
    readonly contentType: Option.Option<string>
    readonly members: Option.Option<string>
    readonly maxRows: Option.Option<number>
  },
  format: Format
): Effect.Effect<RequestSettings, CommandError> =>
  Effect.gen(function*() {
    const isTable = format === "csv" || format === "tsv" || format === "npy"
    const batcher = Option.getOrElse(options.batcher, () => (isTable ? "lists" as const : "none" as const))
    const byFormat = hasMember(batcher) ? "application/json" : contentTypes[format]
    const settings: RequestSettings = {
      batcher,
      contentType: Option.getOrElse(options.contentType, () => byFormat),
      members: yield* membersOf(options.members)
    }
    const conflict = conflictOf(settings, Option.getOrUndefined(options.maxRows))
    return conflict === undefined ? settings : yield* new CommandError({ message: conflict })
  })
