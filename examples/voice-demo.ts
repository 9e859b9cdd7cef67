import { Console, Effect, Ref, Schedule, Stream } from "effect"
import { mkdirSync, writeFileSync } from "node:fs"
import { emulated } from "./emulated.ts"
import { paint, row, write } from "./terminal.ts"
import { headerBytes, secondsIn, wavOf } from "./voice-audio.ts"
import { voiceContainer } from "./voice-container.ts"
import { transcribe } from "./voice.ts"

const file = "build/demo/voice.wav"
const chunkBytes = 320
const meterWidth = 40
const transcriptWidth = 60
const isLive = process.stdout.isTTY

const text = process.argv.slice(2).join(" ") || "Streams flow both ways"
const wav = wavOf(text, 30)
const totalSeconds = secondsIn(wav.length - headerBytes)

const microphone = Stream.range(0, Math.ceil(wav.length / chunkBytes) - 1, 1).pipe(
  Stream.map((at) => wav.subarray(at * chunkBytes, (at + 1) * chunkBytes)),
  Stream.schedule(Schedule.fixed(1_000 * secondsIn(chunkBytes)))
)

const peakOf = (chunk: Uint8Array) => {
  const view = new DataView(chunk.buffer, chunk.byteOffset, chunk.byteLength)
  return Math.max(0, ...Array.from({ length: chunk.length >> 1 }, (_, at) => Math.abs(view.getInt16(2 * at, true))))
}

const bar = (chunk: Uint8Array) => "▁▂▃▄▅▆▇█"[Math.min(7, Math.floor(peakOf(chunk) / 1_600))]!

interface Progress {
  readonly meter: string
  readonly sentBytes: number
  readonly transcript: string
  readonly secondsBeforeFirstLetter: number | undefined
}

const start: Progress = { meter: "", sentBytes: 0, transcript: "", secondsBeforeFirstLetter: undefined }

const sentSeconds = ({ sentBytes }: Progress) => Math.max(0, secondsIn(sentBytes - headerBytes))

const addChunk = (chunk: Uint8Array) => (progress: Progress): Progress => ({
  ...progress,
  meter: (progress.meter + bar(chunk)).slice(-meterWidth),
  sentBytes: progress.sentBytes + chunk.length
})

const addLetter = (letter: string) => (progress: Progress): Progress => ({
  ...progress,
  transcript: progress.transcript + letter,
  secondsBeforeFirstLetter: progress.secondsBeforeFirstLetter ?? sentSeconds(progress)
})

const seconds = (value: number) => `${value.toFixed(1)} s`

const draw = (progress: Progress) =>
  isLive
    ? write([
      `\u001b[2A\r\u001b[K  sending    ${paint("cyan", progress.meter.padEnd(meterWidth))}  `,
      `${seconds(sentSeconds(progress))} of ${seconds(totalSeconds)}\n`,
      `\u001b[K  receiving  ${paint("bold", progress.transcript.slice(-transcriptWidth))}\n`
    ].join(""))
    : Effect.void

const program = Effect.gen(function*() {
  mkdirSync("build/demo", { recursive: true })
  writeFileSync(file, wav)
  yield* Console.log(
    `\n${file}: ${seconds(totalSeconds)} of Morse code, sent in parts of 20 ms at the speed of a microphone.`
  )
  yield* Console.log("The emulated model transcribes it over the same HTTP/2 stream.\n")
  yield* isLive ? write("\n\n") : Effect.void
  const progress = yield* Ref.make(start)
  const update = (change: (progress: Progress) => Progress) => Effect.flatMap(Ref.updateAndGet(progress, change), draw)
  yield* microphone.pipe(
    Stream.tap((chunk) => update(addChunk(chunk))),
    transcribe,
    Stream.runForEach((letter) => update(addLetter(letter.text)))
  )
  const { secondsBeforeFirstLetter = totalSeconds, transcript } = yield* Ref.get(progress)
  yield* Console.log("")
  yield* row("transcript", transcript.trim())
  yield* row("first letter", `after ${seconds(secondsBeforeFirstLetter)} of ${seconds(totalSeconds)} audio`)
})

await program.pipe(Effect.provide(emulated(voiceContainer)), Effect.runPromise)
