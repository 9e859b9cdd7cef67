/** An HTTP client that sends bidirectional streams to the emulated service, without a network connection. */
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Runtime from "effect/Runtime"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { HttpResponseMessage, HttpStreamRequest } from "../emulator/httpMessage.ts"
import { toRequestError, toStreamRequest, toWebResponse } from "../emulator/webMessage.ts"

interface BidirectionalService {
  readonly handleBidirectional: (request: HttpStreamRequest) => Effect.Effect<HttpResponseMessage, never, Scope.Scope>
}

/** A scope that closes when the client aborts the request. */
const makeRequestScope = (signal: AbortSignal): Effect.Effect<Scope.CloseableScope> =>
  Effect.gen(function*() {
    const scope = yield* Scope.make()
    const runtime = yield* Effect.runtime()
    const close = () => void Runtime.runFork(runtime)(Scope.close(scope, Exit.void))
    signal.addEventListener("abort", close, { once: true })
    if (signal.aborted) {
      close()
    }
    yield* Scope.addFinalizer(scope, Effect.sync(() => signal.removeEventListener("abort", close)))
    return scope
  })

/** Closes the scope with the body. */
const withScope = (response: HttpResponseMessage, scope: Scope.CloseableScope): HttpResponseMessage => ({
  ...response,
  body: response.body instanceof Uint8Array
    ? response.body
    : Stream.ensuring(response.body, Scope.close(scope, Exit.void))
})

export const makeDuplexClient = ({ handleBidirectional }: BidirectionalService): HttpClient.HttpClient =>
  HttpClient.make((request, url, signal) =>
    Effect.gen(function*() {
      const scope = yield* makeRequestScope(signal)
      const { failure, received } = toStreamRequest(request, url)
      const close = Scope.close(scope, Exit.void)
      const response = yield* Scope.extend(handleBidirectional(received), scope).pipe(
        Effect.onError(() => close)
      )
      const failed = failure()
      if (failed._tag === "Some") {
        yield* close
        return yield* toRequestError(request)(failed.value)
      }
      if (response.body instanceof Uint8Array) {
        yield* close
      }
      return HttpClientResponse.fromWeb(request, yield* toWebResponse(withScope(response, scope)))
    })
  )
