import { HttpClientRequest } from "@effect/platform"
import { Effect, Exit, Scope, Stream } from "effect"
import { NodeDuplexTransport } from "effect-sagemaker-runtime/node"
import { ConnectionLease } from "../../src/internal/transport/connectionLease.ts"
import { type TransportFailure, transportOf } from "../../src/internal/transport/transport.ts"
import type { BodyError } from "../../src/Operation.ts"
import { transportFailure } from "../../src/protocol/error/transportFailure.ts"

/** A POST request with a stream as its body. */
export const post = (url: string, body: Stream.Stream<Uint8Array, unknown> = Stream.never) =>
  HttpClientRequest.post(url).pipe(HttpClientRequest.bodyStream(body))

/** What the client makes of a failure of its HTTP client. */
const classify = (failure: TransportFailure) =>
  failure._tag === "TransportTimeout"
    ? { reason: failure.phase, code: undefined, requestSent: failure.requestSent, retry: undefined }
    : transportFailure(failure.cause, failure._tag === "ResponseError")

/** Sends a request as an attempt does, and reads the response. Fails with the classified failure. */
export const attemptWith = (
  client: Effect.Effect.Success<ReturnType<typeof NodeDuplexTransport.make>>,
  request: HttpClientRequest.HttpClientRequest,
  { firstByte = 1_000, idle = 1_000 }: { readonly firstByte?: number; readonly idle?: number } = {}
) =>
  Effect.scoped(Effect.gen(function*() {
    const connection = new ConnectionLease()
    yield* Effect.addFinalizer(() => connection.close())
    const toError = (failure: TransportFailure) => classify(failure) as unknown as BodyError
    const { body, status } = yield* transportOf(client)?.(request, { firstByte, idle }, { connection, toError }) ??
      Effect.dieMessage("The client has no transport")
    const text = yield* Stream.mkString(Stream.decodeText(body.stream))
    return { status, text }
  })).pipe(Effect.mapError((error) => error as unknown as ReturnType<typeof classify>))

/** Runs one attempt with its own client, and returns the failure. */
export const failureOf = (
  url: string,
  options: NodeDuplexTransport.NodeDuplexTransportOptions = {},
  timeouts: { readonly firstByte?: number; readonly idle?: number } = {}
) =>
  Effect.gen(function*() {
    const scope = yield* Scope.make()
    const client = yield* Scope.extend(NodeDuplexTransport.make({ proxy: false, ...options }), scope)
    const failure = yield* Effect.flip(attemptWith(client, post(url), timeouts))
    yield* Scope.close(scope, Exit.void)
    return failure
  })
