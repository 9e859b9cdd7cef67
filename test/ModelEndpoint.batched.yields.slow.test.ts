import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { ModelEndpoint } from "effect-sagemaker-runtime"
import { resultOf, scriptedModel } from "./support/scriptedModel.ts"

it.live(
  "Concurrent calls share one request, also if their fibers yield often",
  () =>
    Effect.forEach(Array.from({ length: 24 }, (_, at) => at + 17), (ops) =>
      Effect.gen(function*() {
        const { model, requests } = yield* scriptedModel()
        const batched = ModelEndpoint.batched(model, { window: "50 millis" })
        const calls = Effect.forEach([1, 2, 3], (row) => batched.invoke(row), { concurrency: "unbounded" })
        assert.deepStrictEqual(yield* Effect.withMaxOpsBeforeYield(calls, ops), [1, 2, 3].map(resultOf))
        assert.deepStrictEqual(yield* requests, [[1, 2, 3]])
      }), { discard: true }),
  5_000
)
