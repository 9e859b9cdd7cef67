import { Schedule } from "effect"
import { RetryPolicy } from "effect-sagemaker-runtime"
import { NodeSageMaker } from "effect-sagemaker-runtime/node"

const backoff = Schedule.exponential("300 millis").pipe(Schedule.intersect(Schedule.recurs(3)))

export const live = NodeSageMaker.layer({ retry: RetryPolicy.fromSchedule(backoff) })
