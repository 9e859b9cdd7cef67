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
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Random from "effect/Random"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import type { CredentialsInput } from "../Credentials.ts"
import type { Input as InvokeEndpointInput, Output as InvokeEndpointOutput } from "../InvokeEndpoint.ts"
import type { Input as InvokeEndpointAsyncInput } from "../InvokeEndpointAsync.ts"
import { makeAsyncWork, makeObjects, type Objects, type Outcome } from "./internal/asyncWork.ts"
import { serveAsync } from "./internal/serveAsync.ts"
import { serveInvokeEndpoint } from "./internal/serveInvokeEndpoint.ts"
import { serveResponseStream } from "./internal/serveResponseStream.ts"
import type { Handler, Serve } from "./internal/serving.ts"
import { type KnownKeys, verifySignature } from "./internal/verifySignature.ts"
import { type Answered, fromFailure, invalid, type Received, refusal, text, withoutBody } from "./internal/wire.ts"

/**
 * A request as a handler sees it: the operation, its members, the body as bytes.
 *
 * @since 0.1.0
 * @category models
 */
export interface Request
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
export interface Output extends Omit<InvokeEndpointOutput, "Body" | "$metadata"> {
  readonly Body: string | Uint8Array | Stream.Stream<string | Uint8Array, unknown>
}

/**
 * What a handler answers: the model's output, alone or with its members, or a raw HTTP response sent as it is.
 *
 * @since 0.1.0
 * @category models
 */
export type Answer = Output["Body"] | Output | HttpServerResponse.HttpServerResponse

/**
 * A deployed model; made by `endpoint`.
 *
 * @since 0.1.0
 * @category models
 */
export interface Endpoint<out R = never> {
  readonly name: string
  readonly handler: (request: Request) => Effect.Effect<Answer, unknown, R>
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
export interface Options<R = never> {
  readonly endpoints: ReadonlyArray<Endpoint<R>>
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
  readonly handle: (request: Received) => Effect.Effect<Answered>
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
  handler: (request: Request) => Effect.Effect<Answer, E, R>
): Endpoint<R> => ({ name, handler })

const defaultMaxBodyBytes = 25 * 1024 * 1024

const reveal = (secret: string | Redacted.Redacted): string =>
  Redacted.isRedacted(secret) ? Redacted.value(secret) : secret

const known = (input: CredentialsInput): KnownKeys => ({
  accessKeyId: reveal(input.accessKeyId),
  secretAccessKey: reveal(input.secretAccessKey),
  sessionToken: input.sessionToken === undefined ? undefined : reveal(input.sessionToken)
})

const unauthorised = ({ code, message, status }: { status: number; code: string; message: string }): Answered =>
  refusal(status, `${code}:http://internal.amazon.com/coral/com.amazon.coral.service/`, { message })

const unknownOperation = refusal(404, "UnknownOperationException", { Message: "There is no such operation" })

const unknownEndpoint = (name: string): Answered => invalid(`Endpoint ${name} of account 123456789012 not found.`)

const tooLarge = (limit: number): Answered => text(413, `HTTP content length exceeded ${limit} bytes.`)

const route = /^\/endpoints\/([^/?]+)\/([a-z-]+)$/

const decoded = (segment: string): string => {
  try {
    return decodeURIComponent(segment)
  } catch {
    return segment
  }
}

/** A response with what every response of the service carries. */
const stamp = (answered: Answered) =>
  Effect.zipWith(
    Clock.currentTimeMillis,
    Random.nextIntBetween(0, 2 ** 31),
    (now, id): Answered => ({
      ...answered,
      headers: {
        date: new Date(now).toUTCString(),
        "x-amzn-requestid": `emulated-${id.toString(16).padStart(8, "0")}`,
        ...answered.headers
      }
    })
  )

const make = <R>(options: Options<R>) =>
  Effect.gen(function*() {
    const context = yield* Effect.context<R>()
    const objects = makeObjects()
    const work = yield* makeAsyncWork(objects)
    const keys = options.credentials === "anonymous" ? undefined : known(options.credentials ?? credentials)
    const maxBodyBytes = options.maxBodyBytes ?? defaultMaxBodyBytes
    const endpoints = new Map(options.endpoints.map((deployed) => [deployed.name, deployed]))
    const operations = new Map<string, Serve>([
      ["invocations", serveInvokeEndpoint],
      ["invocations-response-stream", serveResponseStream],
      ["async-invocations", serveAsync(work, objects)]
    ])

    const authorise = (received: Received) =>
      keys === undefined
        ? Effect.void
        : Effect.flatMap(Clock.currentTimeMillis, (now) =>
          Effect.flatMap(
            Effect.promise(() => verifySignature(received, keys, options.region, now)),
            (problem) => (problem === undefined ? Effect.void : Effect.fail(unauthorised(problem)))
          ))

    const handlerOf = ({ handler }: Endpoint<R>): Handler => (request) =>
      Effect.mapError(Effect.provide(handler(request), context), fromFailure)

    /** The answer of a fiber of its own, so that a model that dies or interrupts itself is answered for, and nobody else. */
    const answer = (received: Received): Effect.Effect<Answered> =>
      Effect.fork(Effect.merge(serve(received))).pipe(
        Effect.flatMap((fiber) => Effect.onInterrupt(Fiber.await(fiber), () => Fiber.interrupt(fiber))),
        Effect.map(Exit.getOrElse((cause) => fromFailure(Cause.squash(cause))))
      )

    const serve = (received: Received): Effect.Effect<Answered, Answered> =>
      Effect.gen(function*() {
        if (received.body.byteLength > maxBodyBytes) {
          return yield* Effect.fail(tooLarge(maxBodyBytes))
        }
        yield* authorise(received)
        const [, segment = "", operation = ""] = received.method === "POST" ? route.exec(received.target) ?? [] : []
        const serveOperation = operations.get(operation)
        if (serveOperation === undefined) {
          return yield* Effect.fail(unknownOperation)
        }
        const name = decoded(segment)
        const deployed = endpoints.get(name)
        return deployed === undefined
          ? yield* Effect.fail(unknownEndpoint(name))
          : yield* serveOperation(name, received, handlerOf(deployed))
      })

    return {
      handle: (received: Received) => Effect.flatMap(answer(received), stamp),
      objects,
      outcome: work.outcome
    }
  })

/**
 * The emulated service.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = <R = never>(options: Options<R>): Layer.Layer<Emulator, never, R> =>
  Layer.scoped(Emulator, make(options))

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

const webResponse = ({ body, headers, status }: Answered): Effect.Effect<Response> =>
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
  options: Options<R>
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
