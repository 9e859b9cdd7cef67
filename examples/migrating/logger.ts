import { Duration, Effect, Layer } from "effect"
import { SageMakerError, SageMakerRuntime } from "effect-sagemaker-runtime"
import { NodeSageMaker } from "effect-sagemaker-runtime/node"

const logged = Effect.map(
  SageMakerRuntime.SageMakerRuntime,
  ({ execute }): typeof SageMakerRuntime.SageMakerRuntime.Service => ({
    execute: (operation, input) =>
      execute(operation, input).pipe(
        Effect.tapError((error) => Effect.logWarning(operation.name, SageMakerError.toRetryable(error)._tag)),
        Effect.timed,
        Effect.tap(([took]) => Effect.logInfo(operation.name, Duration.format(took))),
        Effect.map(([, output]) => output)
      )
  })
)

export const live = Layer.effect(SageMakerRuntime.SageMakerRuntime, logged).pipe(Layer.provide(NodeSageMaker.layer()))
