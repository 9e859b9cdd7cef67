import { Stream } from "effect"
import { Framing, invokeEndpoint, ModelEndpoint, Timeouts } from "effect-sagemaker-runtime"
import { insightEndpoint } from "./insight.ts"

const insight = insightEndpoint("insight")
const slow = insightEndpoint("slow")
const ticker = insightEndpoint("ticker")
const guide = ModelEndpoint.chat("guide")

export const typedCall = (text: string) => insight.invoke(text)

export const throttledCall = (text: string) =>
  invokeEndpoint({ EndpointName: "busy", ContentType: "text/plain", Body: text })

export const callWithDeadline = (text: string) => slow.invoke(text).pipe(Timeouts.use({ total: "200 millis" }))

export const cancelledStream = () => ticker.stream("", Framing.lines).pipe(Stream.take(3))

export const tokenStream = (question: string) => guide.stream({ messages: [{ role: "user", content: question }] })

export const failedCall = () => insight.invoke("")

export const asynchronousRequest = (text: string) => insight.invokeAsync(text)
