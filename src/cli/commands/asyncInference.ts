/** `async`: asynchronous inference requests, whose results another process can wait for. */
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import type * as FileSystem from "@effect/platform/FileSystem"
import { AsyncInference, Codec, ModelEndpoint } from "effect-sagemaker-runtime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as body from "../input/body.ts"
import * as client from "../input/client.ts"
import { argument } from "../input/hyphen.ts"
import * as objectStore from "../input/objectStore.ts"
import { CommandError, reportFailure } from "../output/failure.ts"
import { streamToFile, writeFile } from "../output/files.ts"
import { chunkWriter, writeText } from "../output/terminal.ts"
import { type OutputClosed, type OutputFailed, write, writeError, writeJson } from "../output/write.ts"

const jobJson = Schema.parseJson(AsyncInference.Job)

const servicesOf = (options: client.ClientOptions) => objectStore.layer.pipe(Layer.provideMerge(client.layer(options)))

const submitConfig = {
  endpoint: client.endpoint,
  ...body.bodyOptions,
  inputPrefix: Options.text("input-prefix").pipe(
    Options.withDescription("The s3:// URL below which a body of more than 128,000 bytes is stored"),
    Options.optional
  ),
  inputLocation: Options.text("input-location").pipe(
    Options.withDescription("The s3:// URL of a stored input, in place of a body"),
    Options.optional
  ),
  job: Options.text("job").pipe(
    Options.withAlias("j"),
    Options.withDescription("The file for the job. Default: standard output"),
    Options.optional
  ),
  ttl: Options.integer("request-ttl").pipe(
    Options.withDescription("The maximum time in the queue in seconds: 60 to 21,600. Default: 21,600"),
    Options.optional
  ),
  invocationTimeout: Options.integer("invocation-timeout").pipe(
    Options.withDescription("The maximum time of the model in seconds: 1 to 3,600. Default: 900"),
    Options.optional
  ),
  component: client.routingOptions.component,
  accept: client.routingOptions.accept,
  ...client.options
}

const writeJob = (
  path: Option.Option<string>,
  text: string
): Effect.Effect<void, CommandError | OutputClosed | OutputFailed, FileSystem.FileSystem> =>
  Option.isSome(path) ? writeFile(path.value, new TextEncoder().encode(text)) : write(text)

const submit = Command.make("submit", submitConfig, (options) => {
  const request = {
    Accept: Option.getOrUndefined(options.accept),
    InferenceComponentName: Option.getOrUndefined(options.component),
    RequestTTLSeconds: Option.getOrUndefined(options.ttl),
    InvocationTimeoutSeconds: Option.getOrUndefined(options.invocationTimeout)
  }
  const modelOf = (contentType: string) =>
    ModelEndpoint.make(options.endpoint, { request: Codec.binary(contentType), response: Codec.bytes })
  const submitted = Effect.gen(function*() {
    if (Option.isSome(options.inputLocation)) {
      const contentType = Option.getOrElse(options.contentType, () => "application/octet-stream")
      return yield* AsyncInference.submitLocation(modelOf(contentType), options.inputLocation.value, request)
    }
    const { bytes, contentType } = yield* body.read(options)
    const inputPrefix = Option.getOrUndefined(options.inputPrefix)
    return yield* inputPrefix === undefined
      ? AsyncInference.submit(modelOf(contentType), bytes, request)
      : AsyncInference.submit(modelOf(contentType), bytes, { ...request, inputPrefix }).pipe(
        Effect.provide(objectStore.layer)
      )
  })
  return submitted.pipe(
    Effect.flatMap(Schema.encode(jobJson)),
    Effect.flatMap((text) => writeJob(options.job, `${text}\n`)),
    Effect.provide(client.layer(options)),
    reportFailure(options)
  )
}).pipe(Command.withDescription("Queue a request and print its job"))

const resultConfig = {
  job: argument("job", "The file of the job; - is standard input"),
  wait: client.seconds("wait", "The maximum time to wait in seconds. Default: until the job expires"),
  ...client.options
}

interface ResultOptions extends client.ClientOptions {
  readonly job: string
  readonly wait: Option.Option<number>
}

const readJob = (path: string) =>
  body.read({ body: Option.none(), file: Option.some(path), contentType: Option.none() }).pipe(
    Effect.flatMap(({ bytes }) => Schema.decode(jobJson)(new TextDecoder().decode(bytes))),
    Effect.catchTag(
      "ParseError",
      () => new CommandError({ message: `${path} is not a job: use the output of async submit` })
    )
  )

const waitOptions = ({ wait }: ResultOptions) =>
  Option.match(wait, { onNone: () => ({}), onSome: (seconds) => ({ timeout: Duration.seconds(seconds) }) })

const wait = Command.make("wait", resultConfig, (options) =>
  Effect.gen(function*() {
    const job = yield* readJob(options.job)
    // The first chunk shows that there is an output. The rest is not read.
    yield* Stream.runDrain(Stream.take(AsyncInference.resultStream(job, waitOptions(options)), 1))
    return yield* options.json
      ? writeJson({ status: "Completed", outputLocation: job.outputLocation })
      : writeText(`${job.outputLocation}\n`)
  }).pipe(
    Effect.provide(servicesOf(options)),
    reportFailure(options)
  )).pipe(Command.withDescription("Wait for a job and print the location of its output"))

const output = Options.text("output").pipe(
  Options.withAlias("o"),
  Options.withDescription("The file for the output. Default: standard output"),
  Options.optional
)

const progress = ({ elapsed, polls }: AsyncInference.WaitProgress) =>
  writeError(`waiting: ${Math.round(Duration.toSeconds(elapsed))} s, ${polls} ${polls === 1 ? "poll" : "polls"}\n`)

const result = Command.make("result", { ...resultConfig, output }, (options) =>
  Effect.gen(function*() {
    const job = yield* readJob(options.job)
    const chunks = AsyncInference.resultStream(job, {
      ...waitOptions(options),
      ...(options.verbose ? { onProgress: progress } : {})
    })
    if (Option.isNone(options.output)) {
      return yield* Stream.runForEach(chunks, chunkWriter())
    }
    return yield* streamToFile(options.output.value, chunks)
  }).pipe(
    Effect.provide(servicesOf(options)),
    reportFailure(options)
  )).pipe(Command.withDescription("Wait for a job and print its output"))

/** The commands below `async`. */
export const subcommands = { submit, wait, result }

/** The command. */
export const asyncInference = Command.make("async").pipe(
  Command.withDescription("Queue requests of asynchronous endpoints and wait for their results"),
  Command.withSubcommands([submit, wait, result])
)
