/** Encodes the parts of a request as event frames. */
import * as Channel from "effect/Channel"
import * as Chunk from "effect/Chunk"
import * as Either from "effect/Either"
import { identity } from "effect/Function"
import * as Stream from "effect/Stream"
import type { RequestPart } from "../../InvokeEndpointWithBidirectionalStream.ts"
import type { OperationSettings } from "../../Operation.ts"
import { isWellFormed } from "../../protocol/bytes/utf8.ts"
import {
  encodeFrame,
  encodeHeaders,
  maxHeadersLength,
  maxHeaderValueLength,
  maxPayloadLength
} from "../../protocol/eventStream/frame.ts"
import { memoize } from "../../protocol/function/memoize.ts"
import { InvalidInputError, PayloadTooLargeError } from "../../SageMakerError.ts"
import { viewOf } from "../operation/payload.ts"
import { guardReads } from "../operation/readMembers.ts"

type Failure = InvalidInputError | PayloadTooLargeError

/** The frame of a part is the payload of a signed frame, so its headers count too. */
const maxPartBytes = maxPayloadLength - maxHeadersLength

const invalid = (field: string, constraint: string) => Either.left(new InvalidInputError({ field, constraint }))

const allowed = {
  DataType: ["UTF8", "BINARY"],
  CompletionState: ["PARTIAL", "COMPLETE"]
} as const

const eventHeaders = {
  ":message-type": "event",
  ":event-type": "PayloadPart",
  ":content-type": "application/octet-stream"
}

const isHeaderText = (value: unknown): value is string =>
  typeof value === "string" && value.length * 3 <= maxHeaderValueLength && isWellFormed(value)

const isAllowed = (name: keyof typeof allowed, value: string): boolean =>
  allowed[name].some((each: string) => each === value)

/** The members of a part that are sent as headers of its frame. */
const memberHeaders = (
  { CompletionState, DataType, P }: { readonly [Member in "CompletionState" | "DataType" | "P"]?: unknown },
  { validation }: OperationSettings
): Either.Either<Record<string, string>, InvalidInputError> => {
  const headers: Record<string, string> = { ...eventHeaders }
  for (const [name, value] of Object.entries({ DataType, CompletionState, P })) {
    if (value === undefined || value === null) {
      continue
    }
    if (!isHeaderText(value)) {
      return invalid(`Body.${name}`, "well-formed text of at most 21,845 characters")
    }
    if (name !== "P" && validation.pattern && !isAllowed(name as keyof typeof allowed, value)) {
      return invalid(`Body.${name}`, allowed[name as keyof typeof allowed].join(" or "))
    }
    headers[name] = value
  }
  return Either.right(headers)
}

const memoizedHeaders = memoize((json) => encodeHeaders(JSON.parse(json) as Record<string, string>))

/** Headers without padding have few values, and their encoding takes longer than that of a short payload. */
const headerBytes = (headers: Record<string, string>): Uint8Array =>
  headers["P"] === undefined ? memoizedHeaders(JSON.stringify(headers)) : encodeHeaders(headers)

const encodePart = (part: RequestPart, settings: OperationSettings): Either.Either<Uint8Array, Failure> => {
  const { Bytes, CompletionState, DataType, P } = part
  const bytes = viewOf(Bytes)
  if (bytes === undefined) {
    return invalid("Body.Bytes", "a Uint8Array")
  }
  if (bytes.byteLength > maxPartBytes) {
    return Either.left(
      new PayloadTooLargeError({
        message:
          `A part of the request has ${bytes.byteLength} bytes; an event has at most ${maxPartBytes}: use \`parts\``,
        direction: "request",
        limit: maxPartBytes
      })
    )
  }
  return Either.map(
    memberHeaders({ CompletionState, DataType, P }, settings),
    (headers) => encodeFrame(headerBytes(headers), bytes)
  )
}

const encodeUnknown = (part: unknown, settings: OperationSettings): Either.Either<Uint8Array, Failure> =>
  typeof part === "object" && part !== null
    ? Either.flatMap(guardReads("Body", () => encodePart(part as RequestPart, settings)), identity)
    : invalid("Body", "a stream of parts, such as { Bytes }")

/** The frames are emitted when they have this many bytes, so that a chunk of many parts is not encoded at once. */
const chunkBytes = 64 * 1024

type Frames<E> = Channel.Channel<Chunk.Chunk<Uint8Array>, Chunk.Chunk<RequestPart>, E | Failure, E, unknown>

/** Writes the frames of a chunk, from the part at `from` on. */
const writeChunk = <E>(
  parts: Chunk.Chunk<RequestPart>,
  from: number,
  settings: OperationSettings,
  next: Frames<E>
): Frames<E> =>
  Channel.suspend(() => {
    const frames: Array<Uint8Array> = []
    let size = 0
    let at = from
    let failure: Failure | undefined
    while (at < parts.length && size < chunkBytes && failure === undefined) {
      const frame = encodeUnknown(Chunk.unsafeGet(parts, at), settings)
      if (Either.isLeft(frame)) {
        failure = frame.left
      } else {
        frames.push(frame.right)
        size += frame.right.byteLength
      }
      at += 1
    }
    const rest = at < parts.length ? writeChunk(parts, at, settings, next) : next
    const then = failure === undefined ? rest : Channel.fail(failure)
    return frames.length === 0 ? then : Channel.zipRight(Channel.write(Chunk.unsafeFromArray(frames)), then)
  })

/** The frames of the parts. The parts before an invalid part are sent. */
export const encodeParts = <E, R>(
  parts: Stream.Stream<RequestPart, E, R>,
  settings: OperationSettings
): Stream.Stream<Uint8Array, E | Failure, R> => {
  const loop: Frames<E> = Channel.readWith({
    onInput: (chunk: Chunk.Chunk<RequestPart>) => writeChunk(chunk, 0, settings, loop),
    onFailure: Channel.fail,
    onDone: () => Channel.void
  })
  return Stream.fromChannel(Channel.pipeTo(Stream.toChannel(parts), loop))
}
