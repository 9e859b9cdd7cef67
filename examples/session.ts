import { Effect } from "effect"
import { ModelEndpoint, Session } from "effect-sagemaker-runtime"

const llama = ModelEndpoint.chat("llama-3-8b")

const user = (content: string) => ({ messages: [{ role: "user" as const, content }] })

export const conversation = Effect.gen(function*() {
  const session = yield* Session.make(llama)
  yield* session.invoke(user("My name is Ada."))
  return yield* session.invoke(user("What is my name?"))
}).pipe(
  Effect.scoped,
  Effect.map(({ choices }) => choices[0]?.message.content ?? ""),
  Effect.catchTag("SessionExpiredError", () => Effect.succeed("The session has expired."))
)
