import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { NodeCredentials, NodeHttpClient } from "effect-sagemaker-runtime/node"
import { captureOutput } from "../support/captureOutput.ts"
import { currentCredentials, isolatedEnvironment, serveResponses } from "../support/credentialServers.ts"
import { eventually } from "../support/eventually.ts"
import { serve } from "../support/server.ts"

const container = Layer.provide(NodeCredentials.layerContainer, NodeHttpClient.layer())

describe("The role of a container", () => {
  it.scopedLive("that is rejected fails with the status and without the text of the server", () =>
    Effect.gen(function*() {
      const server = yield* serveResponses(() => ({
        status: 403,
        body: { Code: "canary-code", Message: "canary-message" }
      }))
      yield* isolatedEnvironment({
        AWS_CONTAINER_CREDENTIALS_FULL_URI: `${server.url}/canary-path`,
        AWS_CONTAINER_AUTHORIZATION_TOKEN: "canary-token"
      })
      const { error, texts } = yield* captureOutput(Effect.provide(currentCredentials, container))
      assert.deepInclude(error, {
        _tag: "CredentialsError",
        message:
          "The source \"container\" returned no credentials: status 403. Check AWS_CONTAINER_CREDENTIALS_RELATIVE_URI or " +
          "AWS_CONTAINER_CREDENTIALS_FULL_URI, and the role of the ECS task or EKS pod.",
        sources: ["container"],
        status: 403
      })
      assert.deepStrictEqual(texts.filter(([, text]) => text.includes("canary")), [])
    }))
})

describe("A container credential endpoint", () => {
  it.scopedLive("that sends without end fails, and its connection is closed", () =>
    Effect.gen(function*() {
      let open = 0
      const server = yield* serve((_, response) => {
        open += 1
        response.on("close", () => (open -= 1))
        response.writeHead(200)
        const send = () => {
          while (!response.destroyed && response.write(Buffer.alloc(65_536, 32))) {
            // Fills the buffer of the socket.
          }
        }
        response.on("drain", send)
        send()
      })
      yield* isolatedEnvironment({ AWS_CONTAINER_CREDENTIALS_FULL_URI: `${server.url}/` })
      const error = yield* Effect.flip(Effect.provide(currentCredentials, container))
      assert.strictEqual(error._tag, "CredentialsError")
      yield* eventually(() => open === 0)
    }))
})
