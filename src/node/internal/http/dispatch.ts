/** Requests over connections, as callbacks: what Node's HTTP client and its exchanges have in common. */
import type { Readable } from "node:stream"
import type { Dispatcher } from "undici"
import { Body } from "./body.ts"
import type { ConnectionPools } from "./connectionPools.ts"
import { requestQueues } from "./requestQueue.ts"

/** A request as undici takes it. */
export interface Sendable {
  readonly origin: string
  readonly path: string
  readonly method: Dispatcher.HttpMethod
  readonly headers: { readonly [name: string]: string }
  readonly body: string | Uint8Array | Readable | null
}

/** A response's headers as undici gives them. */
export type RawHeaders = { readonly [name: string]: string | ReadonlyArray<string> | undefined }

/** What is told of a request: its answer or its failure, and when it is over, body and all. */
interface Listener {
  readonly answered: (status: number, headers: RawHeaders, body: Body) => void
  readonly failed: (cause: unknown) => void
  readonly over: () => void
}

/** A request under way. */
interface Sent {
  /** Whether anything may have been written. */
  readonly isStarted: () => boolean
  /** Ends it, and closes its connection, unless it is over. */
  readonly abort: () => void
}

const interrupted = Object.assign(new Error("The request was interrupted"), { code: "UND_ERR_ABORTED" })

/** The cause of a failure before anything was written: the mark tells that the service saw nothing. */
const beforeSending = (cause: unknown): unknown => ({
  requestSent: false,
  code: typeof cause === "object" && cause !== null && "code" in cause ? cause.code : undefined,
  cause
})

/** Starts a request: at once, or when there is room for one more. */
export type Start = (request: Sendable, listener: Listener) => Sent

/** Starts requests over connections. */
export const requestsOver = ({ dispatcher, perOrigin }: ConnectionPools): Start => {
  const join = requestQueues(perOrigin)
  return (request, listener) => {
    let controller: Dispatcher.DispatchController | undefined
    let received: Body | undefined
    let isDispatched = false
    let isAborted = false
    let isOver = false
    const over = () => {
      isOver = true
      leave()
      listener.over()
    }
    const fail = (error: unknown) => {
      if (received === undefined) {
        listener.failed(controller === undefined ? beforeSending(error) : error)
      } else {
        received.fail(error instanceof Error ? error : new Error("The response failed"))
      }
      over()
    }
    const handler: Dispatcher.DispatchHandler = {
      onRequestStart: (started) => {
        controller = started
        if (isAborted) {
          started.abort(interrupted)
        }
      },
      onResponseStart: (started, status, headers) => {
        if (status >= 200) {
          received = new Body(started)
          listener.answered(status, headers, received)
        }
      },
      onResponseData: (_, chunk) => received?.push(chunk),
      onResponseEnd: () => {
        received?.end()
        over()
      },
      onResponseError: (_, error) => fail(error)
    }
    const dispatch = () => {
      isDispatched = true
      try {
        dispatcher.dispatch({
          origin: request.origin,
          path: request.path,
          method: request.method,
          headers: request.headers,
          body: request.body,
          headersTimeout: 0,
          bodyTimeout: 0
        }, handler)
      } catch (error) {
        queueMicrotask(() => fail(error))
      }
    }
    const leave = join(request.origin, dispatch)
    return {
      isStarted: () => controller !== undefined,
      abort: () => {
        if (isOver || isAborted) {
          return
        }
        isAborted = true
        if (!isDispatched) {
          leave()
        } else if (received === undefined) {
          controller?.abort(interrupted)
        } else {
          received.leave()
        }
      }
    }
  }
}
