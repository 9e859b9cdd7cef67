/** A connection's lifetime: an attempt's own, unless a caller's scope takes it over. */
import * as Effect from "effect/Effect"
import * as ExecutionStrategy from "effect/ExecutionStrategy"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"

/** What an attempt knows of its connection. */
export class Connection {
  #release: Effect.Effect<void> = Effect.void
  #lease: Scope.CloseableScope | undefined
  #readable = true

  /** Told how to close what is open. */
  opened(close: Effect.Effect<void>): void {
    this.#release = close
  }

  close(): Effect.Effect<void> {
    return this.#lease === undefined ? this.#leave() : Scope.close(this.#lease, Exit.void)
  }

  get isHandedOver(): boolean {
    return this.#lease !== undefined
  }

  /** Makes the connection the surrounding scope's, and gives the scope that closes with it. */
  handOver(): Effect.Effect<Scope.Scope, never, Scope.Scope> {
    return Effect.flatMap(
      Effect.scope,
      (owner) =>
        Effect.flatMap(Scope.fork(owner, ExecutionStrategy.sequential), (leased) =>
          Effect.map(
            Scope.addFinalizer(
              leased,
              Effect.suspend(() => this.#leave())
            ),
            () => {
              this.#lease = leased
              return leased
            }
          ))
    )
  }

  /** Whether the body may be read: once, as long as the connection is open. */
  takeBody(): boolean {
    const mayRead = this.#readable
    this.#readable = false
    return mayRead
  }

  #leave(): Effect.Effect<void> {
    this.#readable = false
    return this.#release
  }
}
