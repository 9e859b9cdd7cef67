/** Reads a body with the encoding `aws-chunked`, and verifies the signatures of its chunks and trailers. */
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { hex } from "../../../../protocol/bytes/bytes.ts"
import type { HttpStreamRequest } from "../../emulator/httpMessage.ts"
import { type S3Error, s3Error } from "../error.ts"
import { type ChunkSigner, emptyHash } from "./authentication.ts"
import { type ChunkedEvent, makeChunkedDecoder, type Trailers } from "./awsChunked.ts"
import { makeSha256 } from "./checksum.ts"
import { type Encoding, trailerNames } from "./declarations.ts"

export const bodyOf = ({ body }: HttpStreamRequest): Stream.Stream<Uint8Array, S3Error> =>
  Stream.mapError(body, () => s3Error("IncompleteBody"))

const encodingErrors: Record<(ChunkedEvent & { readonly _tag: "Invalid" })["problem"], S3Error> = {
  malformed: s3Error("IncompleteBody", "The aws-chunked encoding of the body is not valid."),
  "small-chunk": s3Error("InvalidChunkSizeError"),
  "trailers-too-long": s3Error("MalformedTrailerError")
}

/** Verifies the signature of each chunk. A body that is not signed, or cannot be verified, passes. */
const makeChunkVerifier = (signer: ChunkSigner | undefined) => {
  let hash = makeSha256()
  return {
    update: (bytes: Uint8Array) => (signer === undefined ? undefined : hash.update(bytes)),
    end: (signature: string | undefined): Effect.Effect<void, S3Error> =>
      signer === undefined ? Effect.void : Effect.gen(function*() {
        const digest = hex(yield* Effect.promise(async () => hash.digest()))
        hash = makeSha256()
        const expected = yield* signer("PAYLOAD", yield* Effect.promise(async () => emptyHash), digest)
        return signature === expected ? undefined : yield* s3Error("SignatureDoesNotMatch")
      })
  }
}

const trailerSignature = "x-amz-trailer-signature"

const verifyTrailers = (
  trailers: Trailers,
  names: ReadonlyArray<string>,
  signer: ChunkSigner | undefined
): Effect.Effect<Trailers, S3Error> =>
  Effect.gen(function*() {
    const signature = trailers.find(([name]) => name === trailerSignature)?.[1]
    const rest = trailers.filter(([name]) => name !== trailerSignature)
    const isDeclared = rest.length === names.length && rest.every(([name]) => names.includes(name))
    if (!isDeclared) {
      return yield* s3Error("MalformedTrailerError")
    }
    if (signer !== undefined) {
      const hash = makeSha256()
      hash.update(new TextEncoder().encode(rest.map(([name, value]) => `${name}:${value}\n`).join("")))
      const expected = yield* signer("TRAILER", hex(yield* Effect.promise(async () => hash.digest())))
      if (signature !== expected) {
        return yield* s3Error("SignatureDoesNotMatch")
      }
    }
    return rest
  })

/** Adds the data of an event to `out`. */
const handleEvent = (
  event: ChunkedEvent,
  verifier: ReturnType<typeof makeChunkVerifier>,
  out: Array<Uint8Array>
): Effect.Effect<void, S3Error> => {
  switch (event._tag) {
    case "Invalid":
      return encodingErrors[event.problem]
    case "ChunkEnd":
      return verifier.end(event.signature)
    default:
      verifier.update(event.bytes)
      out.push(event.bytes)
      return Effect.void
  }
}

/** Removes the encoding `aws-chunked`. */
export const decodeChunks = (
  request: HttpStreamRequest,
  { hasTrailers, isSigned }: Encoding & { readonly _tag: "Chunked" },
  chunkSigner: ChunkSigner | undefined,
  onTrailers: (trailers: Trailers) => void
): Stream.Stream<Uint8Array, S3Error> => {
  const decoder = makeChunkedDecoder()
  const signer = isSigned ? chunkSigner : undefined
  const verifier = makeChunkVerifier(signer)
  const end = Effect.gen(function*() {
    const trailers = decoder.end()
    if (trailers === undefined) {
      yield* s3Error("IncompleteBody")
    } else {
      onTrailers(yield* verifyTrailers(trailers, trailerNames(request), hasTrailers ? signer : undefined))
    }
  })
  return bodyOf(request).pipe(
    Stream.mapChunksEffect((chunk) =>
      Effect.gen(function*() {
        const out: Array<Uint8Array> = []
        for (const bytes of chunk) {
          for (const event of decoder.push(bytes)) {
            yield* handleEvent(event, verifier, out)
          }
        }
        return Chunk.unsafeFromArray(out)
      })
    ),
    Stream.concat(Stream.execute(end))
  )
}
