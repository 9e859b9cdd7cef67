import { Schema, Stream } from "effect"
import { Codec, InvokeEndpointWithBidirectionalStream as Bidirectional } from "effect-sagemaker-runtime"

const Transcript = Codec.json(Schema.Struct({ text: Schema.String, seconds: Schema.Number }))

export const transcribe = <E, R>(audio: Stream.Stream<Uint8Array, E, R>) =>
  audio.pipe(
    Bidirectional.messages(),
    Stream.pipeThroughChannel(Bidirectional.channel({
      EndpointName: "voice",
      ModelInvocationPath: "v1/listen",
      ModelQueryString: "words_per_minute=30"
    })),
    Bidirectional.reassemble,
    Stream.mapEffect(({ Bytes }) => Transcript.decode(Bytes))
  )
