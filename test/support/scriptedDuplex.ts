import { Headers, HttpClient, HttpClientError, type HttpClientRequest, HttpClientResponse } from "@effect/platform"
import { Chunk, Effect, type Fiber, FiberId, Layer, Stream } from "effect"
import { DuplexTransport, SageMakerRuntime, Signer } from "effect-sagemaker-runtime"
import { codec, partFrame, receivedFrames, utf8 } from "./bidirectionalFrames.ts"

/** A response, whose body can be read while the request is sent. */
interface DuplexResponse {
  readonly status?: number
  readonly headers?: Record<string, string>
  readonly body: Stream.Stream<Uint8Array, Error>
}

/** One request as a server sees it. */
interface DuplexExchange {
  readonly request: HttpClientRequest.HttpClientRequest
  /** Sends the request body in its own fiber, until the client aborts the request. */
  readonly send: Effect.Effect<Fiber.RuntimeFiber<void, unknown>>
  /** The text of the parts that have been received so far. */
  readonly received: Effect.Effect<ReadonlyArray<string>>
}

/** What a server responds, or the cause of a transport failure. */
export type DuplexServer = (exchange: DuplexExchange) => Effect.Effect<DuplexResponse, unknown>

const bodyOf = ({ body }: HttpClientRequest.HttpClientRequest): Stream.Stream<Uint8Array, unknown> =>
  body._tag === "Stream" ? body.stream : Stream.empty

const textsOf = (bytes: ReadonlyArray<Uint8Array>) =>
  Effect.map(
    Stream.runCollect(receivedFrames(Stream.fromIterable(bytes))),
    (frames) => Chunk.toReadonlyArray(Chunk.map(frames, ({ body }) => body))
  )

/** A `DuplexTransport` without a network, whose servers handle the requests in their order. */
export const scriptedDuplex = (...servers: ReadonlyArray<DuplexServer>) =>
  Effect.sync(() => {
    const requests: Array<HttpClientRequest.HttpClientRequest> = []
    const bytes: Array<Uint8Array> = []
    const ends: Array<"ended" | "failed" | "interrupted"> = []
    const client = HttpClient.make((request, _url, signal) => {
      const server = servers[Math.min(requests.length, servers.length - 1)]!
      requests.push(request)
      const upload = Stream.runForEach(bodyOf(request), (chunk) => Effect.sync(() => bytes.push(chunk))).pipe(
        Effect.onExit((exit) =>
          Effect.sync(() => {
            const stopped = exit._tag === "Failure" && signal.aborted ? "interrupted" : "failed"
            ends.push(exit._tag === "Success" ? "ended" : stopped)
          })
        )
      )
      const send = Effect.tap(Effect.forkDaemon(upload), (fiber) =>
        Effect.sync(() => signal.addEventListener("abort", () => fiber.unsafeInterruptAsFork(FiberId.none))))
      return server({
        request,
        send,
        received: Effect.suspend(() =>
          textsOf(bytes)
        )
      }).pipe(
        Effect.mapError((cause) => new HttpClientError.RequestError({ request, reason: "Transport", cause })),
        Effect.map(({ body, headers = {}, status = 200 }) => {
          const source = Stream.toReadableStream(body)
          return HttpClientResponse.fromWeb(
            request,
            new Response(source, { status, headers: Headers.fromInput(headers) })
          )
        })
      )
    })
    return {
      duplex: Layer.succeed(DuplexTransport.DuplexTransport, client),
      requests: Effect.sync(() => [...requests]),
      /** The bytes of the request bodies. */
      bytes: Effect.sync(() => [...bytes]),
      /** How the request bodies ended. */
      ends: Effect.sync(() => [...ends])
    }
  })

export const textFrames = (...texts: ReadonlyArray<string>): ReadonlyArray<Uint8Array> =>
  texts.map((text) => partFrame({ Bytes: utf8(text), DataType: "UTF8", CompletionState: "COMPLETE" }))

/** A server that receives the request body and returns these parts. */
export const textResponse = (...texts: ReadonlyArray<string>): DuplexServer => ({ send }) =>
  Effect.as(send, { body: Stream.fromIterable(textFrames(...texts)) })

/** A server that receives the request body and then returns what it has received. */
export const echoResponse: DuplexServer = ({ received, send }) =>
  Effect.map(send, (fiber) => ({
    body: Stream.unwrap(
      Effect.map(
        Effect.zipRight(Effect.ignore(fiber), received),
        (texts) => Stream.fromIterable(textFrames(...texts))
      )
    )
  }))

/** A frame that reports an exception. */
export const exceptionFrame = (code: string, members: object): Uint8Array =>
  codec.encode({
    headers: {
      ":message-type": { type: "string", value: "exception" },
      ":exception-type": { type: "string", value: code },
      ":content-type": { type: "string", value: "application/json" }
    },
    body: utf8(JSON.stringify(members))
  })

/** A client over a scripted transport. Its `HttpClient` must not be used. */
export const duplexClient = (
  duplex: Layer.Layer<DuplexTransport.DuplexTransport>,
  signer: Layer.Layer<Signer.Signer> = Signer.layerAnonymous,
  options: Partial<SageMakerRuntime.SageMakerRuntimeOptions> = {}
) => {
  const unused = HttpClient.make(() => Effect.dieMessage("The request was sent with the HttpClient"))
  const client = SageMakerRuntime.layer({ region: "eu-west-1", ...options }).pipe(
    Layer.provide([signer, Layer.succeed(HttpClient.HttpClient, unused)])
  )
  return Layer.merge(duplex, client)
}
