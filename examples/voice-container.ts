import { type Chunk, Function, Stream } from "effect"
import { InvokeEndpointWithBidirectionalStream as Bidirectional } from "effect-sagemaker-runtime"
import { Emulator } from "effect-sagemaker-runtime/testing"
import { bytesPerSample, headerBytes, letterOf, sampleRate, secondsPerDot } from "./voice-audio.ts"

const windowSeconds = 0.005
const windowBytes = windowSeconds * sampleRate * bytesPerSample

const isLoud = (window: Chunk.Chunk<number>) => {
  const view = new DataView(Uint8Array.from(window).buffer)
  const samples = Array.from(
    { length: Math.floor(window.length / bytesPerSample) },
    (_, at) => view.getInt16(2 * at, true)
  )
  return samples.some((sample) => Math.abs(sample) > 4_000)
}

type Sound = { readonly isTone: boolean; readonly dots: number; readonly seconds: number }

const sounds = (wordsPerMinute: number) => <E, R>(audio: Stream.Stream<number, E, R>): Stream.Stream<Sound, E, R> =>
  audio.pipe(
    Stream.drop(headerBytes),
    Stream.grouped(windowBytes),
    Stream.map(isLoud),
    Stream.groupAdjacentBy(Function.identity),
    Stream.mapAccum(0, (before, [isTone, windows]) => {
      const seconds = windows.length * windowSeconds
      return [before + seconds, { isTone, dots: seconds / secondsPerDot(wordsPerMinute), seconds: before + seconds }]
    })
  )

type Letter = { readonly text: string; readonly seconds: number }

const addSound = (code: string, { dots, isTone, seconds }: Sound): readonly [string, ReadonlyArray<Letter>] => {
  if (isTone) {
    return [code + (dots < 2 ? "." : "-"), []]
  }
  if (dots < 2 || code === "") {
    return [code, []]
  }
  return ["", [{ text: letterOf(code) + (dots < 5 ? "" : " "), seconds }]]
}

export const transcribeMorse =
  (wordsPerMinute: number) => <E, R>(parts: Stream.Stream<Bidirectional.RequestPart, E, R>) =>
    parts.pipe(
      Bidirectional.reassemble,
      Stream.mapConcat(({ Bytes }) => Bytes),
      sounds(wordsPerMinute),
      Stream.mapAccum("", addSound),
      Stream.mapConcat(Function.identity)
    )

export const voiceContainer = Emulator.bidirectional("voice", (parts, { ModelQueryString }) =>
  parts.pipe(
    transcribeMorse(Number(new URLSearchParams(ModelQueryString).get("words_per_minute"))),
    Stream.map((letter) => JSON.stringify(letter))
  ))
