/** Sends requests through undici's dispatcher, with callbacks. */
import type * as Headers from "@effect/platform/Headers"
import type { Readable } from "node:stream"
import type { Dispatcher } from "undici"
import { emptyHeaders } from "../../../internal/operation/request.ts"
import { noop } from "../../../internal/time/timer.ts"
import { guard } from "../../../protocol/function/guard.ts"
import type { ConnectionPools } from "./connectionPools.ts"
import { requestQueues } from "./requestQueue.ts"
import { UndiciSource } from "./undiciSource.ts"

/** A request for undici. */
export interface DispatchRequest {
  readonly origin: string
  readonly path: string
  readonly method: Dispatcher.HttpMethod
  readonly headers: { readonly [name: string]: string }
  readonly body: string | Uint8Array | Readable | null
}

/** Response headers from undici. */
export type RawHeaders = { readonly [name: string]: string | ReadonlyArray<string> | undefined }

/** Joins the values of each header. */
export const toHeaders = (raw: RawHeaders): Headers.Headers => {
  const headers = emptyHeaders()
  for (const name of Object.keys(raw)) {
    const value = raw[name]
    if (value !== undefined) {
      headers[name] = typeof value === "string" ? value : value.join(", ")
    }
  }
  return headers
}

/** Callbacks of a request. What one throws fails the request. */
interface DispatchCallbacks {
  /** The response headers have arrived. If it throws, the body is not read. */
  readonly onResponse: (status: number, headers: RawHeaders, body: UndiciSource) => void
  /** The request failed before its response headers arrived. */
  readonly onError: (cause: unknown) => void
  /** The request has ended, with its response body or a failure. */
  readonly onEnd: () => void
}

/** A request that runs or waits for a connection. */
interface DispatchedRequest {
  /** Whether any byte may have been written. */
  readonly isStarted: () => boolean
  /** Ends the request and closes its connection, unless it has ended. */
  readonly abort: () => void
}

/** Sends a request now, or once a connection is free. */
export type Dispatch = (request: DispatchRequest, callbacks: DispatchCallbacks) => DispatchedRequest

const closedAfterError = new Error("The connection was closed after an error")

const interrupted = Object.assign(new Error("The request was interrupted"), { code: "UND_ERR_ABORTED" })

/** Marks the cause of a failed request that was not sent. */
const unsentCause = (cause: unknown): unknown => ({
  requestSent: false,
  code: typeof cause === "object" && cause !== null && "code" in cause ? cause.code : undefined,
  cause
})

/** A response without a body, whatever its headers say. */
const isWithoutBody = (method: string, status: number): boolean => method === "HEAD" || status === 204 || status === 304

const switchedProtocols = Object.assign(new Error("bad upgrade"), { code: "UND_ERR_SOCKET" })

/** Handles undici's events of one request. None of its methods throws: an error in a callback fails the request. */
class RequestHandler implements Dispatcher.DispatchHandler, DispatchedRequest {
  readonly #request: DispatchRequest
  readonly #callbacks: DispatchCallbacks
  #releaseConnection = () => {}
  #controller: Dispatcher.DispatchController | undefined
  #body: UndiciSource | undefined
  #isDispatched = false
  #isAborted = false
  #isEnded = false

  constructor(request: DispatchRequest, callbacks: DispatchCallbacks) {
    this.#request = request
    this.#callbacks = callbacks
  }

  queued(release: () => void): void {
    this.#releaseConnection = release
  }

  dispatch(dispatcher: ConnectionPools["dispatcher"]): void {
    this.#isDispatched = true
    try {
      const { body, headers, method, origin, path } = this.#request
      dispatcher.dispatch({ origin, path, method, headers, body, headersTimeout: 0, bodyTimeout: 0 }, this)
    } catch (error) {
      queueMicrotask(() => this.#fail(error))
    }
  }

  isStarted(): boolean {
    return this.#controller !== undefined
  }

  abort(): void {
    if (this.#isEnded || this.#isAborted) {
      return
    }
    this.#isAborted = true
    guard(() => {
      if (!this.#isDispatched) {
        this.#releaseConnection()
      } else if (this.#body === undefined) {
        this.#controller?.abort(interrupted)
      } else {
        this.#body.close()
      }
    }, (cause) => this.#fail(cause))
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    if (this.#isAborted) {
      this.#close(interrupted)
    }
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number, headers: RawHeaders): void {
    if (status === 101) {
      this.#close(switchedProtocols)
    } else if (status >= 200) {
      const body = new UndiciSource(controller)
      if (isWithoutBody(this.#request.method, status)) {
        body.end()
      }
      try {
        this.#callbacks.onResponse(status, headers, body)
        this.#body = body
      } catch (cause) {
        this.#crash(cause)
      }
    }
  }

  onResponseData(_: Dispatcher.DispatchController, chunk: Uint8Array): void {
    try {
      this.#body?.push(chunk)
    } catch (cause) {
      this.#crash(cause)
    }
  }

  onResponseEnd(): void {
    if (this.#body === undefined) {
      this.#fail(new Error("The response has ended before its headers"))
      return
    }
    try {
      this.#body.end()
    } catch (cause) {
      this.#crash(cause)
    }
    this.#end()
  }

  onResponseError(_: Dispatcher.DispatchController, error: Error): void {
    this.#fail(error)
  }

  /** Fails the request and closes its connection, because a callback threw an error. */
  #crash(cause: unknown): void {
    this.#fail(cause)
    this.#close(closedAfterError)
  }

  #close(reason: Error): void {
    guard(() => this.#controller?.abort(reason), (cause) => this.#fail(cause))
  }

  #fail(error: unknown): void {
    if (this.#isEnded) {
      return
    }
    guard(() => {
      if (this.#body === undefined) {
        this.#callbacks.onError(this.#controller === undefined ? unsentCause(error) : error)
      } else {
        this.#body.end(error instanceof Error ? error : new Error("The response failed"))
      }
    }, noop)
    this.#end()
  }

  #end(): void {
    if (!this.#isEnded) {
      this.#isEnded = true
      guard(this.#releaseConnection, noop)
      guard(() => this.#callbacks.onEnd(), noop)
    }
  }
}

/** Makes the function that sends requests over connection pools. */
export const makeDispatch = ({ dispatcher, monitor, perOrigin }: ConnectionPools): Dispatch => {
  const enqueue = requestQueues(perOrigin, (change) => monitor?.queued("connections", undefined, change))
  return (request, callbacks) => {
    const handler = new RequestHandler(request, callbacks)
    handler.queued(enqueue(request.origin, () => handler.dispatch(dispatcher)))
    return handler
  }
}
