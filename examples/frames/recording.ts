import { HttpBody, HttpClient, HttpClientRequest } from "@effect/platform"
import { Effect, Layer, Queue, Ref, Stream } from "effect"
import {
  Credentials,
  DuplexTransport,
  InvokeEndpointWithBidirectionalStream as Bidirectional,
  invokeEndpointWithBidirectionalStream,
  SageMakerRuntime,
  Signer
} from "effect-sagemaker-runtime"
import { Emulator } from "effect-sagemaker-runtime/testing"
import { type Frame, readFrames } from "./frame.ts"

export type RecordedEvent =
  | { readonly isSent: true; readonly frame: Frame }
  | { readonly isSent: false; readonly part: Bidirectional.ResponsePart }

const endpoints = [
  Emulator.bidirectional("voice", (parts) =>
    Stream.concat(
      Stream.zipWith(parts, Stream.make("both", "ways"), (_, text) => JSON.stringify({ text })),
      Stream.make(JSON.stringify({ isFinal: true }))
    ))
]

type Add = (event: RecordedEvent) => Effect.Effect<void>

/** The transport of the emulator, which records the frames of the request. */
const recordingTransport = (add: Add) =>
  Layer.effect(
    DuplexTransport.DuplexTransport,
    Effect.map(DuplexTransport.DuplexTransport, (client) => {
      const record = (bytes: Uint8Array) => Effect.forEach(readFrames(bytes), (frame) => add({ isSent: true, frame }))
      return HttpClient.mapRequest(client, (request) => {
        const { body } = request
        return body._tag === "Stream"
          ? HttpClientRequest.setBody(request, HttpBody.stream(Stream.tap(body.stream, record), body.contentType))
          : request
      })
    })
  )

const client = (add: Add) =>
  SageMakerRuntime.layer({ region: "eu-west-1" }).pipe(
    Layer.provide(Signer.layer),
    Layer.provide(Credentials.layer(Emulator.credentials)),
    Layer.merge(recordingTransport(add)),
    Layer.provide(Emulator.layerHttpClient({ endpoints }))
  )

const call = (add: Add) =>
  Effect.gen(function*() {
    const audio = yield* Queue.unbounded<Uint8Array>()
    const { Body } = yield* invokeEndpointWithBidirectionalStream({
      EndpointName: "voice",
      Body: Stream.fromQueue(audio).pipe(Bidirectional.messages())
    })
    const next = [Queue.offer(audio, new Uint8Array(800)), Queue.shutdown(audio)]
    yield* Queue.offer(audio, new Uint8Array(800))
    yield* Stream.runForEach(
      Stream.zipWithIndex(Body),
      ([part, index]) => Effect.zipRight(add({ isSent: false, part }), next[index] ?? Effect.void)
    )
  }).pipe(Effect.scoped)

/** The frames of a call in which the model responds to each audio message. */
export const recording = Effect.gen(function*() {
  const events = yield* Ref.make<ReadonlyArray<RecordedEvent>>([])
  const add = (event: RecordedEvent) => Ref.update(events, (all) => [...all, event])
  yield* Effect.provide(call(add), client(add))
  return yield* Ref.get(events)
})
