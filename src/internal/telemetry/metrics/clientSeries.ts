/** The time series of a client. */
import { otherValue } from "../cardinality.ts"
import { CallSeries, type Limits, limitsOf } from "./callSeries.ts"
import type { MetricName } from "./catalog.ts"
import type { MetricsSettings } from "./options.ts"
import { cached, dropped, type MakeSeries, makeSeries, type Series } from "./series.ts"

/** The series of the batches of one endpoint. */
export class BatchSeries {
  readonly concurrency: Series
  readonly divided: Series
  readonly requests: Series
  readonly #rows = new Map<string | undefined, Series>()
  readonly #make: (name: MetricName, error?: string) => Series
  readonly #errors: Limits["errors"]

  constructor(make: (name: MetricName, error?: string) => Series, errors: Limits["errors"]) {
    this.#make = make
    this.#errors = errors
    this.concurrency = make("sagemaker_runtime.batch.concurrency")
    this.divided = make("sagemaker_runtime.batch.divided")
    this.requests = make("sagemaker_runtime.batch.requests")
  }

  rows(error: string | undefined): Series {
    const type = error === undefined ? undefined : this.#errors.of(error)
    return cached(this.#rows, type, () => this.#make("sagemaker_runtime.batch.rows", type))
  }
}

/** The series of a client. */
export class ClientSeries {
  readonly connections: Series
  readonly retryQuota: Series
  readonly #make: MakeSeries
  readonly #limits: Limits
  readonly #settings: MetricsSettings
  readonly #calls = new Map<string, Map<string | undefined, CallSeries>>()
  readonly #circuits = new Map<string, Series>()
  readonly #queues = new Map<string, Map<string | undefined, Series>>()
  readonly #batches = new Map<string | undefined, BatchSeries>()
  readonly #refreshes = new Map<string | undefined, Series>()

  constructor(settings: MetricsSettings) {
    this.#make = makeSeries(settings)
    this.#limits = limitsOf(settings)
    this.#settings = settings
    this.connections = this.#make("sagemaker_runtime.connections", {})
    this.retryQuota = this.#make("sagemaker_runtime.retry_quota", {})
  }

  call(operationName: string, endpointName: string | undefined): CallSeries {
    const operation = this.#limits.operations.of(operationName)
    const endpoint = this.#endpoint(endpointName)
    const endpoints = cached(this.#calls, operation, () => new Map<string | undefined, CallSeries>())
    return cached(endpoints, endpoint, () =>
      new CallSeries({
        make: this.#make,
        limits: this.#limits,
        dimensions: { "rpc.method": `SageMakerRuntime/${operation}`, "aws.sagemaker.endpoint.name": endpoint },
        added: this.#settings.ofCall({ operation, endpoint })
      }))
  }

  queue(limit: string, endpointName: string | undefined): Series {
    const endpoint = this.#endpoint(endpointName)
    const endpoints = cached(this.#queues, limit, () => new Map<string | undefined, Series>())
    return cached(endpoints, endpoint, () =>
      this.#make("sagemaker_runtime.queued", {
        "aws.sagemaker.endpoint.name": endpoint,
        "sagemaker_runtime.limit": limit
      }))
  }

  /** Circuits above the limit have no series: one series cannot have the states of several circuits. */
  circuit(key: string): Series {
    const name = this.#limits.circuits.of(key)
    return name === otherValue ?
      dropped :
      cached(
        this.#circuits,
        name,
        () => this.#make("sagemaker_runtime.circuit.state", { "aws.sagemaker.endpoint.name": name })
      )
  }

  /** The series of the circuits so far. */
  get circuits(): Iterable<Series> {
    return this.#circuits.values()
  }

  refreshes(error: string | undefined): Series {
    const type = error === undefined ? undefined : this.#limits.errors.of(error)
    return cached(
      this.#refreshes,
      type,
      () => this.#make("sagemaker_runtime.credentials.refreshes", { "error.type": type })
    )
  }

  batch(endpointName: string): BatchSeries {
    const endpoint = this.#endpoint(endpointName)
    return cached(this.#batches, endpoint, () =>
      new BatchSeries(
        (name, error) => this.#make(name, { "aws.sagemaker.endpoint.name": endpoint, "error.type": error }),
        this.#limits.errors
      ))
  }

  #endpoint(name: string | undefined): string | undefined {
    return name === undefined ? undefined : this.#limits.endpoints.of(name)
  }
}
