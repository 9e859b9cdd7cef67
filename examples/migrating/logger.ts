import { Duration, Effect, Layer } from "effect"
import { SageMakerError, SageMakerRuntime } from "effect-sagemaker-runtime"
import { NodeSageMaker } from "effect-sagemaker-runtime/node"

const withLogging = Effect.map(
  SageMakerRuntime.SageMakerRuntime,
  ({ execute }): typeof SageMakerRuntime.SageMakerRuntime.Service => ({
    execute: (operation, input) =>
      execute(operation, input).pipe(
        Effect.tapError((error) => Effect.logWarning(operation.name, SageMakerError.toRetryable(error)._tag)),
        Effect.timed,
        Effect.tap(([duration]) => Effect.logInfo(operation.name, Duration.format(duration))),
        Effect.map(([, output]) => output)
      )
  })
)

export const live = Layer.effect(SageMakerRuntime.SageMakerRuntime, withLogging).pipe(
  Layer.provide(NodeSageMaker.layer())
)
