import { Effect, Schedule } from "effect"
import { invokeEndpoint, RetryPolicy, SageMakerError, Timeouts } from "effect-sagemaker-runtime"

const isNotReady = ({ _tag }: { readonly _tag: string }) => _tag === "ModelNotReadyException"
const everyFiveSeconds = Schedule.spaced("5 seconds").pipe(Schedule.upTo("2 minutes"))

const coldModelPolicy = RetryPolicy.compose(
  RetryPolicy.fromSchedule(everyFiveSeconds, { while: isNotReady }),
  RetryPolicy.whileError(RetryPolicy.standard(), (error) => !isNotReady(error))
)

export const callColdModel = invokeEndpoint({ EndpointName: "cold", Body: "{}" }).pipe(
  Effect.map(({ $metadata }) => `succeeded after ${$metadata.attempts} attempts`),
  RetryPolicy.use(coldModelPolicy),
  Timeouts.use({ attempt: "10 seconds", total: "3 minutes" }),
  Effect.catchIf(SageMakerError.isThrottling, () => Effect.succeed("not ready"))
)
