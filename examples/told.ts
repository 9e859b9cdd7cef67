import { Effect } from "effect"
import { ModelEndpoint, Session } from "effect-sagemaker-runtime"

const llama = ModelEndpoint.chat("llama-3-8b")

const said = (content: string) => ({ messages: [{ role: "user" as const, content }] })

export const told = Effect.gen(function*() {
  const session = yield* Session.make(llama)
  yield* session.invoke(said("My name is Ada."))
  return yield* session.invoke(said("What is my name?"))
}).pipe(
  Effect.scoped,
  Effect.map(({ choices }) => choices[0]?.message.content ?? ""),
  Effect.catchTag("SessionExpiredError", () => Effect.succeed("Who are you?"))
)
