import { Effect, Schedule } from "effect"
import { invokeEndpoint, RetryPolicy, SageMakerError, Timeouts } from "effect-sagemaker-runtime"

const isCold = ({ _tag }: { readonly _tag: string }) => _tag === "ModelNotReadyException"
const everyFiveSeconds = Schedule.spaced("5 seconds").pipe(Schedule.upTo("2 minutes"))

const patience = RetryPolicy.compose(
  RetryPolicy.fromSchedule(everyFiveSeconds, { while: isCold }),
  RetryPolicy.whileError(RetryPolicy.standard(), (error) => !isCold(error))
)

export const patient = invokeEndpoint({ EndpointName: "cold", Body: "{}" }).pipe(
  Effect.map(({ $metadata }) => `an answer after ${$metadata.attempts} attempts`),
  RetryPolicy.use(patience),
  Timeouts.use({ attempt: "10 seconds", total: "3 minutes" }),
  Effect.catchIf(SageMakerError.isThrottling, () => Effect.succeed("still cold"))
)
