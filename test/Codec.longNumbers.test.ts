import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { Codec } from "effect-sagemaker-runtime"
import { readScores } from "../src/internal/container/xgboost/scores.ts"

const text = `${"1".repeat(200_000)}x`

const takesLinearTime = <A, E>(decode: Effect.Effect<A, E>) =>
  Effect.gen(function*() {
    const start = performance.now()
    yield* Effect.either(decode)
    assert.isBelow(performance.now() - start, 2000)
  })

describe("A cell of many digits that is not a number takes linear time", () => {
  it.effect("in CSV", () =>
    takesLinearTime(Codec.csv(Schema.Struct({ a: Schema.Number })).decode(new TextEncoder().encode(`${text}\n`))))

  it.effect("in LIBSVM", () => takesLinearTime(Codec.libsvm.decode(new TextEncoder().encode(`${text} 1:${text}\n`))))

  it.effect("in scores of XGBoost", () => takesLinearTime(Effect.sync(() => readScores(text, false))))
})
