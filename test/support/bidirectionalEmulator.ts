import { HttpBody, HttpClient, HttpClientRequest } from "@effect/platform"
import { Effect, Stream } from "effect"
import { DuplexTransport } from "effect-sagemaker-runtime"
import {
  type ReceivedFrame,
  receivedFrames,
  signAll,
  signedRequest,
  type SignedRequestOptions
} from "./bidirectionalFrames.ts"

export const host = "runtime.sagemaker.eu-west-1.amazonaws.com:8443"

/** Sends a request with frames; completes with the response headers. The end of the scope aborts the request. */
export const execute = (
  frames: Stream.Stream<Uint8Array, unknown>,
  { headers, path }: { readonly headers: Record<string, string>; readonly path: string }
) =>
  Effect.flatMap(DuplexTransport.DuplexTransport, (transport) =>
    HttpClient.withScope(transport).execute(
      HttpClientRequest.post(`https://${host}${path}`, {
        headers,
        body: HttpBody.stream(frames, headers["content-type"])
      })
    ))

/** The response of the emulator: an error response, or the frames of the stream. */
interface Exchanged {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** The code of an error response. */
  readonly code: string | undefined
  /** The JSON of an error response. */
  readonly error: unknown
  /** The payloads of the events; an exception as its type and its message, and an error as its code. */
  readonly received: ReadonlyArray<string>
}

const describeFrame = ({ body, headers }: ReceivedFrame): string => {
  const [type, code] = [headers[":exception-type"], headers[":error-code"]]
  if (typeof type === "string") {
    return `${type}: ${(JSON.parse(body) as { readonly Message: string }).Message}`
  }
  return typeof code === "string" ? `error ${code}` : body
}

/** Sends a request, and reads its response to the end. */
export const send = (
  frames: Stream.Stream<Uint8Array, unknown>,
  request: { readonly headers: Record<string, string>; readonly path: string }
) =>
  Effect.gen(function*() {
    const { headers, json, status, stream } = yield* execute(frames, request)
    const isStream = status === 200
    const received = isStream ? Array.from(yield* Stream.runCollect(receivedFrames(stream))) : []
    return {
      status,
      headers,
      code: headers["x-amzn-errortype"],
      error: isStream ? undefined : yield* json,
      received: received.map(describeFrame)
    } satisfies Exchanged
  }).pipe(Effect.scoped)

type SignFrame = (frame: Uint8Array, at?: Date) => Effect.Effect<Uint8Array>

/** Sends frames that are signed by `sign`, by default all of them and the empty last frame. */
export const exchange = (
  frames: ReadonlyArray<Uint8Array>,
  options: SignedRequestOptions = {},
  sign: (frames: ReadonlyArray<Uint8Array>, signFrame: SignFrame) => Effect.Effect<ReadonlyArray<Uint8Array>> = signAll
) =>
  Effect.gen(function*() {
    const request = yield* signedRequest(host, options)
    return yield* send(Stream.fromIterable(yield* sign(frames, request.signFrame)), request)
  })
