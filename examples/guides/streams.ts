import { Effect, Stream } from "effect"
import { Framing, streamEndpoint } from "effect-sagemaker-runtime"

const lines = Framing.lines.frame(streamEndpoint({ EndpointName: "story", Body: "Once" }))

export const firstLine = Stream.runHead(lines)

export const told = lines.pipe(
  Stream.map((line) => `> ${line}`),
  Stream.catchTag("ModelStreamError", ({ ErrorCode }) => Stream.make(`(the model stopped: ${ErrorCode})`)),
  Stream.runCollect,
  Effect.map((all) => [...all].join("\n"))
)
