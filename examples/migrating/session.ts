import { Effect, Schema } from "effect"
import { Codec, ModelEndpoint, Session } from "effect-sagemaker-runtime"

const counter = ModelEndpoint.make("counter", { request: Codec.text, response: Codec.json(Schema.Number) })

export const program = Session.make(counter).pipe(
  Effect.flatMap(({ invoke }) => Effect.all([invoke("one"), invoke("two")])),
  Effect.scoped
)
