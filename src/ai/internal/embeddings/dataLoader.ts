/** Embeds the texts that arrive within a time window in common requests, whichever effects they come from. */
import type * as AiError from "@effect/ai/AiError"
import * as EmbeddingModel from "@effect/ai/EmbeddingModel"
import type * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import type * as Scope from "effect/Scope"
import type { EmbedTexts } from "./batches.ts"

interface Item {
  readonly text: string
  readonly vector: Deferred.Deferred<Array<number>, AiError.AiError>
}

/** The texts of one window. */
interface Batch {
  readonly items: Set<Item>
  /** The fiber that waits for the end of the window, then sends the texts. */
  fiber: Fiber.Fiber<void> | undefined
  /** Starts to send the texts before the end of the window. */
  readonly full: Deferred.Deferred<void>
}

interface Settings {
  /** The context of the requests, because they belong to several callers. */
  readonly context: Context.Context<never>
  readonly windowMillis: number
  readonly maxBatchSize: number
}

class Loader {
  private current: Batch | undefined
  private readonly embedTexts: EmbedTexts
  private readonly settings: Settings
  private readonly scope: Scope.Scope

  constructor(embedTexts: EmbedTexts, settings: Settings, scope: Scope.Scope) {
    this.embedTexts = embedTexts
    this.settings = settings
    this.scope = scope
  }

  readonly embed = (text: string): Effect.Effect<Array<number>, AiError.AiError> =>
    Effect.acquireUseRelease(
      this.join(text),
      ({ item }) => Deferred.await(item.vector),
      ({ batch, item }) => this.leave(batch, item)
    )

  private join(text: string): Effect.Effect<{ readonly batch: Batch; readonly item: Item }> {
    return Effect.gen(this, function*() {
      const item: Item = { text, vector: yield* Deferred.make<Array<number>, AiError.AiError>() }
      const full = yield* Deferred.make<void>()
      const batch = this.current ?? { items: new Set<Item>(), fiber: undefined, full }
      batch.items.add(item)
      if (this.current === undefined) {
        this.current = batch
        batch.fiber = yield* Effect.forkIn(this.run(batch), this.scope)
      }
      if (batch.items.size >= this.settings.maxBatchSize) {
        this.close(batch)
        yield* Deferred.succeed(batch.full, undefined)
      }
      return { batch, item }
    })
  }

  private close(batch: Batch): void {
    this.current = this.current === batch ? undefined : this.current
  }

  /** Without callers, the batch ends and its request is interrupted. */
  private leave(batch: Batch, item: Item): Effect.Effect<void> {
    return Effect.suspend(() => {
      batch.items.delete(item)
      if (batch.items.size > 0 || batch.fiber === undefined) {
        return Effect.void
      }
      this.close(batch)
      return Fiber.interruptFork(batch.fiber)
    })
  }

  /** Runs without interruption outside of `interruptible`, so that every caller gets a result. */
  private run(batch: Batch): Effect.Effect<void> {
    const send = Effect.gen(this, function*() {
      this.close(batch)
      const items = Array.from(batch.items)
      const results = yield* this.embedTexts(items.map(({ text }) => text))
      yield* Effect.forEach(items, ({ vector }, index) => Deferred.done(vector, results[index]!), { discard: true })
    })
    const wait = Effect.race(Effect.sleep(this.settings.windowMillis), Deferred.await(batch.full))
    return Effect.interruptible(Effect.zipRight(wait, send)).pipe(
      Effect.onExit((exit) =>
        Effect.forEach(
          batch.items,
          ({ vector }) => Exit.isFailure(exit) ? Deferred.failCause(vector, exit.cause) : Effect.void,
          { discard: true }
        )
      ),
      Effect.mapInputContext(() => this.settings.context)
    )
  }
}

/** Makes the service. The callers of a batch are interrupted when the scope closes. */
export const makeDataLoader = (
  embedTexts: EmbedTexts,
  settings: Settings
): Effect.Effect<EmbeddingModel.Service, never, Scope.Scope> =>
  Effect.map(Effect.scope, (scope) => {
    const { embed } = new Loader(embedTexts, settings, scope)
    return EmbeddingModel.EmbeddingModel.of({
      embed: (text) => Effect.withSpan(embed(text), "EmbeddingModel.embed", { captureStackTrace: false }),
      embedMany: (texts, given) =>
        Effect.forEach(texts, embed, { concurrency: given?.concurrency ?? "unbounded" }).pipe(
          Effect.withSpan("EmbeddingModel.embedMany", { captureStackTrace: false })
        )
    })
  })
