import { Effect, Queue, Stream } from "effect"
import {
  InvokeEndpointWithBidirectionalStream as Bidirectional,
  invokeEndpointWithBidirectionalStream
} from "effect-sagemaker-runtime"

export const converse = (questions: ReadonlyArray<string>, show: (response: string) => Effect.Effect<void>) =>
  Effect.gen(function*() {
    const queue = yield* Queue.unbounded<string>()
    const ask = (question: string | undefined) =>
      question === undefined ? Queue.shutdown(queue) : Queue.offer(queue, question)

    const { Body, InvokedProductionVariant } = yield* invokeEndpointWithBidirectionalStream({
      EndpointName: "assistant",
      Body: Stream.fromQueue(queue).pipe(Bidirectional.messages())
    })
    yield* Effect.logDebug(`connected to the variant ${InvokedProductionVariant}`)
    yield* ask(questions[0])
    yield* Body.pipe(
      Bidirectional.texts,
      Stream.zipWithIndex,
      Stream.runForEach(([response, index]) => Effect.zipRight(show(response), ask(questions[index + 1])))
    )
  }).pipe(Effect.scoped)
