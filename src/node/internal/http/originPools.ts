/** Connection pools, one per origin, which are removed when they are idle. */
import type { Dispatcher, Pool } from "undici"
import { noop } from "../../../internal/time/timer.ts"

const isIdle = ({ stats: { connected, size } }: Pool): boolean => connected === 0 && size === 0

const destroy = (pool: Pool): Promise<void> => pool.destroy().catch(noop)

/**
 * Sends each request over the pool of its origin.
 *
 * undici's agent counts the connections of an origin, and takes those of a closed pool for those of its successor. After
 * one aborted request it can then open a connection for every request.
 */
export class OriginPools {
  readonly #makePool: (origin: string) => Pool
  readonly #idleMillis: number
  readonly #pools = new Map<string, Pool>()
  #timer: NodeJS.Timeout | undefined
  #isDestroyed = false

  /** A pool is removed if it has neither requests nor connections, `idleMillis` after it has lost a connection. */
  constructor(makePool: (origin: string) => Pool, idleMillis: number) {
    this.#makePool = makePool
    this.#idleMillis = idleMillis
  }

  get size(): number {
    return this.#pools.size
  }

  dispatch(request: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    const origin = String(request.origin)
    return (this.#pools.get(origin) ?? this.#add(origin)).dispatch(request, handler)
  }

  destroy(): Promise<unknown> {
    this.#isDestroyed = true
    clearTimeout(this.#timer)
    return Promise.all([...this.#pools.values()].map(destroy))
  }

  #add(origin: string): Pool {
    if (this.#isDestroyed) {
      throw Object.assign(new Error("The HTTP client is closed"), { code: "UND_ERR_DESTROYED" })
    }
    const pool = this.#makePool(origin)
    // undici's pool removes a client whose connection failed, even if requests are queued in it.
    pool.removeAllListeners("connectionError")
    const check = () => this.#removeIdleLater()
    pool.on("disconnect", check).on("connectionError", check)
    this.#pools.set(origin, pool)
    return pool
  }

  #removeIdleLater(): void {
    if (this.#timer === undefined && !this.#isDestroyed) {
      this.#timer = setTimeout(() => this.#removeIdle(), this.#idleMillis).unref()
    }
  }

  #removeIdle(): void {
    this.#timer = undefined
    for (const [origin, pool] of this.#pools) {
      if (isIdle(pool)) {
        this.#pools.delete(origin)
        void destroy(pool)
      }
    }
  }
}
