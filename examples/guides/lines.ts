import { Effect, Stream } from "effect"
import { Framing, streamEndpoint } from "effect-sagemaker-runtime"

const lines = Framing.lines.frame(streamEndpoint({ EndpointName: "story", Body: "Once" }))

export const firstLine = Stream.runHead(lines)

export const allLines = lines.pipe(
  Stream.map((line) => `> ${line}`),
  Stream.catchTag("ModelStreamError", ({ ErrorCode }) => Stream.make(`model stream error: ${ErrorCode}`)),
  Stream.runCollect,
  Effect.map((all) => [...all].join("\n"))
)
