/** Messages of bidirectional streams: their parts, their reassembly and their texts. */
import * as Predicate from "effect/Predicate"
import * as Stream from "effect/Stream"
import { ModelStreamError } from "../../SageMakerError.ts"

/** Whether a value is a stream; `false` for a value that throws when it is read. */
export const isStream = (value: unknown): value is Stream.Stream<unknown, unknown, unknown> => {
  try {
    return Predicate.hasProperty(value, Stream.StreamTypeId)
  } catch {
    return false
  }
}

/** A part without a state is a complete message. */
export const isLast = ({ CompletionState }: { readonly CompletionState?: string | undefined }): boolean =>
  CompletionState !== "PARTIAL"

export const incompleteMessage = (): ModelStreamError =>
  new ModelStreamError({
    message: "The stream ended inside a message: its last part is PARTIAL",
    ErrorCode: "IncompleteStream"
  })
