import { Schema } from "effect"
import { Container } from "effect-sagemaker-runtime"

const qwen = Container.sglang("qwen3-8b")

export class Contact extends Schema.Class<Contact>("Contact")({
  name: Schema.String,
  telephone: Schema.NullOr(Schema.String)
}) {}

export const readContact = (email: string) =>
  qwen.chat.object(Contact, {
    messages: [
      { role: "system", content: "Extract the sender of the e-mail." },
      { role: "user", content: email }
    ],
    temperature: 0
  })
