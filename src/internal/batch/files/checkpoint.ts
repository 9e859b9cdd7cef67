/** The checkpoint of a batch: the input, the settings that must not change, and the rows that are done. */
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import * as Schema from "effect/Schema"
import type { InvalidInputError } from "../../../SageMakerError.ts"
import { lazySchema } from "../../schema/lazySchema.ts"
import { invalid } from "../options.ts"
import type { Identity, SinkMethods } from "./methods.ts"

const Count = Schema.NonNegativeInt

const Checkpoint = lazySchema(() =>
  Schema.parseJson(Schema.Struct({
    version: Schema.Literal(1),
    /** The run that uses the output. */
    run: Schema.String,
    input: Schema.Struct({ bytes: Count, sha256: Schema.String }),
    chunkRows: Schema.Int.pipe(Schema.positive()),
    /** The ranges of rows that are done: the first one, and the one after the last. */
    done: Schema.Array(Schema.Tuple(Count, Count)),
    failed: Count,
    isComplete: Schema.Boolean,
    /** The size of a complete output. */
    outputBytes: Schema.optionalWith(Count, { exact: true })
  }))
)

export type Checkpoint = typeof Checkpoint.Type

const suffix = ".checkpoint"

export const restart = "remove the checkpoint to start again"

type Beside<E, R> = Pick<SinkMethods<never, E, R>, "readBeside" | "writeBeside">

/** The checkpoint of an earlier run. `undefined` if there is none. */
export const read = <E, R>(
  sink: Beside<E, R>
): Effect.Effect<Checkpoint | undefined, E | InvalidInputError, R> =>
  Effect.flatMap(sink.readBeside(suffix), (text) =>
    text === undefined
      ? Effect.succeed(undefined)
      : Effect.mapError(
        Schema.decode(Checkpoint)(text),
        () => invalid("checkpoint", `a file that a batch wrote: ${restart}`)
      ))

export const save = <E, R>(sink: Beside<E, R>, checkpoint: Checkpoint): Effect.Effect<void, E, R> =>
  sink.writeBeside(suffix, `${Schema.encodeSync(Checkpoint)(checkpoint)}\n`, checkpoint.run)

/** Whether two inputs have the same size and samples. */
export const isSameInput = (one: Identity, other: Identity): boolean =>
  one.bytes === other.bytes && one.sha256 === other.sha256

/** An identifier of a run. */
export const newRun: Effect.Effect<string> = Effect.map(
  Effect.all(Array.from({ length: 4 }, () => Random.nextIntBetween(0, 2 ** 32))),
  (parts) => parts.map((part) => part.toString(16).padStart(8, "0")).join("")
)
