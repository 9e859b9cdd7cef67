/** Limits how many requests to one origin run at once. */

/** Removes a queued or running request. A removed running request lets the next one start. */
export type Leave = () => void

/**
 * A first-in, first-out queue of requests that wait for a connection.
 *
 * A request that is interrupted leaves this queue. In undici's own queue it would stay and use a connection.
 */
class RequestQueue {
  #free: number
  readonly #waiting = new Set<() => void>()

  constructor(limit: number) {
    this.#free = limit
  }

  /** Starts a request now if the limit allows it, otherwise after a running request ends. */
  join(start: () => void): Leave {
    let hasLeft = false
    const run = () => {
      this.#waiting.delete(run)
      this.#free -= 1
      start()
    }
    if (this.#free > 0) {
      run()
    } else {
      this.#waiting.add(run)
    }
    return () => {
      if (!hasLeft && !this.#waiting.delete(run)) {
        this.#free += 1
        const [next] = this.#waiting
        next?.()
      }
      hasLeft = true
    }
  }
}

/** Makes one queue per origin. Without a limit, every request starts immediately. */
export const requestQueues = (perOrigin: number | undefined): (origin: string, start: () => void) => Leave => {
  if (perOrigin === undefined) {
    return (_, start) => {
      start()
      return () => {}
    }
  }
  const queues = new Map<string, RequestQueue>()
  return (origin, start) => {
    const queue = queues.get(origin) ?? new RequestQueue(perOrigin)
    queues.set(origin, queue)
    return queue.join(start)
  }
}
