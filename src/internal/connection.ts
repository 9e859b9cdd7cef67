/** A connection's lifetime: an attempt's own, unless a caller's scope takes it over. */
import * as Effect from "effect/Effect"
import * as ExecutionStrategy from "effect/ExecutionStrategy"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"

/** What an attempt knows of its connection. */
export interface Connection {
  /** Closing it closes the connection. */
  readonly scope: Scope.CloseableScope
  readonly close: Effect.Effect<void>
  readonly isHandedOver: () => boolean
  /** Makes the connection the surrounding scope's, and gives the scope that closes with it. */
  readonly handOver: Effect.Effect<Scope.Scope, never, Scope.Scope>
  /** Whether the body may be read: once, as long as the connection is open. */
  readonly takeBody: () => boolean
}

export const make: Effect.Effect<Connection> = Effect.map(Scope.make(), (scope) => {
  let lease: Scope.CloseableScope | undefined
  let readable = true
  const close = Effect.suspend(() => {
    readable = false
    return lease === undefined ? Scope.close(scope, Exit.void) : Scope.close(lease, Exit.void)
  })
  const handOver = Effect.gen(function*() {
    const owner = yield* Effect.scope
    const leased = yield* Scope.fork(owner, ExecutionStrategy.sequential)
    yield* Scope.addFinalizer(
      leased,
      Effect.suspend(() => {
        readable = false
        return Scope.close(scope, Exit.void)
      })
    )
    lease = leased
    return leased
  })
  return {
    scope,
    close,
    isHandedOver: () => lease !== undefined,
    handOver,
    takeBody: () => {
      const mayRead = readable
      readable = false
      return mayRead
    }
  }
})
