/**
 * Signs requests with AWS Signature Version 4, or with a custom scheme.
 *
 * @since 0.1.0
 */
import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import { Credentials } from "./Credentials.ts"
import * as signatureV4 from "./internal/signer/signatureV4.ts"
import { isReady, markReady } from "./internal/telemetry/ownCode.ts"
import { SigningError } from "./SageMakerError.ts"
import type { CredentialsError } from "./SageMakerError.ts"

/**
 * The service, region and time of a signature.
 *
 * @since 0.1.0
 * @category models
 */
export interface SigningScope {
  /** Signing name of the service: `sagemaker` for SageMaker Runtime. */
  readonly service: string
  /** AWS region, such as `eu-west-1`. */
  readonly region: string
  /** Time of the signature. Default: the current time of Effect's `Clock`. */
  readonly date?: Date | undefined
}

/**
 * Signs the requests of a client, except those of operations with their own `sign`.
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
  /** Returns the signed request. It runs once per attempt, after all other headers except trace headers are set. */
  readonly sign: (
    request: HttpClientRequest.HttpClientRequest,
    scope: SigningScope
  ) => Effect.Effect<HttpClientRequest.HttpClientRequest, CredentialsError | SigningError>
}>() {}

const signingError = () =>
  new SigningError({
    message: "Could not sign the request: expected an absolute URL and a body of bytes"
  })

/**
 * Signs requests with AWS Signature Version 4. It gets the credentials from `Credentials` for every attempt.
 *
 * Each use of the layer makes a new signer, so that clients with different credentials can be built together.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer: Layer.Layer<Signer, never, Credentials> = Layer.fresh(Layer.effect(
  Signer,
  Effect.gen(function*() {
    const { get } = yield* Credentials
    const sign = (request: HttpClientRequest.HttpClientRequest, scope: SigningScope & { readonly date: Date }) =>
      Effect.flatMap(get, (credentials) => {
        try {
          const signed = signatureV4.sign(credentials, request, scope)
          return signed instanceof Promise
            ? Effect.tryPromise({ try: () => signed, catch: signingError })
            : Effect.succeed(signed)
        } catch {
          return Effect.fail(signingError())
        }
      })
    const signer: Context.Tag.Service<Signer> = {
      sign: (request, { date, region, service }) =>
        date === undefined
          ? Effect.clockWith((clock) =>
            sign(request, { service, region, date: new Date(clock.unsafeCurrentTimeMillis()) })
          )
          : sign(request, { service, region, date })
    }
    return markReady(signer, (now) => Exit.isExit(get) || isReady(get, now))
  })
))

/**
 * Does not sign requests. For gateways and emulators that need no signature.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerAnonymous: Layer.Layer<Signer> = Layer.succeed(Signer, { sign: Effect.succeed })
