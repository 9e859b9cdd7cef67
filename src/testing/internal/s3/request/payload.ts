/** Reads the body of a request: removes its encoding, and verifies its length, signatures and checksums. */
import { decodeBase64, encodeBase64 } from "#base64"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Stream from "effect/Stream"
import { hex } from "../../../../protocol/bytes/bytes.ts"
import { headerOf, type HttpStreamRequest, queryOf } from "../../emulator/httpMessage.ts"
import { type S3Error, s3Error } from "../error.ts"
import { type Authenticated, type ChunkSigner, emptyHash, unsignedPayload } from "./authentication.ts"
import { type ChunkedEvent, makeChunkedDecoder, type Trailers } from "./awsChunked.ts"
import {
  algorithmNamed,
  algorithmOfHeader,
  type Checksum,
  type ChecksumAlgorithm,
  checksumHeader,
  checksumLength,
  isChecksumHeader,
  makeHash,
  makeMd5,
  makeSha256,
  type RunningHash
} from "./checksum.ts"

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

/** The limit of Amazon S3 for the body of one request: 5 GiB. */
const maxPayloadLength = 5 * 1024 ** 3

const hashPattern = /^[0-9a-f]{64}$/

/** How a body is encoded and signed. */
type Encoding =
  | { readonly _tag: "Plain"; readonly hash: string | undefined }
  | { readonly _tag: "Chunked"; readonly isSigned: boolean; readonly hasTrailers: boolean }

const encodingOf = (request: HttpStreamRequest): Either.Either<Encoding, S3Error> => {
  const value = headerOf(request, "x-amz-content-sha256") ??
    queryOf(request).get("X-Amz-Content-Sha256") ??
    unsignedPayload
  switch (value) {
    case unsignedPayload:
      return Either.right({ _tag: "Plain", hash: undefined })
    case "STREAMING-AWS4-HMAC-SHA256-PAYLOAD":
      return Either.right({ _tag: "Chunked", isSigned: true, hasTrailers: false })
    case "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER":
      return Either.right({ _tag: "Chunked", isSigned: true, hasTrailers: true })
    case "STREAMING-UNSIGNED-PAYLOAD-TRAILER":
      return Either.right({ _tag: "Chunked", isSigned: false, hasTrailers: true })
    default:
      if (value.startsWith("STREAMING-")) {
        return Either.left(s3Error("NotImplemented"))
      }
      return hashPattern.test(value) ? Either.right({ _tag: "Plain", hash: value }) : Either.left(
        s3Error(
          "InvalidArgument",
          "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, a supported STREAMING- value, or a valid sha256 value."
        )
      )
  }
}

const sizeOf = (request: HttpStreamRequest, { _tag }: Encoding): Either.Either<number, S3Error> => {
  const text = headerOf(request, _tag === "Plain" ? "content-length" : "x-amz-decoded-content-length") ?? ""
  if (!/^\d{1,15}$/.test(text)) {
    return Either.left(s3Error("MissingContentLength"))
  }
  const size = Number(text)
  return size > maxPayloadLength ? Either.left(s3Error("EntityTooLarge")) : Either.right(size)
}

/** A checksum that the request declares; the value of a trailer comes after the body. */
interface Declared {
  readonly algorithm: ChecksumAlgorithm
  readonly value: string | undefined
}

const invalidRequest = (text: string): S3Error => s3Error("InvalidRequest", text)

const trailerNames = (request: HttpStreamRequest): ReadonlyArray<string> =>
  (headerOf(request, "x-amz-trailer") ?? "").split(",").map((name) => name.trim().toLowerCase()).filter((name) =>
    name !== ""
  )

const isChecksumValue = (algorithm: ChecksumAlgorithm, value: string): boolean =>
  decodeBase64(value)?.length === checksumLength(algorithm)

/** The checksum that the headers declare. */
export const declaredChecksum = (request: HttpStreamRequest): Either.Either<Declared | undefined, S3Error> => {
  const headers = Object.keys(request.headers).filter(isChecksumHeader)
  const names = [...headers, ...trailerNames(request).filter(isChecksumHeader)]
  const [name] = names
  if (name === undefined) {
    return headerOf(request, "x-amz-sdk-checksum-algorithm") === undefined ? Either.right(undefined) : Either.left(
      invalidRequest(
        "x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or x-amz-trailer headers were found."
      )
    )
  }
  const algorithm = algorithmOfHeader(name)
  if (names.length > 1 || algorithm === undefined) {
    return Either.left(
      names.length > 1
        ? invalidRequest("Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.")
        : s3Error("NotImplemented")
    )
  }
  const value = headers.length === 0 ? undefined : headerOf(request, name) ?? ""
  const stated = algorithmNamed(headerOf(request, "x-amz-sdk-checksum-algorithm") ?? algorithm)
  return (value === undefined || isChecksumValue(algorithm, value)) && stated === algorithm
    ? Either.right({ algorithm, value })
    : Either.left(invalidRequest(`Value for ${name} header is invalid.`))
}

const declaredMd5 = (request: HttpStreamRequest): Either.Either<string | undefined, S3Error> => {
  const value = headerOf(request, "content-md5")
  return value === undefined || decodeBase64(value)?.length === 16
    ? Either.right(value)
    : Either.left(s3Error("InvalidDigest", "The Content-MD5 you specified was invalid."))
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

const bodyOf = ({ body }: HttpStreamRequest): Stream.Stream<Uint8Array, S3Error> =>
  Stream.mapError(body, () => s3Error("IncompleteBody"))

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

/** Removes the encoding `aws-chunked`. */
const decodeChunks = (
  request: HttpStreamRequest,
  { hasTrailers, isSigned }: Encoding & { readonly _tag: "Chunked" },
  chunkSigner: ChunkSigner | undefined,
  onTrailers: (trailers: Trailers) => void
): Stream.Stream<Uint8Array, S3Error> => {
  const decoder = makeChunkedDecoder()
  const signer = isSigned ? chunkSigner : undefined
  const verifier = makeChunkVerifier(signer)
  const handle = (event: ChunkedEvent, out: Array<Uint8Array>): Effect.Effect<void, S3Error> => {
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
            yield* handle(event, out)
          }
        }
        return Chunk.unsafeFromArray(out)
      })
    ),
    Stream.concat(Stream.execute(end))
  )
}

/** What the request declares about its body. */
interface Declarations {
  readonly encoding: Encoding
  readonly size: number
  readonly checksum: Declared | undefined
  readonly md5: string | undefined
}

const declarationsOf = (request: HttpStreamRequest): Either.Either<Declarations, S3Error> =>
  Either.gen(function*() {
    const encoding = yield* encodingOf(request)
    return {
      encoding,
      size: yield* sizeOf(request, encoding),
      checksum: yield* declaredChecksum(request),
      md5: yield* declaredMd5(request)
    }
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

  const verifyChecksum = (declared: Declared, hash: RunningHash) =>
    Effect.gen(function*() {
      const { algorithm } = declared
      const value = encodeBase64(yield* Effect.promise(async () => hash.digest()))
      const expected = declared.value ?? trailers.find(([name]) => name === checksumHeader(algorithm))?.[1]
      if (expected !== value) {
        yield* s3Error("BadDigest", `The ${algorithm} you specified did not match the calculated checksum.`)
      }
      verified = { algorithm, value }
    })

  const onEnd = Effect.gen(function*() {
    if (count !== size) {
      yield* s3Error("IncompleteBody")
    }
    md5Bytes = new Uint8Array(yield* Effect.promise(async () => md5Hash.digest()))
    if (md5 !== undefined && hex(md5Bytes) !== hex(decodeBase64(md5) ?? new Uint8Array())) {
      yield* s3Error("BadDigest", "The Content-MD5 you specified did not match what we received.")
    }
    if (checksum !== undefined && checksumHash !== undefined) {
      yield* verifyChecksum(checksum, checksumHash)
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
