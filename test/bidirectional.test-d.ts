import { Context, type Effect, Schema, type Scope, Stream } from "effect"
import {
  type DuplexTransport,
  InvokeEndpointWithBidirectionalStream as Bidirectional,
  invokeEndpointWithBidirectionalStream,
  type SageMakerError,
  SageMakerRuntime
} from "effect-sagemaker-runtime"
import { describe, expectTypeOf, it } from "vitest"

class Units extends Context.Tag("Units")<Units, number>() {}
class Broken extends Schema.TaggedError<Broken>()("Broken", {}) {}

type Invalid = SageMakerError.InvalidInputError
type RequestParts<E = never, R = never> = Stream.Stream<Bidirectional.RequestPart, Invalid | E, R>

const pieces = {} as Stream.Stream<string | Uint8Array, Broken, Units>
const samples = {} as Stream.Stream<Int16Array, Broken, Units>
const received = {} as Stream.Stream<Bidirectional.ResponsePart, Broken, Units>
const sent = {} as Stream.Stream<Bidirectional.RequestPart, Broken, Units>

describe("Bidirectional.parts", () => {
  it("has the errors and requirements of a stream of pieces", () => {
    expectTypeOf(Bidirectional.parts("a")).toEqualTypeOf<RequestParts>()
    expectTypeOf(Bidirectional.parts(new Uint8Array(), { DataType: "UTF8" })).toEqualTypeOf<RequestParts>()
    expectTypeOf(Bidirectional.parts(pieces)).toEqualTypeOf<RequestParts<Broken, Units>>()
    expectTypeOf(Bidirectional.parts(samples, { maxPartBytes: 320 })).toEqualTypeOf<RequestParts<Broken, Units>>()
  })

  it("keeps them in a pipe", () => {
    expectTypeOf(pieces.pipe(Bidirectional.parts)).toEqualTypeOf<RequestParts<Broken, Units>>()
    expectTypeOf(pieces.pipe(Stream.flatMap(Bidirectional.parts))).toEqualTypeOf<RequestParts<Broken, Units>>()
    expectTypeOf(pieces.pipe(Stream.flatMap((piece) => Bidirectional.parts(piece)))).toEqualTypeOf<
      RequestParts<Broken, Units>
    >()
    expectTypeOf(Stream.fromIterable(["a", new Uint8Array()]).pipe(Stream.flatMap(Bidirectional.parts)))
      .toEqualTypeOf<RequestParts>()
  })

  it("accepts text and bytes only", () => {
    // @ts-expect-error: a number is no content
    void Bidirectional.parts(1)
    // @ts-expect-error: neither is a stream of numbers
    void Bidirectional.parts(Stream.make(1))
    // @ts-expect-error: nor an option that does not exist
    void Bidirectional.parts("a", { maxBytes: 1 })
  })
})

describe("Bidirectional.messages", () => {
  it("has the errors and requirements of its stream", () => {
    expectTypeOf(Bidirectional.messages(pieces)).toEqualTypeOf<RequestParts<Broken, Units>>()
    expectTypeOf(Bidirectional.messages(samples, { maxPartBytes: 320 })).toEqualTypeOf<RequestParts<Broken, Units>>()
    expectTypeOf(pieces.pipe(Bidirectional.messages)).toEqualTypeOf<RequestParts<Broken, Units>>()
    expectTypeOf(pieces.pipe(Bidirectional.messages())).toEqualTypeOf<RequestParts<Broken, Units>>()
    expectTypeOf(pieces.pipe(Bidirectional.messages({ DataType: "UTF8" }))).toEqualTypeOf<
      RequestParts<Broken, Units>
    >()
  })
})

describe("Bidirectional.reassemble and Bidirectional.texts", () => {
  type Messages = Stream.Stream<Bidirectional.StreamMessage, Broken | Bidirectional.ReassembleError, Units>
  type Texts = Stream.Stream<string, Broken | Bidirectional.TextsError, Units>

  it("have the errors and requirements of their stream", () => {
    expectTypeOf(Bidirectional.reassemble(received)).toEqualTypeOf<Messages>()
    expectTypeOf(Bidirectional.reassemble(received, { maxMessageBytes: 1 })).toEqualTypeOf<Messages>()
    expectTypeOf(received.pipe(Bidirectional.reassemble)).toEqualTypeOf<Messages>()
    expectTypeOf(received.pipe(Bidirectional.reassemble({ maxMessageBytes: 1 }))).toEqualTypeOf<Messages>()
    expectTypeOf(Bidirectional.texts(received)).toEqualTypeOf<Texts>()
    expectTypeOf(Bidirectional.texts(received, { binary: "fail" })).toEqualTypeOf<Texts>()
    expectTypeOf(received.pipe(Bidirectional.texts)).toEqualTypeOf<Texts>()
    expectTypeOf(received.pipe(Bidirectional.texts({ binary: "fail" }))).toEqualTypeOf<Texts>()
  })

  it("accept the parts of a request, for handlers of an emulator", () => {
    expectTypeOf(sent.pipe(Bidirectional.reassemble)).toEqualTypeOf<Messages>()
    expectTypeOf(sent.pipe(Bidirectional.texts)).toEqualTypeOf<Texts>()
  })
})

describe("invokeEndpointWithBidirectionalStream", () => {
  type Needs<R> = SageMakerRuntime.SageMakerRuntime | DuplexTransport.DuplexTransport | Scope.Scope | R
  type Call<E, R> = Effect.Effect<
    Bidirectional.InvokeEndpointWithBidirectionalStreamOutput<E>,
    Bidirectional.InvokeEndpointWithBidirectionalStreamError | E,
    Needs<R>
  >

  it("has the errors and requirements of its source", () => {
    expectTypeOf(invokeEndpointWithBidirectionalStream({ EndpointName: "a", Body: sent })).toEqualTypeOf<
      Call<Broken, Units>
    >()
    expectTypeOf(
      invokeEndpointWithBidirectionalStream({ EndpointName: "a", Body: Stream.make({ Bytes: new Uint8Array() }) })
    )
      .toEqualTypeOf<Call<never, never>>()
    expectTypeOf(
      invokeEndpointWithBidirectionalStream({
        EndpointName: "a",
        Body: Stream.fromIterable(["a"]).pipe(Stream.flatMap(Bidirectional.parts))
      })
    ).toEqualTypeOf<Call<Invalid, never>>()
  })

  it("returns a Body with the source's error and without its requirements", () => {
    type Body = Effect.Effect.Success<ReturnType<typeof invokeEndpointWithBidirectionalStream<Broken, Units>>>["Body"]
    expectTypeOf<Body>().toEqualTypeOf<
      Stream.Stream<
        Bidirectional.ResponsePart,
        Bidirectional.InvokeEndpointWithBidirectionalStreamBodyError | Broken
      >
    >()
  })

  it("is an operation for a source without errors and requirements", () => {
    const Body = Stream.make({ Bytes: new Uint8Array() })
    expectTypeOf(SageMakerRuntime.execute(Bidirectional.operation, { EndpointName: "a", Body })).toEqualTypeOf<
      Call<never, never>
    >()
    expectTypeOf(sent).not.toExtend<Bidirectional.InvokeEndpointWithBidirectionalStreamInput["Body"]>()
  })
})
