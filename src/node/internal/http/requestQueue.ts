/** Limits the concurrent requests per origin. */

/** Removes a queued request, or ends a running one, which starts the next request. */
export type Release = () => void

/** Runs when a request begins (1) or ends (-1) to wait. */
type OnWait = (change: 1 | -1) => void

/**
 * A first-in, first-out queue of requests that wait for a connection.
 *
 * An interrupted request is removed from this queue. undici's queue would keep it and open a connection for it.
 */
class RequestQueue {
  readonly #limit: number
  readonly #onWait: OnWait
  readonly #waiting = new Set<() => void>()
  #free: number

  constructor(limit: number, onWait: OnWait) {
    this.#limit = limit
    this.#onWait = onWait
    this.#free = limit
  }

  /** Whether no request runs or waits. */
  get isIdle(): boolean {
    return this.#free === this.#limit && this.#waiting.size === 0
  }

  /** Starts a request now if the limit allows it, otherwise after a running request ends. */
  acquire(start: () => void): Release {
    let isReleased = false
    const run = () => {
      this.#removeWaiting(run)
      this.#free -= 1
      start()
    }
    if (this.#free > 0) {
      run()
    } else {
      this.#waiting.add(run)
      this.#onWait(1)
    }
    return () => {
      if (!isReleased && !this.#removeWaiting(run)) {
        this.#free += 1
        const [next] = this.#waiting
        next?.()
      }
      isReleased = true
    }
  }

  #removeWaiting(run: () => void): boolean {
    const isWaiting = this.#waiting.delete(run)
    if (isWaiting) {
      this.#onWait(-1)
    }
    return isWaiting
  }
}

/** Makes one queue per origin. Without a limit, every request starts immediately. */
export const requestQueues = (
  perOrigin: number | undefined,
  onWait: OnWait
): (origin: string, start: () => void) => Release => {
  if (perOrigin === undefined) {
    return (_, start) => {
      start()
      return () => {}
    }
  }
  const queues = new Map<string, RequestQueue>()
  const add = (origin: string, limit: number): RequestQueue => {
    for (const [other, { isIdle }] of queues) {
      if (isIdle) {
        queues.delete(other)
      }
    }
    const queue = new RequestQueue(limit, onWait)
    queues.set(origin, queue)
    return queue
  }
  return (origin, start) => {
    const queue = queues.get(origin) ?? add(origin, perOrigin)
    return queue.acquire(start)
  }
}
