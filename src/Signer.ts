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
import { sign as signV4 } from "./internal/signer/signatureV4.ts"
import { signingEffect } from "./internal/signer/signingEffect.ts"
import { signStream } from "./internal/signer/signStream.ts"
import { isReady, markReady } from "./internal/telemetry/ownCode.ts"
import type { CredentialsError, SigningError } from "./SageMakerError.ts"

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
 * A signed request, and the signatures of the frames of its body.
 *
 * @since 0.1.0
 * @category models
 */
export interface SignedStream {
  /** The signed request. */
  readonly request: HttpClientRequest.HttpClientRequest
  /**
   * Returns the signature of the next frame, as 32 bytes. The client sends the frame in an outer frame with the time and
   * the signature. After the frames of the body, an empty frame is signed.
   *
   * Each signature depends on the previous signature, so frames must be signed in their order, one at a time. Fails with
   * `CredentialsError` if the credentials have expired.
   */
  readonly signFrame: (frame: Uint8Array, date: Date) => Effect.Effect<Uint8Array, CredentialsError | SigningError>
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
  /**
   * Signs a request whose body is a stream of frames. The result signs each frame.
   *
   * Default: `sign` signs the request, and the frames are sent without signatures.
   */
  readonly signStream?:
    | ((
      request: HttpClientRequest.HttpClientRequest,
      scope: SigningScope
    ) => Effect.Effect<SignedStream, CredentialsError | SigningError>)
    | undefined
}>() {}

type Failure = CredentialsError | SigningError

type DatedScope = SigningScope & { readonly date: Date }

const withDate = <A>(
  { date, region, service }: SigningScope,
  sign: (scope: DatedScope) => Effect.Effect<A, Failure>
): Effect.Effect<A, Failure> =>
  date === undefined
    ? Effect.clockWith((clock) => sign({ service, region, date: new Date(clock.unsafeCurrentTimeMillis()) }))
    : sign({ service, region, date })

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
    const signer: Context.Tag.Service<Signer> = {
      sign: (request, scope) =>
        withDate(
          scope,
          (dated) => Effect.flatMap(get, (credentials) => signingEffect(() => signV4(credentials, request, dated)))
        ),
      signStream: (request, scope) =>
        withDate(
          scope,
          (dated) => Effect.flatMap(get, (credentials) => signStream(credentials, request, dated))
        )
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
