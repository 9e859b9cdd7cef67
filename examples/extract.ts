import { LanguageModel } from "@effect/ai"
import { Effect, Schema } from "effect"

class Item extends Schema.Class<Item>("Item")({
  name: Schema.String,
  quantity: Schema.Int,
  price: Schema.Number.annotations({ description: "The price of one item" })
}) {}

export class Order extends Schema.Class<Order>("Order")({
  customer: Schema.String,
  date: Schema.NullOr(Schema.String.annotations({ description: "The date as YYYY-MM-DD" })),
  items: Schema.Array(Item)
}) {}

export const readOrder = (email: string) =>
  LanguageModel.generateObject({
    prompt: [
      { role: "system", content: "Extract the order from the e-mail. Use null for what it does not say." },
      { role: "user", content: email }
    ],
    objectName: "order",
    schema: Order
  }).pipe(Effect.map(({ value }) => value))

export const total = ({ items }: Order): number => items.reduce((sum, { price, quantity }) => sum + price * quantity, 0)
