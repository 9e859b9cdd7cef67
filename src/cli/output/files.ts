/** Writes files. A file that cannot be written is an invalid argument. */
import { isPlatformError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { CommandError } from "./failure.ts"

/** The error of a file that cannot be written. */
export const cannotWrite = (path: string) =>
  new CommandError({ message: `cannot write the file ${path}: use a path that can be written` })

/** Writes a file. */
export const writeFile = (path: string, bytes: Uint8Array): Effect.Effect<void, CommandError, FileSystem.FileSystem> =>
  FileSystem.FileSystem.pipe(
    Effect.flatMap((files) => files.writeFile(path, bytes)),
    Effect.mapError(() => cannotWrite(path))
  )

/** The path that a complete file replaces. Undefined for a device or a named pipe, such as `/dev/null`. */
const replaceable = (path: string) =>
  Effect.gen(function*() {
    const files = yield* FileSystem.FileSystem
    const existing = yield* Effect.option(files.stat(path))
    if (Option.isNone(existing)) {
      return path
    }
    // A symbolic link remains a link.
    return existing.value.type === "File" ? yield* files.realPath(path) : undefined
  }).pipe(Effect.mapError(() => cannotWrite(path)))

/**
 * Writes a file when the stream has ended: a stream that fails changes nothing at the path. A device or a named pipe
 * receives the chunks while they arrive.
 */
export const streamToFile = <E, R>(
  path: string,
  chunks: Stream.Stream<Uint8Array, E, R>
): Effect.Effect<void, CommandError | E, FileSystem.FileSystem | R> =>
  Effect.gen(function*() {
    const files = yield* FileSystem.FileSystem
    const complete = yield* replaceable(path)
    const writeTo = (file: string, flag: FileSystem.OpenFlag) =>
      Effect.mapError(
        Stream.run(chunks, files.sink(file, { flag })),
        (error) => isPlatformError(error) ? cannotWrite(path) : error
      )
    if (complete === undefined) {
      // Appending writes without positions, which pipes do not have.
      return yield* writeTo(path, "a")
    }
    const temporary = `${complete}.part`
    return yield* writeTo(temporary, "w").pipe(
      Effect.zipLeft(Effect.mapError(files.rename(temporary, complete), () => cannotWrite(path))),
      Effect.onError(() => Effect.ignore(files.remove(temporary)))
    )
  })
