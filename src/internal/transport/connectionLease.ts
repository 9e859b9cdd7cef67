/** The lifetime of a connection: it belongs to an attempt until it is transferred to a scope. */
import * as Effect from "effect/Effect"
import * as ExecutionStrategy from "effect/ExecutionStrategy"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"

/** The connection of one attempt. */
export class ConnectionLease {
  #release: Effect.Effect<void> = Effect.void
  #scope: Scope.CloseableScope | undefined
  #isReadable = true

  opened(close: Effect.Effect<void>): void {
    this.#release = close
  }

  closed(): void {
    this.#release = Effect.void
  }

  /** Closes the connection. Returns `Effect.void` itself if no connection is open. */
  close(): Effect.Effect<void> {
    return this.#scope === undefined ? this.#end() : Scope.close(this.#scope, Exit.void)
  }

  get isTransferred(): boolean {
    return this.#scope !== undefined
  }

  /** Transfers the connection to the scope in context. Returns a scope that closes with the connection. */
  transfer(): Effect.Effect<Scope.Scope, never, Scope.Scope> {
    return Effect.gen(this, function*() {
      const scope = yield* Scope.fork(yield* Effect.scope, ExecutionStrategy.sequential)
      yield* Scope.addFinalizer(scope, Effect.suspend(() => this.#end()))
      this.#scope = scope
      return scope
    })
  }

  /** Claims the body. Returns `true` only for the first claim while the connection is open. */
  claimBody(): boolean {
    const isReadable = this.#isReadable
    this.#isReadable = false
    return isReadable
  }

  #end(): Effect.Effect<void> {
    this.#isReadable = false
    return this.#release
  }
}
