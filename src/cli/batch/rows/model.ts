/** The endpoint as the model of a batch. */
import { type Batch, type InvokeEndpoint, invokeEndpoint } from "effect-sagemaker-runtime"
import * as Effect from "effect/Effect"
import type { Counts } from "../reporter.ts"
import { bodyOf, type RequestSettings } from "./requests.ts"
import { resultsOf } from "./responses.ts"
import type { Row } from "./row.ts"

/** The requests of a batch. */
export interface ModelSettings<Raw> extends RequestSettings {
  readonly endpoint: string
  /** Members that all requests have. */
  readonly request: Pick<
    InvokeEndpoint.InvokeEndpointInput,
    "Accept" | "CustomAttributes" | "InferenceComponentName" | "TargetVariant"
  >
  /** Whether the result is the response with its media type, which a folder has as a file. */
  readonly isRaw: boolean
  /** The row of a decoded input. */
  readonly toRow: (raw: Raw) => Row
}

/** The attempts of a request that failed. */
const attemptsOf = (error: object): number =>
  "attempts" in error && typeof error.attempts === "number" ? error.attempts : 1

const mediaTypeOf = ({ contentType }: RequestSettings): string => contentType ?? "application/octet-stream"

/** A model that takes lists of rows and returns lists of results. */
export const makeModel = <Raw>(settings: ModelSettings<Raw>, counts: Counts) => {
  const encode = (raw: ReadonlyArray<Raw>) => bodyOf(settings, raw.map(settings.toRow))
  const invoke = (raw: ReadonlyArray<Raw>) =>
    encode(raw).pipe(
      Effect.flatMap((body) => invokeEndpoint({ EndpointName: settings.endpoint, ...settings.request, ...body })),
      Effect.tapBoth({
        onFailure: (error) => Effect.sync(() => counts.addAttempts(attemptsOf(error))),
        onSuccess: ({ $metadata }) => Effect.sync(() => counts.addAttempts($metadata.attempts))
      }),
      Effect.flatMap((response) =>
        settings.isRaw
          ? Effect.succeed<ReadonlyArray<unknown>>([response])
          : resultsOf(settings.batcher, response, raw.length)
      )
    )
  return {
    name: settings.endpoint,
    request: {
      mediaType: mediaTypeOf(settings),
      encode: (raw: ReadonlyArray<Raw>) => Effect.map(encode(raw), ({ Body }) => Body)
    },
    invoke
  } satisfies Batch.BatchModel<ReadonlyArray<Raw>, ReadonlyArray<unknown>, unknown, unknown>
}
