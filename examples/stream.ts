import { Console, Effect, Stream } from "effect"
import { Framing, streamEndpoint } from "effect-sagemaker-runtime"

export const printStory = Framing.lines.frame(streamEndpoint({ EndpointName: "story", Body: "Once" })).pipe(
  Stream.runForEach(Console.log),
  Effect.catchTag("ModelStreamError", ({ ErrorCode }) => Console.log(`model stream error: ${ErrorCode}`))
)
