import { Console, Effect, HashMap, Stream } from "effect"
import { Resilience } from "effect-sagemaker-runtime"
import { NodeSageMaker } from "effect-sagemaker-runtime/node"

export const live = NodeSageMaker.layer().pipe(
  Resilience.circuitBreaker({ breakDuration: "15 seconds" }),
  Resilience.rateLimit({ limit: 50, interval: "1 second" }),
  Resilience.concurrency({ permits: 16, queue: 64, overrides: { "chat-large": { permits: 2 } } }),
  Resilience.fallback({ "chat-large": [{ TargetVariant: "spare" }, { EndpointName: "chat-small" }] })
)

export const logCircuits = Effect.flatMap(Resilience.CircuitBreakers, ({ states }) =>
  Stream.runForEach(
    states.changes,
    (circuits) =>
      Effect.forEach(HashMap.toEntries(circuits), ([endpoint, { _tag }]) => Console.log(endpoint, _tag), {
        discard: true
      })
  ))
