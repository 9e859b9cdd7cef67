/** The HTTP/2 connections of a client, by origin. Requests share them. */
import type { Monitor } from "../../../internal/telemetry/monitor.ts"
import { noop } from "../../../internal/time/timer.ts"
import { guard } from "../../../protocol/function/guard.ts"
import type { Release } from "../http/requestQueue.ts"
import { codedError } from "./http2Error.ts"
import type { Session } from "./session.ts"

/** A request that waits for a connection with a free stream. Neither method throws. */
export interface WaitingRequest {
  readonly start: (session: Session) => void
  readonly fail: (cause: unknown) => void
}

/** Opens a connection to an origin, unless the signal is aborted before. */
export type OpenSession = (origin: URL, signal: AbortSignal) => Promise<Session>

export interface SessionsOptions {
  readonly open: OpenSession
  /** The maximum number of connections per origin. */
  readonly limit: number
  readonly monitor: Monitor | undefined
}

const interrupted = codedError("The request was interrupted", "UND_ERR_ABORTED")

const closedClient = codedError("The HTTP client is closed", "UND_ERR_DESTROYED")

/**
 * The connections to one origin.
 *
 * A request opens a connection only if all others have reached their limit of streams. One connection is opened at a
 * time, because requests that wait for it can share it.
 */
class OriginSessions {
  readonly #origin: URL
  readonly #options: SessionsOptions
  readonly #sessions = new Set<Session>()
  readonly #waiting = new Map<WaitingRequest, boolean>()
  #opening: AbortController | undefined

  constructor(origin: URL, options: SessionsOptions) {
    this.#origin = origin
    this.#options = options
  }

  get isUnused(): boolean {
    return this.#sessions.size === 0 && this.#waiting.size === 0 && this.#opening === undefined
  }

  acquire(request: WaitingRequest): Release {
    const session = this.#waiting.size === 0 ? this.#free() : undefined
    if (session !== undefined) {
      request.start(session)
      return noop
    }
    const isQueued = this.#opening === undefined && this.#sessions.size >= this.#options.limit
    this.#waiting.set(request, isQueued)
    if (isQueued) {
      this.#options.monitor?.queued("connections", undefined, 1)
    }
    this.#grow()
    return () => {
      if (this.#remove(request) && this.#waiting.size === 0) {
        this.#opening?.abort(interrupted)
      }
    }
  }

  destroy(): void {
    this.#opening?.abort(closedClient)
    this.#failAll(closedClient)
    this.#sessions.forEach((session) => session.destroy(closedClient))
  }

  #free(): Session | undefined {
    for (const session of this.#sessions) {
      if (session.free > 0) {
        return session
      }
    }
    return undefined
  }

  #remove(request: WaitingRequest): boolean {
    if (this.#waiting.get(request) === true) {
      this.#options.monitor?.queued("connections", undefined, -1)
    }
    return this.#waiting.delete(request)
  }

  /** Starts waiting requests on free streams, then opens a connection for the others. */
  #serve(): void {
    for (const [request] of this.#waiting) {
      const session = this.#free()
      if (session === undefined) {
        break
      }
      this.#remove(request)
      request.start(session)
    }
    this.#grow()
  }

  #grow(): void {
    if (this.#waiting.size === 0 || this.#opening !== undefined || this.#sessions.size >= this.#options.limit) {
      return
    }
    const opening = new AbortController()
    this.#opening = opening
    void this.#options.open(this.#origin, opening.signal).then(
      (session) => this.#opened(session, opening.signal),
      (cause) => {
        this.#opening = undefined
        if (opening.signal.aborted) {
          this.#grow()
        } else {
          this.#failAll(cause)
        }
      }
    )
  }

  #opened(session: Session, { aborted }: AbortSignal): void {
    this.#opening = undefined
    if (aborted) {
      session.destroy()
      this.#grow()
      return
    }
    this.#sessions.add(session)
    this.#options.monitor?.connections(1)
    session.listen({
      onChange: () => this.#serve(),
      onClose: () => {
        this.#sessions.delete(session)
        this.#options.monitor?.connections(-1)
        this.#serve()
      }
    })
    this.#serve()
  }

  #failAll(cause: unknown): void {
    for (const [request] of this.#waiting) {
      this.#remove(request)
      guard(() => request.fail(cause), noop)
    }
  }
}

/** Gives each request a connection to its origin. */
export class Sessions {
  readonly #options: SessionsOptions
  readonly #origins = new Map<string, OriginSessions>()
  #isDestroyed = false

  constructor(options: SessionsOptions) {
    this.#options = options
  }

  /** Starts a request now, or once a connection has a free stream. The result removes a waiting request. */
  acquire(origin: string, request: WaitingRequest): Release {
    if (this.#isDestroyed) {
      request.fail(closedClient)
      return noop
    }
    return (this.#origins.get(origin) ?? this.#add(origin)).acquire(request)
  }

  /** Closes all connections. */
  destroy(): void {
    this.#isDestroyed = true
    this.#origins.forEach((sessions) => sessions.destroy())
  }

  #add(origin: string): OriginSessions {
    for (const [other, { isUnused }] of this.#origins) {
      if (isUnused) {
        this.#origins.delete(other)
      }
    }
    const sessions = new OriginSessions(new URL(origin), this.#options)
    this.#origins.set(origin, sessions)
    return sessions
  }
}
