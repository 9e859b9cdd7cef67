import {
  InvokeEndpointAsyncCommand,
  InvokeEndpointCommand,
  InvokeEndpointWithResponseStreamCommand
} from "@aws-sdk/client-sagemaker-runtime"
import { it } from "@effect/vitest"
import { Effect, FastCheck } from "effect"
import { invokeEndpoint, invokeEndpointAsync, invokeEndpointWithResponseStream } from "effect-sagemaker-runtime"
import { describe } from "vitest"
import { withOurs } from "./ours.ts"
import { assertSameRequest, body, common, name, optional, printable, routing } from "./requests.ts"
import { bytesOf, type SdkResponse, withSdk } from "./sdk.ts"

const settings = { fastCheck: { numRuns: 150 }, timeout: 30_000 }

const response = (status: number, text = ""): SdkResponse => ({ status, headers: {}, body: bytesOf(text) })

describe("The client sends the request of AWS SDK v3 for", () => {
  it.effect.prop("InvokeEndpoint", {
    input: FastCheck.record({
      ...common,
      ...routing,
      TargetModel: optional(printable(64)),
      EnableExplanations: optional(printable(64)),
      SessionId: optional(FastCheck.oneof(FastCheck.constant("NEW_SESSION"), name(256))),
      Body: body
    })
  }, ({ input }) =>
    Effect.gen(function*() {
      const command = new InvokeEndpointCommand({ ...input, Body: bytesOf(input.Body) })
      const theirs = yield* withSdk((client) => client.send(command), response(200))
      const ours = yield* withOurs(invokeEndpoint(input), response(200))
      assertSameRequest(ours.request, theirs.request)
    }), settings)

  it.effect.prop("InvokeEndpointWithResponseStream", {
    input: FastCheck.record({ ...common, ...routing, SessionId: optional(name(256)), Body: body })
  }, ({ input }) =>
    Effect.gen(function*() {
      const command = new InvokeEndpointWithResponseStreamCommand({ ...input, Body: bytesOf(input.Body) })
      const theirs = yield* withSdk((client) => client.send(command), response(200))
      const ours = yield* withOurs(Effect.scoped(invokeEndpointWithResponseStream(input)), response(200))
      assertSameRequest(ours.request, theirs.request)
    }), settings)

  it.effect.prop("InvokeEndpointAsync", {
    input: FastCheck.record({
      ...common,
      S3OutputPathExtension: optional(FastCheck.stringMatching(/^[a-zA-Z0-9!_.*'()/-]{1,64}$/)),
      Filename: optional(FastCheck.stringMatching(/^[a-zA-Z0-9][a-zA-Z0-9_-]{0,20}(\.[a-z]{1,4})?$/)),
      RequestTTLSeconds: optional(FastCheck.integer({ min: 60, max: 21_600 })),
      InvocationTimeoutSeconds: optional(FastCheck.integer({ min: 1, max: 3_600 }))
    }),
    payload: FastCheck.oneof(
      body.map((Body) => ({ Body })),
      FastCheck.stringMatching(/^s3:\/\/[a-z]{3,8}\/[a-z/]{1,16}$/).map((InputLocation) => ({ InputLocation }))
    )
  }, ({ input, payload }) =>
    Effect.gen(function*() {
      const theirBody = "Body" in payload ? { Body: bytesOf(payload.Body) } : payload
      const command = new InvokeEndpointAsyncCommand({ ...input, ...theirBody })
      const accepted = response(202, "{}")
      const theirs = yield* withSdk((client) => client.send(command), accepted)
      const ours = yield* withOurs(invokeEndpointAsync({ ...input, ...payload }), accepted)
      assertSameRequest(ours.request, theirs.request)
    }), settings)
})
