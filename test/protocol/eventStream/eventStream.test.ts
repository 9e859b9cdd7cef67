import { it } from "@effect/vitest"
import { Effect, FastCheck } from "effect"
import { assert, describe } from "vitest"
import * as eventStream from "../../../src/protocol/eventStream/eventStream.ts"
import { encode } from "../../../src/protocol/eventStream/frame.ts"

const bytes = (...values: ReadonlyArray<number>) => Uint8Array.from(values)

const part = (payload: Uint8Array) => encode({ ":message-type": "event", ":event-type": "PayloadPart" }, payload)

const joined = (...chunks: ReadonlyArray<Uint8Array>) => Uint8Array.from(chunks.flatMap((chunk) => [...chunk]))

/** The payloads of a stream with these chunks, and its error. */
const decode = (...chunks: ReadonlyArray<Uint8Array>) => {
  let state = eventStream.initial
  const parts: Array<ReadonlyArray<number>> = []
  for (const chunk of chunks) {
    const step = eventStream.step(state, chunk)
    parts.push(...step.parts.map((_) => [..._]))
    if (step.failure !== undefined) {
      return { parts, failure: step.failure }
    }
    state = step.state
  }
  return { parts, failure: eventStream.finish(state) }
}

const splitAt = (stream: Uint8Array, offsets: ReadonlyArray<number>) => {
  const cuts = [0, ...offsets.toSorted((a, b) => a - b), stream.length]
  return cuts.slice(1).map((cut, index) => stream.subarray(cuts[index], cut))
}

/** Payloads of equal size, whose frames have the same beginning. */
const alike = FastCheck.nat(80).chain((size) =>
  FastCheck.array(FastCheck.uint8Array({ minLength: size, maxLength: size }), { minLength: 1, maxLength: 6 })
)

const payloads = FastCheck.oneof(FastCheck.array(FastCheck.uint8Array({ maxLength: 300 }), { maxLength: 6 }), alike)

it.effect.prop("The decoder gives the same parts for any chunk boundaries", {
  payloads,
  cuts: FastCheck.array(FastCheck.nat(4_000), { maxLength: 40 })
}, ({ cuts, payloads }) =>
  Effect.sync(() => {
    const stream = joined(...payloads.map(part))
    const offsets = cuts.map((cut) => cut % (stream.length + 1))
    assert.deepStrictEqual(decode(...splitAt(stream, offsets)), {
      parts: payloads.map((_) => [..._]),
      failure: undefined
    })
  }))

it("The decoder gives the same parts for a split at every offset, and for single bytes", () => {
  const stream = joined(part(bytes(1, 2, 3)), part(bytes()), part(bytes(4)))
  const expected = { parts: [[1, 2, 3], [], [4]], failure: undefined }
  for (let offset = 0; offset <= stream.length; offset++) {
    assert.deepStrictEqual(decode(...splitAt(stream, [offset])), expected)
  }
  assert.deepStrictEqual(decode(...[...stream].map((byte) => bytes(byte))), expected)
})

it.effect.prop("The decoder never gives a wrong part of a damaged stream", {
  payloads: FastCheck.oneof(
    FastCheck.array(FastCheck.uint8Array({ maxLength: 100 }), { minLength: 1, maxLength: 4 }),
    alike
  ),
  position: FastCheck.nat(),
  flip: FastCheck.integer({ min: 1, max: 255 })
}, ({ flip, payloads, position }) =>
  Effect.sync(() => {
    const stream = joined(...payloads.map(part))
    const at = position % stream.length
    stream.set([stream[at]! ^ flip], at)
    const { failure, parts } = decode(stream)
    assert.deepStrictEqual(parts, payloads.slice(0, parts.length).map((_) => [..._]))
    assert.isBelow(parts.length, payloads.length)
    assert.strictEqual(failure?._tag, "Broken")
  }))

it("The decoder detects damage at every byte of frames with the same beginning", () => {
  const stream = joined(part(bytes(1, 2)), part(bytes(3, 4)), part(bytes(5, 6)))
  const length = stream.length / 3
  for (let at = 0; at < stream.length; at++) {
    const damaged = stream.slice()
    damaged.set([stream[at]! ^ 1], at)
    const { failure, parts } = decode(damaged)
    assert.deepStrictEqual(parts, [[1, 2], [3, 4], [5, 6]].slice(0, Math.floor(at / length)))
    assert.strictEqual(failure?._tag, "Broken")
  }
})

it.effect.prop("The decoder fails on random bytes without an exception", {
  noise: FastCheck.uint8Array({ minLength: 1, maxLength: 500 })
}, ({ noise }) =>
  Effect.sync(() => {
    assert.strictEqual(decode(noise).failure?._tag, "Broken")
  }))

it("A part that arrives in one chunk shares the memory of the chunk", () => {
  const chunk = joined(part(bytes(1)), part(bytes(2)))
  const { parts } = eventStream.step(eventStream.initial, chunk)
  assert.deepStrictEqual(parts.map((_) => _.buffer === chunk.buffer), [true, true])
})

describe("The decoder fails on", () => {
  const prelude = (total: number, headersLength: number) => {
    const frame = encode({}, new Uint8Array())
    new DataView(frame.buffer).setUint32(0, total)
    new DataView(frame.buffer).setUint32(4, headersLength)
    return frame
  }

  const withChecksum = (frame: Uint8Array) => {
    const view = new DataView(frame.buffer)
    view.setUint32(8, crc(frame.subarray(0, 8)))
    view.setUint32(frame.length - 4, crc(frame.subarray(0, frame.length - 4)))
    return frame
  }

  const crc = (data: Uint8Array) => {
    let sum = 0xffffffff
    for (const byte of data) {
      sum ^= byte
      for (let bit = 0; bit < 8; bit++) {
        sum = sum & 1 ? (sum >>> 1) ^ 0xedb88320 : sum >>> 1
      }
    }
    return ~sum >>> 0
  }

  const problem = (...chunks: ReadonlyArray<Uint8Array>) => {
    const { failure } = decode(...chunks)
    return failure?._tag === "Broken" ? failure.problem : undefined
  }

  it("a stream that ends inside a frame, at any offset", () => {
    const frame = part(bytes(1, 2, 3))
    for (let length = 1; length < frame.length; length++) {
      assert.strictEqual(problem(frame.subarray(0, length)), "the stream ends inside a frame")
    }
  })

  it("headers or a payload over the limits, before it reads more", () => {
    assert.include(problem(withChecksum(prelude(200_000, 131_073)).subarray(0, 12)), "headers are longer")
    assert.include(problem(withChecksum(prelude(24 * 1024 * 1024 + 17, 0)).subarray(0, 12)), "payload is longer")
    assert.strictEqual(
      problem(withChecksum(prelude(24 * 1024 * 1024 + 16, 0)).subarray(0, 12)),
      "the stream ends inside a frame"
    )
  })

  it("a total length that is too short", () => {
    assert.include(problem(withChecksum(prelude(15, 0))), "shorter")
    assert.include(problem(withChecksum(prelude(16, 1))), "shorter")
  })

  it("a missing message or event type, and an unknown message type", () => {
    assert.include(problem(encode({ ":event-type": "PayloadPart" }, bytes(1))), ":message-type")
    assert.include(
      problem(encode({ ":message-type": "news", ":event-type": "PayloadPart" }, bytes(1))),
      ":message-type"
    )
    assert.include(problem(encode({ ":message-type": "event" }, bytes(1))), ":event-type")
    assert.include(problem(encode({ ":message-type": "exception" }, bytes(1))), ":exception-type")
  })
})

it("The decoder skips unknown events and the initial response", () => {
  const event = (type: string) => encode({ ":message-type": "event", ":event-type": type }, bytes(9))
  assert.deepStrictEqual(decode(event("initial-response"), part(bytes(1)), event("Future"), part(bytes(2))), {
    parts: [[1], [2]],
    failure: undefined
  })
})

it("The decoder gives the parts before an exception, then the exception", () => {
  const exception = encode(
    { ":message-type": "exception", ":exception-type": "ModelStreamError" },
    bytes(7)
  )
  assert.deepStrictEqual(decode(joined(part(bytes(1)), exception, part(bytes(2)))), {
    parts: [[1]],
    failure: { _tag: "Exception", code: "ModelStreamError", payload: bytes(7) }
  })
})

it("The decoder gives the code and message of an error frame", () => {
  const error = encode(
    { ":message-type": "error", ":error-code": "InternalError", ":error-message": "failed" },
    bytes()
  )
  assert.deepStrictEqual(decode(error), {
    parts: [],
    failure: { _tag: "Error", code: "InternalError", message: "failed" }
  })
})
