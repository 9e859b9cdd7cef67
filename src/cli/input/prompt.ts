/** Lines of a conversation, from a terminal or from piped standard input. */
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import process from "node:process"
import * as readline from "node:readline"

/** What the user did. */
export type PromptEvent =
  | { readonly _tag: "Line"; readonly text: string }
  | { readonly _tag: "Interrupt" }
  | { readonly _tag: "End" }

/** The input of a conversation. */
interface PromptInput {
  /** Whether standard input and standard output are terminals. */
  readonly interactive: boolean
  /** Prints the prompt and waits for the next event. */
  readonly next: Effect.Effect<PromptEvent>
  /** Waits for Ctrl-C. Lines that were typed before are the next events. */
  readonly interrupted: Effect.Effect<void>
}

const end: PromptEvent = { _tag: "End" }

/** Opens standard input. In a terminal, Ctrl-C is an event and does not end the process. */
export const open = Effect.gen(function*() {
  const interactive = process.stdin.isTTY && process.stdout.isTTY
  const events = yield* Queue.unbounded<PromptEvent>()
  const interrupts = yield* Queue.unbounded<void>()
  const lines = yield* Effect.acquireRelease(
    Effect.sync(() =>
      readline.createInterface({
        input: process.stdin,
        terminal: interactive,
        prompt: ">>> ",
        ...(interactive ? { output: process.stdout } : {})
      })
    ),
    (opened) => Effect.sync(() => opened.close())
  )
  let streaming = false
  lines.on("line", (text) => events.unsafeOffer({ _tag: "Line", text }))
  lines.on("close", () => events.unsafeOffer(end))
  process.stdin.on("error", () => events.unsafeOffer(end))
  if (interactive) {
    lines.on("SIGINT", () => streaming ? interrupts.unsafeOffer(undefined) : events.unsafeOffer({ _tag: "Interrupt" }))
  }
  const prompt = Effect.sync(() => interactive && lines.prompt())
  const input: PromptInput = {
    interactive,
    next: Effect.zipRight(prompt, Queue.take(events)),
    interrupted: Effect.acquireUseRelease(
      Effect.sync(() => {
        streaming = true
      }),
      () => Effect.zipRight(Queue.takeAll(interrupts), Queue.take(interrupts)),
      () =>
        Effect.sync(() => {
          streaming = false
        })
    )
  }
  return input
})
