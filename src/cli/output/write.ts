/** Writes to standard output and standard error, with backpressure. */
import * as Console from "effect/Console"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import process from "node:process"
import { jsonLine, withColors } from "./printable.ts"

/** The reader of standard output closed it, as `head` does. */
export class OutputClosed extends Data.TaggedError("OutputClosed") {}

/** Standard output cannot be written, for example because the disk is full. */
export class OutputFailed extends Data.TaggedError("OutputFailed")<{ readonly message: string }> {}

const outputError = (error: NodeJS.ErrnoException): OutputClosed | OutputFailed =>
  error.code === "EPIPE" || error.code === "ERR_STREAM_DESTROYED"
    ? new OutputClosed()
    : new OutputFailed({ message: `cannot write to standard output: ${error.code ?? "unknown error"}` })

// Without a listener, the error of a closed pipe is an uncaught exception.
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", () => {})
}

const writeTo = (
  stream: NodeJS.WriteStream,
  data: string | Uint8Array
): Effect.Effect<void, OutputClosed | OutputFailed> =>
  data.length === 0
    ? Effect.void
    : Effect.async((resume) => {
      stream.write(data, (error) => resume(error ? Effect.fail(outputError(error)) : Effect.void))
    })

/** Writes to standard output. */
export const write = (data: string | Uint8Array): Effect.Effect<void, OutputClosed | OutputFailed> =>
  writeTo(process.stdout, data)

/** Writes a value as one line of JSON to standard output. */
export const writeJson = (value: unknown): Effect.Effect<void, OutputClosed | OutputFailed> => write(jsonLine(value))

/** Writes to standard error. A closed standard error is ignored. */
export const writeError = (text: string): Effect.Effect<void> => Effect.ignore(writeTo(process.stderr, text))

const isTerminal = (stream: NodeJS.WriteStream): boolean => stream.isTTY

/** Whether standard output is a terminal. */
export const stdoutIsTerminal = (): boolean => isTerminal(process.stdout)

/** The width of standard error. Undefined if it is no terminal, or a terminal that cannot replace a line. */
export const stderrColumns = (): number | undefined =>
  isTerminal(process.stderr) && process.env["TERM"] !== "dumb" ? process.stderr.columns || 80 : undefined

const hasColor = (stream: NodeJS.WriteStream): boolean =>
  isTerminal(stream) && (process.env["NO_COLOR"] ?? "") === "" && process.env["TERM"] !== "dumb"

const print = (stream: NodeJS.WriteStream, values: ReadonlyArray<unknown>) =>
  writeTo(stream, withColors(`${values.map(String).join(" ").trimEnd()}\n`, hasColor(stream)))

const isOutputError = (defect: unknown): defect is OutputClosed | OutputFailed =>
  defect instanceof OutputClosed || defect instanceof OutputFailed

/** Runs an effect whose console writes colours to terminals only. Fails if the console cannot write to standard output. */
export const withPlainConsole = <A, E, R>(
  effect: Effect.Effect<A, E, R>
): Effect.Effect<A, E | OutputClosed | OutputFailed, R> =>
  Console.consoleWith((console) =>
    Effect.withConsole(effect, {
      ...console,
      // The methods of a console have no errors.
      log: (...values) => Effect.orDie(print(process.stdout, values)),
      error: (...values) => Effect.ignore(print(process.stderr, values))
    })
  ).pipe(
    Effect.catchSomeDefect((defect) => isOutputError(defect) ? Option.some(Effect.fail(defect)) : Option.none())
  )
