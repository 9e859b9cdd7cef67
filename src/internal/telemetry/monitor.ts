/** The monitor of a client: it receives the state of what calls share. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import { globalState } from "../global/globalState.ts"
import type { Labels } from "./metrics/series.ts"

/** The state of a circuit breaker, with the values of the metric. */
export type CircuitLevel = 0 | 1 | 2

/** What a call waits for: a permit, a rate limit, or a free connection. */
export type QueueLimit = "concurrency" | "rate" | "connections"

/** Receives what a batch does. Its functions return immediately and do not throw. */
export interface BatchMonitor {
  /** Rows have results, or failed with an error. */
  readonly rows: (count: number, error: string | undefined) => void
  /** Requests were sent. */
  readonly requests: (count: number) => void
  /** Parts of the rows of a request were sent to find a row that fails. */
  readonly divided: (count: number) => void
  /** The limit of concurrent requests has changed. */
  readonly concurrency: (change: number) => void
}

/** Receives the state of what the calls of a client share. Its functions return immediately and do not throw. */
export interface Monitor {
  /** The tokens that are left in the retry quota. */
  readonly retryQuota: (tokens: number) => void
  /** A connection was opened (1) or closed (-1). */
  readonly connections: (change: 1 | -1) => void
  /** A call began (1) or ended (-1) to wait for a limit. The endpoint is `undefined` if the limit does not have it. */
  readonly queued: (limit: QueueLimit, endpoint: string | undefined, change: 1 | -1) => void
  /** The circuit of an endpoint, or of another key, is closed (0), half open (1) or open (2). */
  readonly circuit: (key: string, level: CircuitLevel) => void
  /** Credentials or a token were loaded. */
  readonly credentialsRefreshed: (exit: Exit.Exit<unknown, unknown>) => void
  /** Observes a batch. The labels are those of its fiber. */
  readonly batch: (endpoint: string, labels: Labels) => BatchMonitor
}

const bothBatches = (first: BatchMonitor, second: BatchMonitor): BatchMonitor => ({
  rows: (count, error) => {
    first.rows(count, error)
    second.rows(count, error)
  },
  requests: (count) => {
    first.requests(count)
    second.requests(count)
  },
  divided: (count) => {
    first.divided(count)
    second.divided(count)
  },
  concurrency: (change) => {
    first.concurrency(change)
    second.concurrency(change)
  }
})

/** A monitor that reports to two monitors. */
export const bothMonitors = (first: Monitor | undefined, second: Monitor): Monitor =>
  first === undefined ? second : {
    retryQuota: (tokens) => {
      first.retryQuota(tokens)
      second.retryQuota(tokens)
    },
    connections: (change) => {
      first.connections(change)
      second.connections(change)
    },
    queued: (limit, endpoint, change) => {
      first.queued(limit, endpoint, change)
      second.queued(limit, endpoint, change)
    },
    circuit: (key, level) => {
      first.circuit(key, level)
      second.circuit(key, level)
    },
    credentialsRefreshed: (exit) => {
      first.credentialsRefreshed(exit)
      second.credentialsRefreshed(exit)
    },
    batch: (endpoint, labels) => bothBatches(first.batch(endpoint, labels), second.batch(endpoint, labels))
  }

const monitors = globalState("monitors", () => new WeakMap<object, Monitor>())

/** The monitor of a client. `undefined` if no metrics observe it. */
export const monitorOf = (client: object): Monitor | undefined => monitors.get(client)

/** Sets the monitor of a client that observes or wraps another one. */
export const registerMonitor = <Client extends object>(client: Client, monitor: Monitor | undefined): Client => {
  if (monitor !== undefined) {
    monitors.set(client, monitor)
  }
  return client
}

/** The monitor of the client that is being built or that runs a call. */
export class CurrentMonitor extends Context.Reference<CurrentMonitor>()("effect-sagemaker-runtime/CurrentMonitor", {
  defaultValue: (): Monitor | undefined => undefined
}) {}

/** Reports a wait of a call for a limit. */
export const reportQueued = (
  monitor: Monitor | undefined,
  limit: QueueLimit,
  endpoint: string | undefined
) =>
<A, E, R>(wait: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  monitor === undefined ? wait : Effect.acquireUseRelease(
    Effect.sync(() => monitor.queued(limit, endpoint, 1)),
    () => wait,
    () => Effect.sync(() => monitor.queued(limit, endpoint, -1))
  )
