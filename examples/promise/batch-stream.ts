import { Effect, Either, Stream } from "effect"
import { anomaly, client, type Reading } from "./score.ts"

const attempt = (reading: Reading) =>
  Effect.map(Effect.either(anomaly.invoke(reading)), (result) => ({ reading, result }))

export async function* scoreEach(readings: AsyncIterable<Reading>, signal?: AbortSignal) {
  const source = Stream.fromAsyncIterable(readings, (error) => error)
  const attempts = Stream.mapEffect(source, attempt, { concurrency: 16 })
  for await (const { reading, result } of client.iterate(attempts, { signal })) {
    yield Either.isRight(result) ? { reading, score: result.right.score } : { reading, error: result.left }
  }
}
