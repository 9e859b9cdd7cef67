/** The time series of the calls of one operation and endpoint. */
import { resourceNameForm } from "../../operation/members.ts"
import { BoundedValues } from "../cardinality.ts"
import type { ModelCall } from "../modelCall.ts"
import type { MetricsSettings } from "./options.ts"
import { cached, type Dimensions, type Labels, type MakeSeries, type Series } from "./series.ts"

/** The limits of the dimensions. */
export interface Limits {
  readonly operations: BoundedValues
  readonly endpoints: BoundedValues
  readonly circuits: BoundedValues
  readonly models: BoundedValues
  readonly errors: BoundedValues
}

/** More operations or error classes than a program has, unless it makes their names from values. */
const maxClasses = 100

const identifierForm = /^[a-zA-Z_][\w.-]{0,99}$/

/** Names of models, such as `meta-llama/Llama-3.1-8B`, and keys of limits, which can contain names of models. */
const pathForm = /^[a-zA-Z0-9][\w./:@+-]{0,255}$/

export const limitsOf = ({ maxEndpoints }: MetricsSettings): Limits => ({
  operations: new BoundedValues(identifierForm, maxClasses),
  endpoints: new BoundedValues(resourceNameForm, maxEndpoints),
  circuits: new BoundedValues(pathForm, maxEndpoints),
  models: new BoundedValues(pathForm, maxEndpoints),
  errors: new BoundedValues(identifierForm, maxClasses)
})

/** The dimensions of a group of series, and what makes a series with them. */
interface Group {
  readonly make: MakeSeries
  readonly limits: Limits
  readonly dimensions: Dimensions
  readonly added: Labels
}

/** The series of a group with one error type, or without an error. */
class OutcomeSeries {
  readonly callDuration: Series
  readonly attemptDuration: Series
  readonly attempts: Series
  readonly throttles: Series

  constructor({ added, dimensions, make }: Group) {
    this.callDuration = make("sagemaker_runtime.call.duration", dimensions, added)
    this.attemptDuration = make("sagemaker_runtime.attempt.duration", dimensions, added)
    this.attempts = make("sagemaker_runtime.attempts", dimensions, added)
    this.throttles = make("sagemaker_runtime.throttles", dimensions, added)
  }
}

/** The series of the calls of one model. */
export class ModelSeries {
  readonly inputTokens: Series
  readonly outputTokens: Series
  readonly timeToFirstChunk: Series
  readonly #group: Group
  readonly #durations = new Map<string | undefined, Series>()

  constructor(group: Group) {
    const { added, dimensions, make } = group
    const tokens = (type: string) =>
      make("gen_ai.client.token.usage", { ...dimensions, "gen_ai.token.type": type }, added)
    this.#group = group
    this.inputTokens = tokens("input")
    this.outputTokens = tokens("output")
    this.timeToFirstChunk = make("gen_ai.client.operation.time_to_first_chunk", dimensions, added)
  }

  duration(error: string | undefined): Series {
    const { added, dimensions, limits, make } = this.#group
    const type = error === undefined ? undefined : limits.errors.of(error)
    return cached(
      this.#durations,
      type,
      () => make("gen_ai.client.operation.duration", { ...dimensions, "error.type": type }, added)
    )
  }
}

/** The series of the calls of one operation and endpoint. */
export class CallSeries {
  readonly inFlight: Series
  readonly requestSize: Series
  readonly responseSize: Series
  readonly #group: Group
  readonly #outcomes = new Map<string | undefined, OutcomeSeries>()
  readonly #models = new Map<string, ModelSeries>()

  constructor(group: Group) {
    const { added, dimensions, make } = group
    this.#group = group
    this.inFlight = make("sagemaker_runtime.in_flight", dimensions, added)
    this.requestSize = make("sagemaker_runtime.request.size", dimensions, added)
    this.responseSize = make("sagemaker_runtime.response.size", dimensions, added)
  }

  outcome(error: string | undefined): OutcomeSeries {
    const type = error === undefined ? undefined : this.#group.limits.errors.of(error)
    return cached(this.#outcomes, type, () => new OutcomeSeries(this.#with({ "error.type": type })))
  }

  model({ model, operation }: ModelCall): ModelSeries {
    const name = this.#group.limits.models.of(model)
    return cached(this.#models, `${operation} ${name}`, () =>
      new ModelSeries(this.#with({
        "gen_ai.operation.name": operation,
        "gen_ai.provider.name": "aws.sagemaker",
        "gen_ai.request.model": name
      })))
  }

  #with(dimensions: Dimensions): Group {
    return { ...this.#group, dimensions: { ...this.#group.dimensions, ...dimensions } }
  }
}
