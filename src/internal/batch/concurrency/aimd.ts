/** The number of concurrent requests: additive increase, multiplicative decrease. */

/** The state of an adaptive limit. Times are in milliseconds of the monotonic clock. */
export interface Aimd {
  readonly max: number
  /** The limit. Its integer part is the number of concurrent requests. */
  readonly limit: number
  /** Whether the limit doubles per round trip: until the first decrease. */
  readonly isStarting: boolean
  /** When the limit was decreased. Throttled requests that started before are a part of the same congestion. */
  readonly decreasedAt: number
  /** The lowest mean latency of a window. It is measured again when one request runs at a time. */
  readonly baseline: number | undefined
  /** The requests since the last comparison of latencies. */
  readonly window: {
    readonly count: number
    readonly total: number
    readonly size: number
    /** Whether the limit stays until the next comparison: at first, and after a decrease. */
    readonly isHeld: boolean
  }
}

/** The smallest number of latencies that are compared. */
const minWindow = 5

/** A mean latency of this many times the baseline decreases the limit. */
const tolerance = 2

/** Shorter latencies are not compared: scheduling of the process affects them more than the load of the model. */
const minLatency = 10

const latencyFactor = 0.75
const throttlingFactor = 0.5

const windowOf = (limit: number, isHeld: boolean) => ({
  count: 0,
  total: 0,
  size: Math.max(minWindow, Math.floor(limit)),
  isHeld
})

export const make = (start: number, max: number): Aimd => ({
  max,
  limit: start,
  isStarting: true,
  decreasedAt: -Infinity,
  baseline: undefined,
  window: windowOf(start, true)
})

/** The number of requests that may run. */
export const permits = ({ limit }: Aimd): number => Math.max(1, Math.floor(limit))

const decrease = (state: Aimd, factor: number, now: number): Aimd => {
  const limit = Math.max(1, state.limit * factor)
  return { ...state, limit, isStarting: false, decreasedAt: now, window: windowOf(limit, true) }
}

/** The limit after a throttled request. One congestion decreases it once. */
export const throttled = (state: Aimd, startedAt: number, now: number): Aimd =>
  startedAt < state.decreasedAt ? state : decrease(state, throttlingFactor, now)

const increase = (state: Aimd): Aimd => ({
  ...state,
  limit: Math.min(state.max, state.limit + (state.isStarting ? 1 : 1 / state.limit))
})

/** Compares the mean latency of a window. A request that runs alone waits for no other one of the batch. */
const compare = (state: Aimd, now: number): Aimd => {
  const mean = Math.max(minLatency, state.window.total / state.window.count)
  const { baseline = mean } = state
  return mean > baseline * tolerance && permits(state) > 1
    ? decrease({ ...state, baseline }, latencyFactor, now)
    : {
      ...state,
      baseline: permits(state) === 1 ? mean : Math.min(mean, baseline),
      window: windowOf(state.limit, false)
    }
}

/**
 * The limit after a request succeeded. It increases only while requests use all of it.
 *
 * A request that started before a decrease is ignored, because its latency is that of the higher limit.
 */
export const succeeded = (state: Aimd, latency: number, now: number, isFull: boolean): Aimd => {
  if (now - latency < state.decreasedAt) {
    return state
  }
  const window = { ...state.window, count: state.window.count + 1, total: state.window.total + latency }
  const counted = { ...state, window }
  const next = isFull && !window.isHeld ? increase(counted) : counted
  return window.count < window.size ? next : compare(next, now)
}
