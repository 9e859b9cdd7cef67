import { Effect, Either } from "effect"
import { anomaly, client, type Reading } from "./score.ts"

export const scoreAll = async (readings: ReadonlyArray<Reading>, signal?: AbortSignal) => {
  const attempts = Effect.forEach(readings, (reading) => Effect.either(anomaly.invoke(reading)), { concurrency: 16 })
  const results = await client.run(attempts, { signal })
  return {
    scores: results.map((result) => Either.isRight(result) ? result.right.score : undefined),
    failures: results.flatMap((result, index) =>
      Either.isLeft(result) ? [{ reading: readings[index], error: result.left }] : []
    )
  }
}
