import { assert, it } from "@effect/vitest"
import { Effect, Layer, Predicate, Schema } from "effect"
import { type Chat, Container } from "effect-sagemaker-runtime"
import { SageMakerLanguageModel } from "effect-sagemaker-runtime/ai"
import { agentContainer } from "./agent-container.ts"
import { emulated } from "./emulated.ts"
import { Order, readOrder, total } from "./extract.ts"

const email = "Dear shop, please send me 3 lamps at 20 francs and 1 chair at 49.5 francs. Best wishes, Ada"

const hasSchema = ({ response_format }: Chat.ChatRequest): boolean =>
  Predicate.hasProperty(response_format, "type") && response_format.type === "json_schema"

const orderIn = (text: string) => ({
  customer: /wishes, (\w+)/.exec(text)?.[1] ?? "",
  date: null,
  items: [...text.matchAll(/(\d+) (\w+?)s? at ([\d.]+)/g)].map(([, quantity, name, price]) => ({
    name,
    quantity: Number(quantity),
    price: Number(price)
  }))
})

const container = agentContainer("qwen3-8b", {
  model: "Qwen/Qwen3-8B",
  reply: (messages, request) => {
    const email = messages.at(-1)?.content
    const order = JSON.stringify(orderIn(typeof email === "string" ? email : ""))
    return hasSchema(request) ? order : `<think>Two items.</think>\n\`\`\`json\n${order}\n\`\`\``
  }
})

const expected = Schema.decodeSync(Order)({
  customer: "Ada",
  date: null,
  items: [{ name: "lamp", quantity: 3, price: 20 }, { name: "chair", quantity: 1, price: 49.5 }]
})

it.live.each([undefined, "instructions"] as const)(
  "reads an order (structured output: %s)",
  (structuredOutput) =>
    Effect.gen(function*() {
      const order = yield* readOrder(email)
      assert.deepStrictEqual(order, expected)
      assert.strictEqual(total(order), 109.5)
    }).pipe(
      Effect.provide(
        SageMakerLanguageModel.layer({ model: Container.vllm("qwen3-8b").chat, config: { structuredOutput } }).pipe(
          Layer.provide(emulated(container))
        )
      )
    )
)
