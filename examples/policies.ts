import { Effect, Schedule } from "effect"
import { RetryPolicy, Timeouts } from "effect-sagemaker-runtime"
import { score } from "./anomaly.ts"

const patient = Schedule.exponential("200 millis").pipe(
  Schedule.jittered,
  Schedule.intersect(Schedule.recurs(5))
)

export const patientScore = score({ cpu: 0.2, load: 17 }).pipe(
  RetryPolicy.use(RetryPolicy.fromSchedule(patient)),
  Timeouts.use({ attempt: "5 seconds", total: "30 seconds" }),
  Effect.catchTag("TimeoutError", ({ phase }) => Effect.succeed(`no ${phase} in time`))
)
