/** Reads the body of a request: removes its encoding, and verifies its length, signatures and checksums. */
import { decodeBase64, encodeBase64 } from "#base64"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Stream from "effect/Stream"
import { hex } from "../../../../protocol/bytes/bytes.ts"
import type { HttpStreamRequest } from "../../emulator/httpMessage.ts"
import { type S3Error, s3Error } from "../error.ts"
import type { Authenticated } from "./authentication.ts"
import type { Trailers } from "./awsChunked.ts"
import { type Checksum, checksumHeader, makeHash, makeMd5, makeSha256, type RunningHash } from "./checksum.ts"
import { bodyOf, decodeChunks } from "./chunkedBody.ts"
import { type Declarations, declarationsOf, type Declared } from "./declarations.ts"

/** The verified body of a request. */
export interface Payload {
  /** The bytes without the encoding. It can be run once. It fails at its end if the bytes are not what was declared. */
  readonly stream: Stream.Stream<Uint8Array, S3Error>
  /** The number of bytes. */
  readonly size: number
  /** The MD5 hash of the bytes, once the stream has ended. */
  readonly md5: () => Uint8Array
  /** The verified checksum, once the stream has ended; `undefined` if the request declares none. */
  readonly checksum: () => Checksum | undefined
}

/** Observes the bytes of a stream, then runs an effect at its end. */
const observe = (
  stream: Stream.Stream<Uint8Array, S3Error>,
  onBytes: (bytes: Uint8Array) => S3Error | undefined,
  onEnd: Effect.Effect<void, S3Error>
): Stream.Stream<Uint8Array, S3Error> =>
  Stream.mapChunksEffect(stream, (chunk) => {
    for (const bytes of chunk) {
      const problem = onBytes(bytes)
      if (problem !== undefined) {
        return problem
      }
    }
    return Effect.succeed(chunk)
  }).pipe(Stream.concat(Stream.execute(onEnd)))

const verifyHash = (stream: Stream.Stream<Uint8Array, S3Error>, expected: string | undefined) => {
  if (expected === undefined) {
    return stream
  }
  const hash = makeSha256()
  return observe(
    stream,
    (bytes) => {
      hash.update(bytes)
      return undefined
    },
    Effect.flatMap(
      Effect.promise(async () => hex(await hash.digest())),
      (actual) => actual === expected ? Effect.void : s3Error("XAmzContentSHA256Mismatch")
    )
  )
}

/** The checksum, if it is the declared one. */
const verifyChecksum = (
  { algorithm, value: declared }: Declared,
  trailers: Trailers,
  hash: RunningHash
): Effect.Effect<Checksum, S3Error> =>
  Effect.gen(function*() {
    const value = encodeBase64(yield* Effect.promise(async () => hash.digest()))
    const expected = declared ?? trailers.find(([name]) => name === checksumHeader(algorithm))?.[1]
    return expected === value
      ? { algorithm, value }
      : yield* s3Error("BadDigest", `The ${algorithm} you specified did not match the calculated checksum.`)
  })

const makePayload = (
  request: HttpStreamRequest,
  { chunkSigner }: Authenticated,
  { checksum, encoding, md5, size }: Declarations
): Payload => {
  let count = 0
  let trailers: Trailers = []
  let md5Bytes = new Uint8Array()
  let verified: Checksum | undefined
  const md5Hash = makeMd5()
  const checksumHash = checksum === undefined ? undefined : makeHash(checksum.algorithm)

  const onBytes = (bytes: Uint8Array): S3Error | undefined => {
    count += bytes.byteLength
    md5Hash.update(bytes)
    checksumHash?.update(bytes)
    return count > size ? s3Error("IncompleteBody", "The request body is longer than declared.") : undefined
  }

  const onEnd = Effect.gen(function*() {
    if (count !== size) {
      yield* s3Error("IncompleteBody")
    }
    md5Bytes = new Uint8Array(yield* Effect.promise(async () => md5Hash.digest()))
    if (md5 !== undefined && hex(md5Bytes) !== hex(decodeBase64(md5) ?? new Uint8Array())) {
      yield* s3Error("BadDigest", "The Content-MD5 you specified did not match what we received.")
    }
    if (checksum !== undefined && checksumHash !== undefined) {
      verified = yield* verifyChecksum(checksum, trailers, checksumHash)
    }
  })

  const onTrailers = (found: Trailers) => {
    trailers = found
  }
  const decoded = encoding._tag === "Chunked"
    ? decodeChunks(request, encoding, chunkSigner, onTrailers)
    : verifyHash(bodyOf(request), encoding.hash)
  return { stream: observe(decoded, onBytes, onEnd), size, md5: () => md5Bytes, checksum: () => verified }
}

/** The body of a request. What the headers declare is checked before the body is read. */
export const payloadOf = (
  request: HttpStreamRequest,
  authenticated: Authenticated
): Either.Either<Payload, S3Error> =>
  Either.map(declarationsOf(request), (declarations) => makePayload(request, authenticated, declarations))
