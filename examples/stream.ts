import { Console, Effect, Stream } from "effect"
import { streamEndpoint } from "effect-sagemaker-runtime"

export const printStory = streamEndpoint({ EndpointName: "story", ContentType: "text/plain", Body: "Once" }).pipe(
  Stream.decodeText(),
  Stream.runForEach(Console.log),
  Effect.catchTag("ModelStreamError", ({ ErrorCode }) => Console.log(`the model stopped: ${ErrorCode}`))
)
