import { Effect, Schedule } from "effect"
import { RetryPolicy, Timeouts } from "effect-sagemaker-runtime"
import { score } from "./anomaly.ts"

const backoff = Schedule.exponential("200 millis").pipe(
  Schedule.jittered,
  Schedule.intersect(Schedule.recurs(5))
)

export const scoreWithRetry = score({ cpu: 0.2, load: 17 }).pipe(
  RetryPolicy.use(RetryPolicy.fromSchedule(backoff)),
  Timeouts.use({ attempt: "5 seconds", total: "30 seconds" }),
  Effect.catchTag("TimeoutError", ({ duration, phase }) => Effect.succeed(`${phase} timeout after ${duration} ms`))
)
