/** Sends a request body of frames, each signed when it is sent, while the response is received. */
import * as HttpBody from "@effect/platform/HttpBody"
import type * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as Cause from "effect/Cause"
import type * as Clock from "effect/Clock"
import type * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as FiberId from "effect/FiberId"
import * as Stream from "effect/Stream"
import type { BodyError, OperationSettings } from "../../Operation.ts"
import { encodeSigned } from "../../protocol/eventStream/signedFrame.ts"
import type { Policy } from "../../RetryPolicy.ts"
import type { CredentialsError, SigningError } from "../../SageMakerError.ts"
import type { SignedStream, Signer, SigningScope } from "../../Signer.ts"
import { decodeEach } from "../framing/transducer.ts"
import { markFinal, unmarkFinal } from "../retry/markFinal.ts"
import { type CallSpans, withParent } from "../telemetry/spans.ts"
import { ConnectionLease } from "../transport/connectionLease.ts"
import { fromHttpClient } from "../transport/fromHttpClient.ts"
import { type ResponseBody, type Transport, transportOf, type TransportResponse } from "../transport/transport.ts"
import type { Call } from "./call.ts"
import type { ReceivedResponse } from "./operationResponse.ts"
import { SentBytes } from "./sentBytes.ts"

type Request = HttpClientRequest.HttpClientRequest

type SignFailure = CredentialsError | SigningError

/** The attempt that sends the frames. */
interface FramesContext {
  /** The request with all headers except those of the signer. */
  readonly request: Request
  readonly scope: SigningScope & { readonly date: Date }
  readonly signer: Context.Tag.Service<Signer>
  readonly clock: Clock.Clock
  /** The clock offset of the client in milliseconds. */
  readonly clockOffset: () => number
  readonly spans: CallSpans | undefined
}

type Around = ReturnType<Policy["around"]>

/** The frames of one call. */
export interface CallFrames<out R> {
  /** Retries an attempt until the frames are run, because they can be run only once. */
  readonly retryUntilStarted: (around: Around) => Around
  /** Whether the frames have been run. A client without a transport, such as a mock, sets it. */
  isStarted: boolean
  /** The payloads that have been sent, as far as they are compared with texts of the service. */
  readonly sentBytes: () => Uint8Array
  /** The connection of an attempt. */
  readonly makeConnection: () => ConnectionLease
  /** The transports of the request, once it is signed. */
  readonly transports: Pick<FramesTransports, "systemTransport" | "transport"> | undefined
  /** Signs the request of an attempt, whose body is the frames. */
  readonly sign: (context: FramesContext) => Effect.Effect<Request, SignFailure, R>
  /**
   * Receives the response headers. If the frames fail first, it fails with their failure. If they fail later, the body
   * does.
   */
  readonly receive: (sending: Effect.Effect<TransportResponse, BodyError>) => Effect.Effect<ReceivedResponse, BodyError>
}

/** The transports of requests with frames. */
interface FramesTransports {
  /** Sends with timeouts on Effect's clock. */
  readonly transport: Transport
  /** Sends with timeouts on the system clock. */
  readonly systemTransport: Transport | undefined
}

/** The connection stays open after the response has ended, until it is closed: frames can still be sent. */
class FramesConnection extends ConnectionLease {
  override closed(): void {
    // `close` interrupts the frames.
  }
}

/** Ends a response body because the frames of its request have failed. */
class FramesFailure {
  readonly cause: Cause.Cause<unknown>
  constructor(cause: Cause.Cause<unknown>) {
    this.cause = cause
  }
}

/** The frames can fail with any error. The operation's error type includes it. */
const failWith = (error: unknown) =>
  Effect.failCause(error instanceof FramesFailure ? error.cause : Cause.fail(error)) as Effect.Effect<never, BodyError>

const bodyWithFailure = (body: ResponseBody): ResponseBody => ({
  bytes: (limit, onTooLarge, deadline) => Effect.catchAll(body.bytes(limit, onTooLarge, deadline), failWith),
  firstBytes: (limit, deadline) => body.firstBytes(limit, deadline),
  get stream() {
    return Stream.catchAll(body.stream, failWith)
  }
})

/** The progress of the frames, reported to the reader of the response. */
class Progress {
  isStarted = false
  readonly sent = new SentBytes()
  readonly #failed = Deferred.unsafeMake<never, unknown>(FiberId.none)
  #failure: Cause.Cause<unknown> | undefined
  #body: TransportResponse["body"] | undefined

  fail(cause: Cause.Cause<unknown>): void {
    if (this.#failure !== undefined) {
      return
    }
    this.#failure = cause
    this.#body?.abort(() => new FramesFailure(cause) as never)
    Deferred.unsafeDone(this.#failed, Effect.failCause(cause))
  }

  /** A sent frame also restarts the idle timeout of the response. */
  advance(): void {
    this.#body?.restartIdle()
  }

  /** A transport can fail or continue when the frames fail, so their failure is awaited too. */
  receive(sending: Effect.Effect<TransportResponse, BodyError>): Effect.Effect<ReceivedResponse, unknown> {
    return Effect.matchCauseEffect(Effect.raceFirst(sending, Deferred.await(this.#failed)), {
      onFailure: (cause) => Effect.failCause(this.#failure ?? cause),
      onSuccess: (response) => {
        this.#body = response.body
        return this.#failure === undefined
          ? Effect.succeed({ ...response, body: bodyWithFailure(response.body) })
          : Effect.failCause(this.#failure)
      }
    })
  }
}

/** Signs the frames, and ends them with a signed empty frame. */
const signFrames = (signFrame: SignedStream["signFrame"], now: () => Date) => {
  const sign = (frame: Uint8Array) =>
    Effect.suspend(() => {
      const date = now()
      return Effect.map(signFrame(frame, date), (signature) => encodeSigned(frame, date, signature))
    })
  return <E, R>(frames: Stream.Stream<Uint8Array, E, R>): Stream.Stream<Uint8Array, E | SignFailure, R> =>
    Stream.concat(decodeEach(sign)(frames), Stream.fromEffect(Effect.suspend(() => sign(new Uint8Array()))))
}

/** The body of the request. It is run at most once. */
const bodyOf = (
  frames: Stream.Stream<Uint8Array, unknown>,
  progress: Progress,
  { options: { observation } }: Call
): Stream.Stream<Uint8Array, unknown> =>
  Stream.suspend(() => {
    if (progress.isStarted) {
      return Stream.fail(new Cause.RuntimeException("The request body can be sent only once"))
    }
    progress.isStarted = true
    let size = 0
    return frames.pipe(
      Stream.mapChunks((chunk) => {
        for (const { byteLength } of chunk) {
          size += byteLength
        }
        progress.advance()
        return chunk
      }),
      Stream.tapErrorCause((cause) => Effect.sync(() => progress.fail(cause))),
      Stream.ensuring(Effect.sync(() => observation?.requestEncoded(size)))
    )
  })

const authorize = (
  { request, scope, signer }: FramesContext
): Effect.Effect<Omit<SignedStream, "signFrame"> & Partial<SignedStream>, SignFailure> =>
  signer.signStream === undefined
    ? Effect.map(signer.sign(request, scope), (signed) => ({ request: signed }))
    : signer.signStream(request, scope)

/** Prepares the frames of a call. `framesOf` encodes its input, when the connection is open. */
export const prepareFrames = <I, R, R2>(
  framesOf: (input: I, settings: OperationSettings) => Stream.Stream<Uint8Array, unknown, R>,
  duplex: Effect.Effect<HttpClient.HttpClient, never, R2>
) =>
(input: I, settings: OperationSettings, call: Call): CallFrames<R | R2> => {
  const progress = new Progress()
  let transports: FramesTransports | undefined
  return {
    retryUntilStarted: (around) => (attempt) => unmarkFinal(around(markFinal(attempt, () => progress.isStarted))),
    get isStarted() {
      return progress.isStarted
    },
    set isStarted(isStarted) {
      progress.isStarted = isStarted
    },
    get transports() {
      return transports
    },
    sentBytes: () => progress.sent.bytes,
    makeConnection: () => new FramesConnection(),
    receive: (sending) => progress.receive(sending) as Effect.Effect<ReceivedResponse, BodyError>,
    sign: (context) =>
      Effect.gen(function*() {
        const http = yield* duplex
        transports = { transport: fromHttpClient(http), systemTransport: transportOf(http) }
        const services = yield* Effect.context<R>()
        const { request, signFrame } = yield* withParent(authorize(context), context.spans)
        const source = Stream.provideContext(Stream.suspend(() => framesOf(input, settings)), services)
        const frames = Stream.map(source, (frame) => {
          progress.sent.add(frame)
          return frame
        })
        const now = () => new Date(context.clock.unsafeCurrentTimeMillis() + context.clockOffset())
        const signed = signFrame === undefined ? frames : signFrames(signFrame, now)(frames)
        const body = HttpBody.stream(bodyOf(signed, progress, call), request.headers["content-type"])
        return HttpClientRequest.setBody(request, body)
      })
  }
}
