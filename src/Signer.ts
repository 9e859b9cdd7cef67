/**
 * What makes a request one of ours.
 *
 * @since 0.1.0
 */
import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Credentials } from "./Credentials.ts"
import { SigningError } from "./SageMakerError.ts"
import type { CredentialsError } from "./SageMakerError.ts"

/**
 * For which service and region a request is signed, and with which time: that of the `Clock` by default.
 *
 * @since 0.1.0
 * @category models
 */
export interface SigningScope {
  readonly service: string
  readonly region: string
  readonly date?: Date | undefined
}

/**
 * Signs requests; called once per attempt, as the last step before sending.
 *
 * @example
 * ```ts
 * import { HttpClientRequest } from "@effect/platform"
 * import { Config, Effect, Layer } from "effect"
 * import { Signer } from "effect-sagemaker-runtime"
 *
 * export const bearer = Layer.effect(
 *   Signer.Signer,
 *   Effect.map(Config.redacted("GATEWAY_TOKEN"), (token) => ({
 *     sign: (request) => Effect.succeed(HttpClientRequest.bearerToken(request, token))
 *   }))
 * )
 * ```
 *
 * @since 0.1.0
 * @category tags
 */
export class Signer extends Context.Tag("effect-sagemaker-runtime/Signer")<Signer, {
  readonly sign: (
    request: HttpClientRequest.HttpClientRequest,
    scope: SigningScope
  ) => Effect.Effect<HttpClientRequest.HttpClientRequest, CredentialsError | SigningError>
}>() {}

const refused = () => new SigningError({ message: "The request could not be signed" })

/**
 * Signs with AWS Signature Version 4 (`@smithy/signature-v4`), fresh credentials for every attempt.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer: Layer.Layer<Signer, never, Credentials> = Layer.effect(
  Signer,
  Effect.gen(function*() {
    const { get } = yield* Credentials
    const signatureV4 = yield* Effect.promise(() => import("./internal/signer/signatureV4.ts"))
    const signed = (request: HttpClientRequest.HttpClientRequest, scope: SigningScope & { readonly date: Date }) =>
      Effect.flatMap(get, (credentials) => {
        try {
          const made = signatureV4.sign(credentials, request, scope)
          return made instanceof Promise
            ? Effect.tryPromise({ try: () => made, catch: refused })
            : Effect.succeed(made)
        } catch {
          return Effect.fail(refused())
        }
      })
    return {
      sign: (request, { date, region, service }) =>
        date === undefined
          ? Effect.clockWith((clock) =>
            signed(request, { service, region, date: new Date(clock.unsafeCurrentTimeMillis()) })
          )
          : signed(request, { service, region, date })
    }
  })
)

/**
 * Sends requests without a signature.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerAnonymous: Layer.Layer<Signer> = Layer.succeed(Signer, { sign: Effect.succeed })
