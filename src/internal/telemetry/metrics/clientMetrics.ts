/** The metrics of a client: of its calls, and of what its calls share. */
import * as Effect from "effect/Effect"
import * as FiberRef from "effect/FiberRef"
import type * as Scope from "effect/Scope"
import type { ConfigurationError } from "../../../SageMakerError.ts"
import type { MetricsOptions } from "../../../Telemetry.ts"
import { endpointNameOf } from "../endpointName.ts"
import { errorType } from "../errorType.ts"
import { type BatchMonitor, bothMonitors, CurrentMonitor, type Monitor } from "../monitor.ts"
import type { CallObserver, ObservedCall } from "../observer.ts"
import { type BatchSeries, ClientSeries } from "./clientSeries.ts"
import { MetricsObserver } from "./observer.ts"
import { checkOptions } from "./options.ts"
import type { Labels } from "./series.ts"

interface ClientMetrics {
  readonly observe: (call: ObservedCall) => CallObserver
  readonly monitor: Monitor
}

const batchMonitorOf = (series: BatchSeries, labels: Labels): BatchMonitor => ({
  rows: (count, error) => series.rows(error).unsafeUpdate(count, labels),
  requests: (count) => series.requests.unsafeUpdate(count, labels),
  divided: (count) => series.divided.unsafeUpdate(count, labels),
  concurrency: (change) => series.concurrency.unsafeUpdate(change, labels)
})

/** Reports what calls share with the labels of the fiber that builds the client. */
const monitorOf = (series: ClientSeries, labels: Labels): Monitor => ({
  retryQuota: (tokens) => series.retryQuota.unsafeUpdate(tokens, labels),
  connections: (change) => series.connections.unsafeUpdate(change, labels),
  queued: (limit, endpoint, change) => series.queue(limit, endpoint).unsafeUpdate(change, labels),
  circuit: (key, level) => series.circuit(key).unsafeUpdate(level, labels),
  credentialsRefreshed: (exit) => series.refreshes(errorType(exit)).unsafeUpdate(1, labels),
  batch: (endpoint, batchLabels) => batchMonitorOf(series.batch(endpoint), batchLabels)
})

/** Makes the metrics of a client. When the scope closes, the circuits of the client count as closed. */
export const make = (options: MetricsOptions): Effect.Effect<ClientMetrics, ConfigurationError, Scope.Scope> =>
  Effect.gen(function*() {
    const series = new ClientSeries(yield* checkOptions(options))
    const labels = yield* FiberRef.get(FiberRef.currentMetricLabels)
    yield* Effect.addFinalizer(() =>
      Effect.sync(() => {
        for (const circuit of series.circuits) {
          circuit.unsafeUpdate(0, labels)
        }
      })
    )
    return {
      monitor: bothMonitors(yield* CurrentMonitor, monitorOf(series, labels)),
      observe: (call) => new MetricsObserver(series.call(call.operation, endpointNameOf(call.input)), call)
    }
  })
