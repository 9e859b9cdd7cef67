import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { Chat, Container, ModelEndpoint } from "effect-sagemaker-runtime"
import { scriptedRuntime } from "../support/scriptedHttpClient.ts"

const respond = (body: string) =>
  scriptedRuntime({ status: 200, headers: { "content-type": "application/json" }, body })

const sentBy = (body: unknown) => new TextDecoder().decode((body as { readonly body: Uint8Array }).body)

describe("A seed of 64 bits", () => {
  const models = [["TGI", Container.tgi("a").generate], ["LMI", Container.lmi("a").generate]] as const

  it.effect.each(models)("is exact in the responses and the requests of %s", ([, model]) =>
    Effect.gen(function*() {
      const server = yield* respond("{\"generated_text\":\"a\",\"details\":{\"seed\":17993345967182263331}}")
      const request = { inputs: "a", parameters: { seed: 17_993_345_967_182_263_331n } }
      const response = yield* model.invoke(request).pipe(Effect.provide(server.layer))
      assert.deepNestedInclude(response, { "details.seed": 17_993_345_967_182_263_331n })
      const [sent] = yield* server.requests
      assert.include(sentBy(sent!.body), "\"seed\":17993345967182263331")
    }))
})

describe("A completion with Python's numbers", () => {
  it.effect("is decoded", () =>
    Effect.gen(function*() {
      const server = yield* respond(
        "{\"choices\":[{\"index\":0,\"message\":{\"content\":\"a\"},\"logprobs\":{\"content\":[{\"token\":\"a\",\"logprob\":-Infinity}]}}]}"
      )
      const completion = yield* ModelEndpoint.chat("a").invoke({ messages: [Chat.user("Hi")] }).pipe(
        Effect.provide(server.layer)
      )
      assert.strictEqual(completion.choices[0]?.logprobs?.content?.[0]?.logprob, -Infinity)
    }))
})
