import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema, Stream } from "effect"
import {
  InvokeEndpoint,
  invokeEndpoint,
  type Operation,
  SageMakerError,
  SageMakerRuntime,
  streamEndpoint
} from "effect-sagemaker-runtime"
import { encode } from "../../../src/protocol/eventStream/frame.ts"
import { captureOutput } from "../../support/captureOutput.ts"
import { callAgainst, errorResponse, input, story } from "../../support/redactionCalls.ts"

/** The length from which a part of a text must be redacted. */
const minimumLength = 16

const quoted = (text: string) => JSON.stringify(text).slice(1, -1)

const forms = Object.values(story).flatMap((value) => [value, quoted(value), quoted(quoted(value))])

const fragments = forms.flatMap((form) =>
  Array.from({ length: form.length - minimumLength + 1 }, (_, at) => form.slice(at, at + minimumLength))
)

/** Every run of 16 characters contains one of these aligned halves, so they are a fast test before the exact one. */
const alignedHalves = forms.flatMap((form) =>
  Array.from({ length: Math.floor(form.length / 8) }, (_, at) => form.slice(8 * at, 8 * at + 8))
)

const unredactedPart = (text: string): string | undefined =>
  alignedHalves.some((half) => text.includes(half)) ? fragments.find((part) => text.includes(part)) : undefined

const partsOf = (value: string): ReadonlyArray<string> =>
  [minimumLength, value.length - 1].flatMap((length) =>
    [0, 1, 7, 8, 9, value.length - length].map((at) => value.slice(at, at + length))
  ).filter(({ length }) => length >= minimumLength)

const repetitions = Object.entries(story).flatMap(([member, value]) => [
  { member, form: "as sent", parts: partsOf(value) },
  { member, form: "as a JSON string", parts: partsOf(quoted(value)) }
])

const messageWith = (part: string) => `The value|${part}|of the input was refused`

const assertRedacted = (members: (part: string) => Record<string, string>, code: string) => (part: string) =>
  Effect.map(
    captureOutput(callAgainst(invokeEndpoint({ ...input, ...story }), errorResponse(424, code, () => members(part)))),
    ({ error, texts }) => {
      assert.isUndefined(texts.map(([, text]) => unredactedPart(text)).find((_) => _ !== undefined))
      assert.strictEqual((error as SageMakerError.SageMakerError)._tag, code)
      return error as SageMakerError.ModelError
    }
  )

const exceptionOf = (members: Record<string, string>) => (): Effect.Effect<Response> =>
  Effect.sync(() => {
    const headers = { ":message-type": "exception", ":exception-type": "ModelStreamError" }
    return new Response(new Uint8Array(encode(headers, new TextEncoder().encode(JSON.stringify(members)))))
  })

class Refused extends Schema.TaggedError<Refused>()("Refused", {
  ...SageMakerError.serviceFields({ status: 400, code: "Refused", retry: "never", message: "Refused" }),
  Detail: Schema.optional(Schema.String),
  Count: Schema.optional(Schema.Number)
}) {}

const refusable: Operation.Operation<InvokeEndpoint.InvokeEndpointInput, void, Refused> = {
  ...InvokeEndpoint.operation,
  decode: () => Effect.void,
  errors: [Refused]
}

describe("An error does not contain a part of the request in", () => {
  for (const { form, member, parts } of repetitions) {
    it.effect(`the message of ValidationError: ${member}, ${form}`, () =>
      Effect.forEach(
        parts,
        (part) =>
          Effect.map(assertRedacted((_) => ({ message: messageWith(_) }), "ValidationError")(part), ({ message }) => {
            assert.strictEqual(message, "The service rejected the request as invalid")
          })
      ))

    it.effect(`the message and LogStreamArn of ModelError: ${member}, ${form}`, () =>
      Effect.forEach(parts, (part) =>
        Effect.map(
          assertRedacted((_) => ({ Message: messageWith(_), LogStreamArn: `arn|${_}|log` }), "ModelError")(part),
          ({ LogStreamArn, message }) => {
            assert.deepStrictEqual([message, LogStreamArn], ["The model's container returned an error", "<redacted>"])
          }
        )))

    it.effect(`the message and ErrorCode of ModelStreamError: ${member}, ${form}`, () =>
      Effect.forEach(parts, (part) =>
        Effect.map(
          captureOutput(
            callAgainst(
              Stream.runDrain(streamEndpoint({ ...input, ...story })),
              exceptionOf({ Message: messageWith(part), ErrorCode: `Code|${part}|` })
            )
          ),
          ({ error, texts }) => {
            assert.isUndefined(texts.map(([, text]) => unredactedPart(text)).find((_) => _ !== undefined))
            const { ErrorCode, message } = error as SageMakerError.ModelStreamError
            assert.deepStrictEqual([message, ErrorCode], [
              "The container failed during the response stream",
              undefined
            ])
          }
        )))

    it.effect(`a text member of a custom error: ${member}, ${form}`, () =>
      Effect.forEach(parts, (part) =>
        Effect.gen(function*() {
          const { error, texts } = yield* captureOutput(
            callAgainst(
              Effect.flatMap(
                SageMakerRuntime.SageMakerRuntime,
                (runtime) => runtime.execute(refusable, { ...input, ...story })
              ),
              errorResponse(400, "Refused", () => ({ message: messageWith(part), Detail: `at|${part}|`, Count: 3 }))
            )
          )
          assert.isUndefined(texts.map(([, text]) => unredactedPart(text)).find((_) => _ !== undefined))
          const { Count, Detail, message } = error as Refused
          assert.deepStrictEqual([message, Detail, Count], ["Refused", "<redacted>", 3])
        })))
  }

  it.effect("a message that repeats parts of the body and of the attributes several times", () =>
    Effect.gen(function*() {
      const message = `${story.Body.slice(3, 30)} / ${story.CustomAttributes.slice(5, 30)} / ${
        story.Body.slice(20, 60)
      }`
      const error = yield* assertRedacted(() => ({ message }), "ValidationError")("")
      assert.strictEqual(error.message, "The service rejected the request as invalid")
      assert.strictEqual(error.serviceMessage, message)
    }))
})
