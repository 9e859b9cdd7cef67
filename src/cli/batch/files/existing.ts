/** What earlier runs have written: the output and its checkpoint. */
import * as FileSystem from "@effect/platform/FileSystem"
import { ObjectStore } from "effect-sagemaker-runtime"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { CommandError } from "../../output/failure.ts"
import type { Format } from "../settings.ts"
import { isObject, type PlaceContext, type PlaceError } from "./places.ts"

const Checkpoint = Schema.parseJson(Schema.Struct({
  done: Schema.Array(Schema.Tuple(Schema.Number, Schema.Number)),
  failed: Schema.Number
}))

/** The rows of earlier runs. */
export interface Earlier {
  readonly rows: number
  readonly failed: number
}

const none: Earlier = { rows: 0, failed: 0 }

/** The operations on one kind of place. */
interface Place {
  readonly exists: (path: string) => Effect.Effect<boolean, PlaceError, PlaceContext>
  readonly read: (path: string) => Effect.Effect<string, PlaceError, PlaceContext>
  /** Removes a file, if there is one. */
  readonly remove: (path: string) => Effect.Effect<void, PlaceError, PlaceContext>
  /** Removes a folder with its files, if there is one. */
  readonly removeFolder: (path: string) => Effect.Effect<void, PlaceError, PlaceContext>
}

const objects: Place = {
  exists: (location) =>
    Effect.flatMap(ObjectStore.ObjectStore, (store) => store.head(location)).pipe(
      Effect.as(true),
      Effect.catchIf(({ reason }) => reason === "not-found", () => Effect.succeed(false))
    ),
  read: (location) =>
    Effect.flatMap(ObjectStore.ObjectStore, (store) => Stream.runCollect(store.get(location))).pipe(
      Effect.map((chunks) => Buffer.concat(Chunk.toReadonlyArray(chunks)).toString("utf8"))
    ),
  remove: (location) => Effect.flatMap(ObjectStore.ObjectStore, (store) => store.remove(location)),
  removeFolder: (location) =>
    Effect.flatMap(
      ObjectStore.ObjectStore,
      (store) => Stream.runForEach(store.list(`${location}/`), (entry) => store.remove(entry.location))
    )
}

const files: Place = {
  exists: (path) => Effect.flatMap(FileSystem.FileSystem, (system) => system.exists(path)),
  read: (path) => Effect.flatMap(FileSystem.FileSystem, (system) => system.readFileString(path)),
  remove: (path) => Effect.flatMap(FileSystem.FileSystem, (system) => system.remove(path, { force: true })),
  removeFolder: (path) =>
    Effect.flatMap(FileSystem.FileSystem, (system) => system.remove(path, { recursive: true, force: true }))
}

const placeOf = (path: string): Place => (isObject(path) ? objects : files)

/** Whether an earlier run, or this one, has a checkpoint. */
export const hasCheckpoint = (output: string) => placeOf(output).exists(`${output}.checkpoint`)

/** The rows that a checkpoint has. The batch itself checks the rest of it. */
const readEarlier = (checkpoint: string) =>
  placeOf(checkpoint).read(checkpoint).pipe(
    Effect.flatMap(Schema.decode(Checkpoint)),
    Effect.map(({ done, failed }): Earlier => ({
      rows: done.reduce((rows, [start, end]) => rows + end - start, 0),
      failed
    })),
    Effect.orElseSucceed(() => none)
  )

/** Removes what earlier runs have written. The files of an output folder stay until they are replaced. */
const removeEarlier = (output: string, format: Format) =>
  Effect.gen(function*() {
    const place = placeOf(output)
    yield* place.removeFolder(`${output}.parts`)
    yield* place.remove(`${output}.checkpoint`)
    if (format !== "folder") {
      yield* place.remove(output)
    }
  })

/** Prepares an output. Without `overwrite`, it keeps what is there: another run continues it only with `resume`. */
export const prepare = (
  output: string,
  format: Format,
  { overwrite, resume }: { readonly overwrite: boolean; readonly resume: boolean }
) =>
  Effect.gen(function*() {
    const place = placeOf(output)
    const checkpoint = `${output}.checkpoint`
    if (overwrite && resume) {
      return yield* new CommandError({ message: "use either --resume or --overwrite" })
    }
    if (overwrite) {
      return yield* Effect.as(removeEarlier(output, format), none)
    }
    const [isStarted, hasOutput] = yield* Effect.all([hasCheckpoint(output), place.exists(output)])
    if (isStarted && resume) {
      return yield* readEarlier(checkpoint)
    }
    if (isStarted) {
      return yield* new CommandError({
        message: `${checkpoint} exists: use --resume to continue, or --overwrite to start again`
      })
    }
    return hasOutput
      ? yield* new CommandError({ message: `${output} exists: use --overwrite to replace it` })
      : none
  })
