import { Console, Stream } from "effect"
import { streamEndpoint } from "effect-sagemaker-runtime"

export const program = streamEndpoint({ EndpointName: "story", Body: "Once" }).pipe(
  Stream.decodeText(),
  Stream.runForEach(Console.log)
)
