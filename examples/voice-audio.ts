/** Morse code as sound: a speech that a program can make and understand without a microphone or a model. */
export const sampleRate = 8_000
export const bytesPerSample = 2
export const headerBytes = 44

const toneHertz = 600

const codes = new Map(
  ("A.- B-... C-.-. D-.. E. F..-. G--. H.... I.. J.--- K-.- L.-.. M-- N-. O--- P.--. Q--.- R.-. S... T- U..- V...- " +
    "W.-- X-..- Y-.-- Z--.. 0----- 1.---- 2..--- 3...-- 4....- 5..... 6-.... 7--... 8---.. 9----. ?..--.. ,--..--")
    .split(" ")
    .map((entry) => [entry.slice(0, 1), entry.slice(1)])
)

const letters = new Map(Array.from(codes, ([letter, code]) => [code, letter]))

export const letterOf = (code: string) => letters.get(code) ?? "_"

export const secondsPerDot = (wordsPerMinute: number) => 1.2 / wordsPerMinute

export const secondsIn = (audioBytes: number) => audioBytes / (sampleRate * bytesPerSample)

type Sound = { readonly isTone: boolean; readonly dots: number }

const silence = (dots: number): Sound => ({ isTone: false, dots })

const soundsOf = (letter: string): ReadonlyArray<Sound> =>
  letter === " "
    ? [silence(4)]
    : [
      ...Array.from(codes.get(letter) ?? "").flatMap((symbol) => [
        { isTone: true, dots: symbol === "." ? 1 : 3 },
        silence(1)
      ]),
      silence(2)
    ]

const samplesOf = ({ dots, isTone }: Sound, wordsPerMinute: number) => {
  const length = Math.round(dots * secondsPerDot(wordsPerMinute) * sampleRate)
  return Array.from({ length }, (_, at) => {
    const volume = isTone ? Math.min(1, at / 40, (length - at) / 40) : 0
    return 12_000 * volume * Math.sin(2 * Math.PI * toneHertz * at / sampleRate)
  })
}

const header = (dataBytes: number) => {
  const view = new DataView(new ArrayBuffer(headerBytes))
  const text = (at: number, characters: string) =>
    Array.from(characters).forEach((each, index) => view.setUint8(at + index, each.charCodeAt(0)))
  const field16 = (at: number, value: number) => view.setUint16(at, value, true)
  const field32 = (at: number, value: number) => view.setUint32(at, value, true)
  text(0, "RIFF")
  field32(4, headerBytes - 8 + dataBytes)
  text(8, "WAVEfmt ")
  field32(16, 16)
  field16(20, 1)
  field16(22, 1)
  field32(24, sampleRate)
  field32(28, sampleRate * bytesPerSample)
  field16(32, bytesPerSample)
  field16(34, 8 * bytesPerSample)
  text(36, "data")
  field32(40, dataBytes)
  return new Uint8Array(view.buffer)
}

export const wavOf = (text: string, wordsPerMinute: number) => {
  const samples = Array.from(text.toUpperCase()).flatMap(soundsOf).flatMap((sound) => samplesOf(sound, wordsPerMinute))
  const data = Int16Array.from(samples)
  const wav = new Uint8Array(headerBytes + data.byteLength)
  wav.set(header(data.byteLength))
  wav.set(new Uint8Array(data.buffer), headerBytes)
  return wav
}
