import { Console, Duration, Schedule } from "effect"
import { ModelEndpoint } from "effect-sagemaker-runtime"

const everyFiveSeconds = Schedule.spaced("5 seconds").pipe(Schedule.upTo("10 minutes"))

export const warmUp = ModelEndpoint.warmUp(ModelEndpoint.chat("llama-3-8b"), everyFiveSeconds, {
  onProgress: ({ attempts, elapsed }) => Console.log(`attempt ${attempts}, ${Duration.format(elapsed)} elapsed`)
})
