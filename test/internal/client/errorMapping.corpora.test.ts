import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema, Struct } from "effect"
import { RetryPolicy, SageMakerRuntime } from "effect-sagemaker-runtime"
import { hasCorpora, needsCorpora } from "../../support/corpora.ts"
import { decodeCorpus } from "../../support/corpus.ts"
import { pickMembersOf } from "../../support/pickMembersOf.ts"
import { scriptedRuntime } from "../../support/scriptedHttpClient.ts"
import { greetingWithErrors } from "../../support/smithyGreeting.ts"

const Members = Schema.Record({ key: Schema.String, value: Schema.Unknown })

const Cases = Schema.Struct({
  cases: Schema.Array(Schema.Struct({
    id: Schema.String,
    shape: Schema.String,
    code: Schema.Number,
    body: Schema.optionalWith(Schema.String, { default: () => "" }),
    headers: Schema.Record({ key: Schema.String, value: Schema.String }),
    params: Schema.optionalWith(Members, { default: () => ({}) })
  }))
})

const cases = decodeCorpus("errors/restJson1-errors.json", Cases)?.cases ?? []

const response = ({ body, code, headers }: typeof cases[number]) =>
  Effect.gen(function*() {
    const server = yield* scriptedRuntime({
      status: code,
      headers: { ...headers, "x-amzn-requestid": "request-1" },
      body: body === "" ? null : body
    })
    return yield* Effect.flatMap(SageMakerRuntime.SageMakerRuntime, (_) => _.execute(greetingWithErrors, undefined))
      .pipe(
        RetryPolicy.use(RetryPolicy.none),
        Effect.provide(server.layer)
      )
  })

/** `Header` is an HTTP header; SageMaker Runtime's errors have no header members, and this client reads bodies only. */
const inTheBody = ({ params }: typeof cases[number]) => Struct.omit(params, "Header")

describe.skipIf(!hasCorpora)(
  needsCorpora("Errors of a custom operation are decoded as Smithy's restJson1 cases expect"),
  () => {
    it("There are 16 cases", () => assert.lengthOf(cases, 16))

    for (const test of cases.filter(({ code }) => code === 200)) {
      it.effect(test.id, () =>
        Effect.gen(function*() {
          assert.deepInclude(yield* response(test), test.params)
        }))
    }

    for (const test of cases.filter(({ code }) => code !== 200)) {
      it.effect(test.id, () =>
        Effect.gen(function*() {
          const error = yield* Effect.flip(response(test))
          const _tag = test.shape.split("#")[1]
          const expected = { _tag, status: test.code, code: _tag, requestId: "request-1", ...inTheBody(test) }
          assert.deepStrictEqual(pickMembersOf(error, expected), expected)
        }))
    }
  }
)
