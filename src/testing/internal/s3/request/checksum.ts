/** The checksums of Amazon S3, of bytes that arrive in chunks. */
import { crc32 } from "#crc32"
import type * as Checksums from "@smithy/core/checksum"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { crc32c } from "../../../../protocol/checksum/crc32c.ts"
import { crc64Nvme, emptyCrc64 } from "../../../../protocol/checksum/crc64Nvme.ts"
import { Sha1 } from "../../../../protocol/checksum/sha1.ts"

/** A checksum of the bytes so far. */
export interface RunningHash {
  readonly update: (bytes: Uint8Array) => void
  /** The checksum. It is read once. */
  readonly digest: () => Promise<Uint8Array> | Uint8Array
}

/** A hash that never fails, whose methods need no `this`. */
const running = (hash: {
  update: (bytes: Uint8Array) => void
  digest: () => Promise<Uint8Array> | Uint8Array
}): RunningHash => ({ update: (bytes) => hash.update(bytes), digest: () => hash.digest() })

const bigEndian = (...words: ReadonlyArray<number>): Uint8Array => {
  const view = new DataView(new ArrayBuffer(4 * words.length))
  words.forEach((word, index) => view.setUint32(4 * index, word))
  return new Uint8Array(view.buffer)
}

const fold = <A>(
  empty: A,
  add: (bytes: Uint8Array, previous: A) => A,
  toBytes: (value: A) => Uint8Array
): RunningHash => {
  let value = empty
  return {
    update: (bytes) => {
      value = add(bytes, value)
    },
    digest: () => toBytes(value)
  }
}

type Hashes = Pick<typeof Checksums, "Md5" | "Sha256">

let hashes: Hashes | undefined

/** Imports the hashes. The entry point `./node` has the emulator, and would import them at the start of each program. */
export const loadHashes: Effect.Effect<void> = Effect.promise(async () => {
  const { Md5, Sha256 } = await import("@smithy/core/checksum")
  hashes = { Md5, Sha256 }
})

const newHash = (name: keyof Hashes): RunningHash => {
  if (hashes === undefined) {
    throw new Error("loadHashes must run first")
  }
  return running(new hashes[name]())
}

export const makeMd5 = (): RunningHash => newHash("Md5")
export const makeSha256 = (): RunningHash => newHash("Sha256")

/** What Amazon S3 computes for each algorithm, and the length of the checksum in bytes. */
const algorithms = {
  CRC32: [4, () => fold<number>(0, (bytes, previous) => crc32(bytes, 0, bytes.length, previous), bigEndian)],
  CRC32C: [4, () => fold<number>(0, crc32c, bigEndian)],
  CRC64NVME: [8, () => fold(emptyCrc64, crc64Nvme, ({ high, low }) => bigEndian(high, low))],
  SHA1: [20, () => running(new Sha1())],
  SHA256: [32, makeSha256]
} as const satisfies Record<string, readonly [length: number, make: () => RunningHash]>

/** The name of an algorithm, as in `x-amz-sdk-checksum-algorithm`. */
export type ChecksumAlgorithm = keyof typeof algorithms

/** A checksum in base64. */
export interface Checksum {
  readonly algorithm: ChecksumAlgorithm
  readonly value: string
}

/** How the checksum of an object with several parts is computed. */
export type ChecksumType = "COMPOSITE" | "FULL_OBJECT"

export const makeHash = (algorithm: ChecksumAlgorithm): RunningHash => algorithms[algorithm][1]()

export const checksumLength = (algorithm: ChecksumAlgorithm): number => algorithms[algorithm][0]

/** The algorithm with this name, in uppercase or lowercase. */
export const algorithmNamed = (name: string): ChecksumAlgorithm | undefined =>
  (Object.keys(algorithms) as ReadonlyArray<ChecksumAlgorithm>).find((algorithm) => algorithm === name.toUpperCase())

export const checksumHeader = (algorithm: ChecksumAlgorithm): string => `x-amz-checksum-${algorithm.toLowerCase()}`

/** The element of a checksum in XML. */
export const checksumElement = (algorithm: ChecksumAlgorithm): string => `Checksum${algorithm}`

const checksumPrefix = "x-amz-checksum-"
const settings = new Set(["x-amz-checksum-algorithm", "x-amz-checksum-type", "x-amz-checksum-mode"])

/** Whether a header has a checksum, of any algorithm. */
export const isChecksumHeader = (name: string): boolean => name.startsWith(checksumPrefix) && !settings.has(name)

/** The algorithm of a header such as `x-amz-checksum-crc32`. */
export const algorithmOfHeader = (name: string): ChecksumAlgorithm | undefined =>
  algorithmNamed(name.slice(checksumPrefix.length))

/** Passes the bytes of a stream to `update` as they are read, for example to hash them. */
export const observed = <E, R>(
  stream: Stream.Stream<Uint8Array, E, R>,
  update: (bytes: Uint8Array) => void
): Stream.Stream<Uint8Array, E, R> =>
  Stream.mapChunks(stream, (chunk) => {
    for (const bytes of chunk) {
      update(bytes)
    }
    return chunk
  })
