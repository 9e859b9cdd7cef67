/** Reads the parts of a request body: verifies the signature of each frame and decodes the part in it. */
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { RequestPart } from "../../../InvokeEndpointWithBidirectionalStream.ts"
import { decodeOnly, type Frame, FrameSplitter, isBroken } from "./frames.ts"
import { dateHeader, type FrameVerifier, signatureHeader } from "./frameVerifier.ts"
import { invalidInput, malformed, RequestAborted, type RequestFailure, type RequestRefused } from "./refusal.ts"

const stringType = 7

const dataTypes: ReadonlyArray<string> = ["UTF8", "BINARY"]
const completionStates: ReadonlyArray<string> = ["PARTIAL", "COMPLETE"]

const textOf = ({ headers }: Frame, name: string): Effect.Effect<string | undefined, RequestRefused> => {
  const header = headers.get(name)
  return header === undefined || header.type === stringType
    ? Effect.succeed(header?.text)
    : malformed(`the header ${name} of a frame is not a string`)
}

const enumerated = (
  frame: Frame,
  name: "DataType" | "CompletionState",
  values: ReadonlyArray<string>
): Effect.Effect<string | undefined, RequestRefused> =>
  Effect.flatMap(textOf(frame, name), (value) =>
    value === undefined || values.includes(value)
      ? Effect.succeed(value)
      : invalidInput(
        `1 validation error detected: Value at '${name}' failed to satisfy constraint: ` +
          `Member must satisfy regular expression pattern: ${values.map((allowed) => `^(${allowed})$`).join("|")}`
      ))

const decodePart = (frame: Frame): Effect.Effect<RequestPart, RequestRefused> =>
  Effect.gen(function*() {
    if ((yield* textOf(frame, ":message-type")) !== "event") {
      return yield* malformed("a frame has no header :message-type with the value event")
    }
    if ((yield* textOf(frame, ":event-type")) !== "PayloadPart") {
      return yield* malformed("a frame has no header :event-type with the value PayloadPart")
    }
    const members = {
      DataType: yield* enumerated(frame, "DataType", dataTypes),
      CompletionState: yield* enumerated(frame, "CompletionState", completionStates),
      P: yield* textOf(frame, "P")
    }
    const present = Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined))
    return { Bytes: frame.payload, ...present }
  })

/** A part, or the end of the request: a signed frame without a payload. */
type Decoded = RequestPart | "end"

const isOuter = ({ headers }: Frame): boolean => headers.has(signatureHeader) || headers.has(dateHeader)

const decodeOuter = ({ payload }: Frame): Effect.Effect<Decoded, RequestRefused> => {
  if (payload.length === 0) {
    return Effect.succeed("end")
  }
  const inner = decodeOnly(payload)
  return isBroken(inner) ? malformed(inner.problem) : decodePart(inner)
}

/** Without a verifier, frames with and without an outer frame are accepted. */
const decodeFrame = (frame: Frame, verify: FrameVerifier | undefined): Effect.Effect<Decoded, RequestRefused> => {
  if (verify !== undefined) {
    return Effect.zipRight(verify(frame), decodeOuter(frame))
  }
  return isOuter(frame) ? decodeOuter(frame) : decodePart(frame)
}

/** The parts of one chunk of the body, and the end of the request or the failure that follows them. */
interface Step {
  readonly parts: ReadonlyArray<RequestPart>
  readonly isEnd: boolean
  readonly failure: RequestRefused | undefined
}

const frameAfterEnd = malformed("a frame follows the last frame")

const decodeChunk = (
  chunk: Chunk.Chunk<Uint8Array>,
  splitter: FrameSplitter,
  verify: FrameVerifier | undefined
): Effect.Effect<Step> =>
  Effect.gen(function*() {
    const parts: Array<RequestPart> = []
    let isEnd = false
    for (const bytes of chunk) {
      for (const frame of splitter.push(bytes)) {
        if (isEnd) {
          return { parts, isEnd: false, failure: frameAfterEnd }
        }
        const decoded = yield* Effect.either(isBroken(frame) ? malformed(frame.problem) : decodeFrame(frame, verify))
        if (decoded._tag === "Left") {
          return { parts, isEnd: false, failure: decoded.left }
        }
        if (decoded.right === "end") {
          isEnd = true
        } else {
          parts.push(decoded.right)
        }
      }
    }
    return { parts, isEnd, failure: undefined }
  })

type PartsPull<A> = Effect.Effect<A, Option.Option<RequestFailure>>

const failWith = (failure: RequestFailure): PartsPull<never> => Effect.fail(Option.some(failure))

const noMoreParts: PartsPull<never> = Effect.fail(Option.none())

/** What follows the parts of a body that has ended without a last frame. */
const endOfBody = (splitter: FrameSplitter, verify: FrameVerifier | undefined): PartsPull<never> => {
  if (!splitter.isComplete) {
    return failWith(malformed("the body ends inside a frame"))
  }
  return verify === undefined
    ? noMoreParts
    : Effect.zipRight(
      Effect.logDebug("The request ended without a signed frame that has an empty payload"),
      noMoreParts
    )
}

/** Reads the end of the body, which must be empty. */
const readRest = (
  pull: PartsPull<Chunk.Chunk<Uint8Array>>,
  onFailure: (failure: RequestFailure) => Effect.Effect<void>
): Effect.Effect<void> =>
  Effect.forever(
    Effect.flatMap(pull, (chunk) =>
      Chunk.every(chunk, ({ length }) => length === 0) ? Effect.void : failWith(frameAfterEnd))
  ).pipe(
    Effect.catchAll((end) =>
      Option.isNone(end) ? Effect.void : onFailure(end.value)
    )
  )

/** What follows the parts of a chunk; `undefined` if more parts can follow. */
const afterStep = ({ failure, isEnd }: Step, splitter: FrameSplitter): PartsPull<never> | undefined => {
  if (failure !== undefined) {
    return failWith(failure)
  }
  if (!isEnd) {
    return undefined
  }
  return splitter.isComplete ? noMoreParts : failWith(frameAfterEnd)
}

/**
 * The parts, as they arrive. The stream can be run several times: each part is in one of the runs.
 *
 * It fails with `RequestRefused` at the first invalid frame, and with `RequestAborted` if the body fails. After the last
 * frame, the rest of the body is read in the scope, and `onFailure` reports what follows the last frame.
 */
export const requestParts = (
  body: Stream.Stream<Uint8Array, unknown>,
  verify: FrameVerifier | undefined,
  onFailure: (failure: RequestFailure) => Effect.Effect<void>
): Effect.Effect<Stream.Stream<RequestPart, RequestFailure>, never, Scope.Scope> =>
  Effect.gen(function*() {
    const scope = yield* Effect.scope
    const pull: PartsPull<Chunk.Chunk<Uint8Array>> = Effect.mapError(
      yield* Stream.toPull(body),
      Option.map(() => new RequestAborted())
    )
    const splitter = new FrameSplitter()
    let after: PartsPull<never> | undefined
    const pullOrEnd = Effect.catchAll(
      pull,
      Option.match({ onNone: () => endOfBody(splitter, verify), onSome: failWith })
    )
    const next = Effect.gen(function*() {
      const step = yield* decodeChunk(yield* pullOrEnd, splitter, verify)
      after = afterStep(step, splitter)
      if (after === noMoreParts) {
        yield* Effect.forkIn(readRest(pull, onFailure), scope)
      }
      return Chunk.unsafeFromArray([...step.parts])
    })
    const oneAtATime = (yield* Effect.makeSemaphore(1)).withPermits(1)
    return Stream.repeatEffectChunkOption(oneAtATime(Effect.suspend(() => after ?? next)))
  })
