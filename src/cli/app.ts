/** The command line: its commands, and how the process ends. */
import * as Command from "@effect/cli/Command"
import * as ValidationError from "@effect/cli/ValidationError"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Logger from "effect/Logger"
import * as Option from "effect/Option"
import { createRequire } from "node:module"
import { asyncInference, subcommands } from "./commands/asyncInference.ts"
import { batch } from "./commands/batch.ts"
import { chat } from "./commands/chat.ts"
import { doctor } from "./commands/doctor.ts"
import { emulate } from "./commands/emulate.ts"
import { invoke } from "./commands/invoke.ts"
import { load } from "./commands/load.ts"
import { stream } from "./commands/stream.ts"
import { hyphen } from "./input/hyphen.ts"
import { outputClosed, signalCodes, unexpected, usage } from "./output/exitCodes.ts"
import { CommandError, Exited, reportFailure } from "./output/failure.ts"
import { document, findHelp, findMissingValue, flagsOf } from "./output/help.ts"
import { OutputClosed, withPlainConsole, write } from "./output/write.ts"

const name = "effect-sagemaker-runtime"

const { version } = createRequire(import.meta.url)("effect-sagemaker-runtime/package.json") as {
  readonly version: string
}

const root = Command.make(name).pipe(
  Command.withDescription("Call models on Amazon SageMaker from the command line"),
  Command.withSubcommands([invoke, stream, chat, asyncInference, batch, doctor, load, emulate])
)

const documentation = document(name, root, { arguments: "", examples: [] }, [
  document("invoke", invoke, {
    arguments: "<endpoint>",
    examples: [
      `${name} invoke churn --body '{"age": 42}'`,
      `${name} invoke resnet --file cat.jpg --output label.json`,
      `cat rows.csv | ${name} invoke fraud --content-type text/csv`
    ]
  }),
  document("stream", stream, {
    arguments: "<endpoint>",
    examples: [`${name} stream llama --tokens --file request.json`]
  }),
  document("chat", chat, {
    arguments: "<endpoint>",
    examples: [`${name} chat llama --system "Reply in French."`, `${name} chat llama --message "Why is the sky blue?"`]
  }),
  document("async", asyncInference, { arguments: "", examples: [] }, [
    document("submit", subcommands.submit, {
      arguments: "<endpoint>",
      examples: [`${name} async submit whisper --file talk.wav --input-prefix s3://bucket/input --job job.json`]
    }),
    document("wait", subcommands.wait, { arguments: "<job>", examples: [`${name} async wait job.json`] }),
    document("result", subcommands.result, {
      arguments: "<job>",
      examples: [`${name} async result job.json --output transcript.json`]
    })
  ]),
  document("batch", batch, {
    arguments: "<input> <output>",
    examples: [
      `${name} batch readings.csv scores.jsonl --endpoint anomaly`,
      `${name} batch readings.csv scores.jsonl --endpoint anomaly --resume`,
      `${name} batch s3://bucket/prompts.jsonl s3://bucket/texts.jsonl -e llama --concurrency 4..64`,
      `${name} batch images labels.jsonl -e resnet --errors failed.jsonl`
    ]
  }),
  document("doctor", doctor, { arguments: "[<endpoint>]", examples: [`${name} doctor --profile work`] }),
  document("load", load, {
    arguments: "<endpoint>",
    examples: [`${name} load churn --file request.json --concurrency 1,4,16 --svg latency.svg`]
  }),
  document("emulate", emulate, {
    arguments: "",
    examples: [
      `${name} emulate --port 8080 --endpoint llama=chat --endpoint churn=response.json`,
      `${name} emulate --endpoint llama=http://localhost:8000`
    ]
  })
])

const runCommand = Command.run(root, { name: "SageMaker Runtime", version, executable: name })

const flags = flagsOf(documentation)

/** `@effect/cli` takes a single hyphen for an option. As an argument, it is standard input or standard output. */
const namedHyphens = (words: ReadonlyArray<string>): ReadonlyArray<string> =>
  words.map((word, index) => {
    const before = words[index - 1] ?? ""
    return word === "-" && (!before.startsWith("-") || before === "-" || flags.has(before)) ? hyphen : word
  })

const logsToStandardError = Logger.replace(Logger.defaultLogger, Logger.withConsoleError(Logger.logfmtLogger))

/** Runs the command line with the arguments of the process. */
export const run = (argv: ReadonlyArray<string>) => {
  const help = findHelp(documentation, argv.slice(2))
  const command = Effect.gen(function*() {
    const missing = findMissingValue(documentation, argv.slice(2))
    if (missing !== undefined) {
      return yield* new CommandError({ message: `missing value of ${missing}: the option needs a value` })
    }
    return yield* help === undefined ? runCommand(namedHyphens(argv)) : write(help)
  })
  return command.pipe(
    withPlainConsole,
    reportFailure({ json: false, verbose: false }),
    Effect.provide(logsToStandardError)
  )
}

/** The exit code of the process. */
export const exitCode = (
  exit: Exit.Exit<unknown, unknown>,
  signal: keyof typeof signalCodes | undefined
): number => {
  if (Exit.isSuccess(exit)) {
    return 0
  }
  const error = Option.getOrUndefined(Cause.failureOption(exit.cause))
  if (error instanceof Exited) {
    return error.code
  }
  if (error instanceof OutputClosed) {
    return outputClosed
  }
  if (ValidationError.isValidationError(error)) {
    return usage
  }
  return signal === undefined ? unexpected : signalCodes[signal]
}
