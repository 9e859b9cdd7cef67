import { Console, Duration, Schedule } from "effect"
import { ModelEndpoint } from "effect-sagemaker-runtime"

const patient = Schedule.spaced("5 seconds").pipe(Schedule.upTo("10 minutes"))

export const warm = ModelEndpoint.warmUp(ModelEndpoint.chat("llama-3-8b"), patient, {
  onProgress: ({ elapsed }) => Console.log(`loading for ${Duration.format(elapsed)}`)
})
