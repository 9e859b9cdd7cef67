import { type Duration, Effect, Schedule } from "effect"

/** Waits in real time until a condition holds; fails if that takes longer than the limit. */
export const eventually = (condition: () => boolean, limit: Duration.DurationInput = "3 seconds") =>
  Effect.sync(condition).pipe(
    Effect.repeat({ until: (holds) => holds, schedule: Schedule.spaced("5 millis") }),
    Effect.timeout(limit)
  )
