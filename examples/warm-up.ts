import { Console, Duration, Schedule } from "effect"
import { ModelEndpoint } from "effect-sagemaker-runtime"

const llama = ModelEndpoint.chat("llm-pool", { InferenceComponentName: "llama-3-8b" })
const everyTenSeconds = Schedule.spaced("10 seconds").pipe(Schedule.upTo("20 minutes"))

export const warmUp = ModelEndpoint.warmUp(llama, everyTenSeconds, {
  onProgress: ({ attempts, elapsed }) => Console.log(`attempt ${attempts}, ${Duration.format(elapsed)} elapsed`)
})
