/** The request body: an argument, a file or standard input. */
import * as Options from "@effect/cli/Options"
import * as NodeStream from "@effect/platform-node/NodeStream"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { createReadStream } from "node:fs"
import process from "node:process"
import { CommandError } from "../output/failure.ts"
import * as mediaTypes from "./mediaTypes.ts"

/** Options of every command that sends a body. */
export const bodyOptions = {
  body: Options.text("body").pipe(
    Options.withAlias("b"),
    Options.withDescription("The request body as text"),
    Options.optional
  ),
  file: Options.text("file").pipe(
    Options.withAlias("f"),
    Options.withDescription("The file with the request body; - is standard input"),
    Options.optional
  ),
  contentType: Options.text("content-type").pipe(
    Options.withAlias("t"),
    Options.withDescription("The media type of the body. Default: by file name; application/json for text"),
    Options.optional
  )
}

/** The values of `bodyOptions`. */
export interface BodyOptions {
  readonly body: Option.Option<string>
  readonly file: Option.Option<string>
  readonly contentType: Option.Option<string>
}

/** A request body with its media type. */
export interface Body {
  readonly bytes: Uint8Array
  readonly contentType: string
}

/** The largest input of an asynchronous endpoint: 1 GB. */
const maxBytes = 1_073_741_824

/** Collects chunks. An endless input fails before it uses the memory of the machine. */
export const collect = <E, R>(chunks: Stream.Stream<Uint8Array, E, R>, source: string, limit = maxBytes) =>
  Effect.gen(function*() {
    const parts: Array<Uint8Array> = []
    let size = 0
    yield* Stream.runForEach(chunks, (chunk): Effect.Effect<void, CommandError> => {
      size += chunk.length
      parts.push(chunk)
      return size > limit
        ? new CommandError({ message: `${source} is larger than ${limit} bytes: use a smaller request body` })
        : Effect.void
    })
    return Buffer.concat(parts)
  })

const readStdin: Effect.Effect<Uint8Array, CommandError> = Effect.suspend(() =>
  collect(
    NodeStream.fromReadable<CommandError>(
      () => process.stdin,
      () => new CommandError({ message: "cannot read standard input" })
    ),
    "standard input"
  )
)

/** The bytes of a file, a device or a named pipe. */
export const readFile = (path: string): Effect.Effect<Uint8Array, CommandError> =>
  Effect.suspend(() =>
    collect(
      // The file system of `@effect/platform` reads at positions, which pipes do not have.
      NodeStream.fromReadable<CommandError>(
        () => createReadStream(path),
        () => new CommandError({ message: `cannot read the file ${path}: use a file that can be read` })
      ),
      path
    )
  )

const missing = new CommandError({ message: "missing request body: use --body, --file or standard input" })

/** Reads the request body. Without an option, it is standard input, unless that is a terminal. */
export const read = (options: BodyOptions): Effect.Effect<Body, CommandError> =>
  Effect.gen(function*() {
    const contentType = Option.getOrUndefined(options.contentType)
    if (Option.isSome(options.body) && Option.isSome(options.file)) {
      return yield* new CommandError({ message: "use either --body or --file" })
    }
    if (Option.isSome(options.body)) {
      return { bytes: new TextEncoder().encode(options.body.value), contentType: contentType ?? mediaTypes.ofText }
    }
    const path = Option.getOrElse(options.file, () => "-")
    if (path !== "-") {
      return { bytes: yield* readFile(path), contentType: contentType ?? mediaTypes.ofFile(path) }
    }
    if (Option.isNone(options.file) && process.stdin.isTTY) {
      return yield* missing
    }
    return { bytes: yield* readStdin, contentType: contentType ?? mediaTypes.ofText }
  })
