/**
 * A deployed model as a typed function.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import type * as Codec from "./Codec.ts"
import { type Error as InvokeError, type Input, invokeEndpoint } from "./InvokeEndpoint.ts"
import type { CodecError } from "./SageMakerError.ts"
import type { SageMakerRuntime } from "./SageMakerRuntime.ts"

/**
 * Members of a request besides the endpoint and the body; AWS's names.
 *
 * @since 0.1.0
 * @category models
 */
export interface RequestOptions extends Partial<Omit<Input, "EndpointName" | "Body">> {}

/**
 * A deployed model: what it takes, what it gives.
 *
 * @since 0.1.0
 * @category models
 */
export interface ModelEndpoint<in A, out B, out R = never> {
  readonly name: string
  readonly invoke: (
    value: A,
    options?: RequestOptions
  ) => Effect.Effect<B, InvokeError | CodecError, SageMakerRuntime | R>
}

/** The members that are not left open, as a member given as `undefined` is. */
const given = (options: RequestOptions | undefined): RequestOptions =>
  Object.fromEntries(Object.entries(options ?? {}).filter(([, value]) => value !== undefined))

/**
 * Makes a typed function of the endpoint with this name.
 *
 * The codecs' media types are sent as `ContentType` and `Accept` unless the members given say otherwise.
 *
 * @example
 * ```ts
 * import { Effect, Schema } from "effect"
 * import { Codec, ModelEndpoint } from "effect-sagemaker-runtime"
 *
 * const anomaly = ModelEndpoint.make("anomaly-v2", {
 *   request: Codec.json(Schema.Struct({ cpu: Schema.Number, load: Schema.Number })),
 *   response: Codec.json(Schema.Struct({ score: Schema.Number }))
 * })
 *
 * export const score = anomaly.invoke({ cpu: 0.2, load: 17 }).pipe(
 *   Effect.map(({ score }) => score),
 *   Effect.catchTag("ModelNotReadyException", () => Effect.succeed(0))
 * )
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = <A, R1, B, R2>(
  name: string,
  { request, response, ...defaults }: {
    readonly request: Codec.Codec<A, R1>
    readonly response: Codec.Codec<B, R2>
  } & RequestOptions
): ModelEndpoint<A, B, R1 | R2> => ({
  name,
  invoke: (value, options) =>
    Effect.gen(function*() {
      const Body = yield* request.encode(value)
      const answer = yield* invokeEndpoint({
        ContentType: request.mediaType,
        Accept: response.mediaType,
        ...given(defaults),
        ...given(options),
        EndpointName: name,
        Body
      })
      return yield* response.decode(answer.Body)
    })
})
