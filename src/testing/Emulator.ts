/**
 * The service itself, in process: it checks signatures and constraints as AWS does and answers with your handlers.
 *
 * @since 0.1.0
 */
import type * as HttpApp from "@effect/platform/HttpApp"
import * as HttpClient from "@effect/platform/HttpClient"
import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import type { CredentialsInput } from "../Credentials.ts"
import type {
  InvokeEndpointInput as InvokeEndpointInput,
  InvokeEndpointOutput as InvokeEndpointOutput
} from "../InvokeEndpoint.ts"
import type { InvokeEndpointAsyncInput as InvokeEndpointAsyncInput } from "../InvokeEndpointAsync.ts"
import type { Objects, Outcome } from "./internal/emulator/asyncWork.ts"
import { makeService } from "./internal/emulator/service.ts"
import { type ReceivedRequest, type WireResponse, withoutBody } from "./internal/emulator/wire.ts"

/**
 * A request as a handler sees it: the operation, its members, the body as bytes.
 *
 * @since 0.1.0
 * @category models
 */
export interface EmulatorRequest
  extends Omit<InvokeEndpointInput, "Body">, Omit<InvokeEndpointAsyncInput, keyof InvokeEndpointInput>
{
  readonly operation: "InvokeEndpoint" | "InvokeEndpointWithResponseStream" | "InvokeEndpointAsync"
  readonly Body: Uint8Array
}

/**
 * A model's output in whole or in parts, with AWS's members.
 *
 * @since 0.1.0
 * @category models
 */
export interface EmulatorOutput extends Omit<InvokeEndpointOutput, "Body" | "$metadata"> {
  readonly Body: string | Uint8Array | Stream.Stream<string | Uint8Array, unknown>
}

/**
 * What a handler answers: the model's output, alone or with its members, or a raw HTTP response sent as it is.
 *
 * @since 0.1.0
 * @category models
 */
export type EmulatorResponse = EmulatorOutput["Body"] | EmulatorOutput | HttpServerResponse.HttpServerResponse

/**
 * A deployed model; made by `endpoint`.
 *
 * @since 0.1.0
 * @category models
 */
export interface EmulatorEndpoint<out R = never> {
  readonly name: string
  readonly handler: (request: EmulatorRequest) => Effect.Effect<EmulatorResponse, unknown, R>
}

/**
 * Settings of the emulator.
 *
 * - `endpoints`: the deployed models.
 * - `credentials`: the keys requests must be signed with (`Emulator.credentials` by default), `"anonymous"` for none.
 * - `region`: the region requests must be signed for; any by default.
 * - `maxBodyBytes`: the largest request body (25 MiB by default).
 *
 * @since 0.1.0
 * @category models
 */
export interface EmulatorOptions<R = never> {
  readonly endpoints: ReadonlyArray<EmulatorEndpoint<R>>
  readonly credentials?: CredentialsInput | "anonymous" | undefined
  readonly region?: string | undefined
  readonly maxBodyBytes?: number | undefined
}

/**
 * The keys the emulator accepts unless told otherwise.
 *
 * @since 0.1.0
 * @category constants
 */
export const credentials: CredentialsInput = {
  accessKeyId: "AKIDEMULATOR",
  secretAccessKey: "emulator-secret-access-key"
}

/**
 * The emulated service, below any HTTP library.
 *
 * `objects` is its S3: inputs to put, results and failures to get, by location. `outcome` waits for the work with this
 * `InferenceId`: its result, or the failure's text.
 *
 * @since 0.1.0
 * @category tags
 */
export class Emulator extends Context.Tag("effect-sagemaker-runtime/testing/Emulator")<Emulator, {
  readonly handle: (request: ReceivedRequest) => Effect.Effect<WireResponse>
  readonly objects: Objects
  readonly outcome: (InferenceId: string) => Effect.Effect<Outcome>
}>() {}

/**
 * Deploys a model under a name: a function from the request to the answer.
 *
 * A failure that is one of the service's errors is answered as the service would; any other failure, and a defect, is
 * the container's and answered as `ModelError`.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Emulator } from "effect-sagemaker-runtime/testing"
 *
 * export const echo = Emulator.endpoint("echo", ({ Body }) => Effect.succeed(Body))
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const endpoint = <E, R>(
  name: string,
  handler: (request: EmulatorRequest) => Effect.Effect<EmulatorResponse, E, R>
): EmulatorEndpoint<R> => ({ name, handler })

/**
 * The emulated service.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = <R = never>(options: EmulatorOptions<R>): Layer.Layer<Emulator, never, R> =>
  Layer.scoped(Emulator, makeService(options, options.credentials ?? credentials))

/**
 * The emulated service as an application for any `@effect/platform` server.
 *
 * @since 0.1.0
 * @category apps
 */
export const app: HttpApp.Default<never, Emulator> = Effect.gen(function*() {
  const { handle } = yield* Emulator
  const { arrayBuffer, headers, method, url } = yield* HttpServerRequest.HttpServerRequest
  const body = yield* Effect.orDie(arrayBuffer)
  const answered = yield* handle({ method, target: url, headers, body: new Uint8Array(body) })
  const options = { status: answered.status, headers: answered.headers }
  return answered.body instanceof Uint8Array
    ? HttpServerResponse.uint8Array(answered.body, options)
    : HttpServerResponse.stream(answered.body, options)
})

const bodyOf = ({ body }: HttpClientRequest.HttpClientRequest): Uint8Array =>
  body._tag === "Uint8Array" ? body.body : new Uint8Array()

/** What a broken connection looks like to an HTTP client. */
const connectionLost = () => Object.assign(new Error("read ECONNRESET"), { code: "ECONNRESET" })

const webResponse = ({ body, headers, status }: WireResponse): Effect.Effect<Response> =>
  Effect.map(Effect.runtime(), (runtime) =>
    new Response(
      withoutBody.has(status)
        ? null
        : body instanceof Uint8Array
        ? (body.byteLength === 0 ? null : new Uint8Array(body))
        : Stream.toReadableStreamRuntime(Stream.mapError(body, connectionLost), runtime),
      { status, headers }
    ))

/**
 * The emulated service behind an `HttpClient`, without a socket.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerHttpClient = <R = never>(
  options: EmulatorOptions<R>
): Layer.Layer<HttpClient.HttpClient | Emulator, never, R> =>
  Layer.provideMerge(
    Layer.effect(
      HttpClient.HttpClient,
      Effect.map(Emulator, ({ handle }) =>
        HttpClient.make((request, url) =>
          handle({
            method: request.method,
            target: `${url.pathname}${url.search}`,
            headers: { ...request.headers, host: url.host },
            body: bodyOf(request)
          }).pipe(
            Effect.flatMap(webResponse),
            Effect.map((response) => HttpClientResponse.fromWeb(request, response))
          )
        ))
    ),
    layer(options)
  )
