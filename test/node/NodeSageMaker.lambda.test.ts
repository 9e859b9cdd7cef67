import { InvokeStore, InvokeStoreBase } from "@aws/lambda-invoke-store"
import { HttpClient, HttpClientRequest } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { ConfigProvider, Effect, Layer } from "effect"
import { invokeEndpoint } from "effect-sagemaker-runtime"
import { NodeSageMaker } from "effect-sagemaker-runtime/node"
import { setTimeout } from "node:timers/promises"
import { call } from "../support/call.ts"
import { exampleCredentials, requestsWith } from "../support/nodeConfiguration.ts"
import { ok, scriptedHttpClient } from "../support/scriptedHttpClient.ts"

const traceId = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"
const region = { AWS_REGION: "eu-west-1" }
const lambda = { ...region, AWS_LAMBDA_FUNCTION_NAME: "score" }
const header = "x-amzn-trace-id"

const sent = (env: Readonly<Record<string, string>>) =>
  Effect.map(requestsWith({ env }), ([request]) => request?.headers)

/** A ConfigProvider whose variables a test can change. */
const changing = (variables: Map<string, string>) => {
  const now = () => ConfigProvider.fromMap(new Map([["AWS_CONFIG_FILE", "/nowhere"], ...variables]))
  return ConfigProvider.make({ load: (config) => now().load(config), flattened: now().flattened })
}

describe("In Lambda, a request", () => {
  it.effect("has the trace header of the invocation, unsigned", () =>
    Effect.gen(function*() {
      const headers = yield* sent({ ...lambda, _X_AMZN_TRACE_ID: traceId })
      assert.strictEqual(headers?.[header], traceId)
      const signed = /SignedHeaders=([^,]+)/.exec(headers?.["authorization"] ?? "")?.[1]?.split(";") ?? []
      assert.include(signed, "host")
      assert.notInclude(signed, header)
    }))

  it.effect.each([
    { name: "no trace", env: lambda },
    { name: "an empty trace", env: { ...lambda, _X_AMZN_TRACE_ID: "" } },
    { name: "a trace outside Lambda", env: { ...region, _X_AMZN_TRACE_ID: traceId } },
    { name: "no function's name", env: { ...region, AWS_LAMBDA_FUNCTION_NAME: "", _X_AMZN_TRACE_ID: traceId } }
  ])("has no trace header with $name", ({ env }) =>
    Effect.gen(function*() {
      assert.notProperty(yield* sent(env), header)
    }))

  it.effect.each([
    { value: "first\nsecond", sends: "first%0Asecond" },
    { value: "a\r\n\u001b[31m\u007f", sends: "a%0D%0A%1B[31m%7F" },
    { value: "tab\té\ud800", sends: "tab%09%C3%A9%EF%BF%BD" },
    { value: "test123-=;:+&[]{}\"' %0A", sends: "test123-=;:+&[]{}\"' %0A" }
  ])("has the trace header percent-encoded: $sends", ({ sends, value }) =>
    Effect.gen(function*() {
      assert.strictEqual((yield* sent({ ...lambda, _X_AMZN_TRACE_ID: value }))?.[header], sends)
    }))

  it.effect("has the current trace header", () =>
    Effect.gen(function*() {
      const server = yield* scriptedHttpClient(ok)
      const variables = new Map(Object.entries({ ...lambda, _X_AMZN_TRACE_ID: "Root=first" }))
      yield* Effect.gen(function*() {
        yield* call
        variables.set("_X_AMZN_TRACE_ID", "Root=second")
        yield* call
        variables.delete("_X_AMZN_TRACE_ID")
        yield* call
      }).pipe(
        Effect.provide(NodeSageMaker.layer({ credentials: exampleCredentials, http: server.http })),
        Effect.withConfigProvider(changing(variables))
      )
      const traces = (yield* server.requests).map(({ headers }) => headers[header])
      assert.deepStrictEqual(traces, ["Root=first", "Root=second", undefined])
    }))

  const inInvocation = <A, E>(id: string, effect: Effect.Effect<A, E>) =>
    Effect.promise(async () => {
      const store = await InvokeStore.getInstanceAsync(true)
      const context = { [InvokeStoreBase.PROTECTED_KEYS.X_RAY_TRACE_ID]: id }
      return store.run(context, () => Effect.runPromise(effect))
    })

  it.effect("prefers the trace header of the invoke store", () =>
    Effect.gen(function*() {
      const server = yield* scriptedHttpClient(ok)
      const variables = changing(new Map(Object.entries({ ...lambda, _X_AMZN_TRACE_ID: traceId })))
      const program = call.pipe(
        Effect.provide(NodeSageMaker.layer({ credentials: exampleCredentials, http: server.http })),
        Effect.withConfigProvider(variables)
      )
      yield* inInvocation("Root=of-invocation", program)
      yield* inInvocation("", program)
      const traces = (yield* server.requests).map(({ headers }) => headers[header])
      assert.deepStrictEqual(traces, ["Root=of-invocation", traceId])
    }))

  it.live("has the trace header of its own invocation while several wait for the same credentials", () =>
    Effect.gen(function*() {
      const server = yield* scriptedHttpClient(ok)
      const credentials = () => setTimeout(10, exampleCredentials)
      const runtime = yield* Layer.toRuntime(NodeSageMaker.layer({ credentials, http: server.http })).pipe(
        Effect.withConfigProvider(changing(new Map(Object.entries(lambda))))
      )
      yield* Effect.forEach(
        ["a", "b", "c"],
        (EndpointName) =>
          inInvocation(`Root=${EndpointName}`, Effect.provide(invokeEndpoint({ EndpointName, Body: "" }), runtime)),
        { concurrency: "unbounded" }
      )
      const requests = yield* server.requests
      assert.deepStrictEqual(
        Object.fromEntries(requests.map(({ headers, url }) => [url.split("/").at(-2), headers[header]])),
        { a: "Root=a", b: "Root=b", c: "Root=c" }
      )
    }).pipe(Effect.scoped))

  it.effect("keeps an existing trace header", () =>
    Effect.gen(function*() {
      const server = yield* scriptedHttpClient(ok)
      const traced = HttpClient.mapRequest(HttpClientRequest.setHeader(header, "Root=own"))
      const own = Layer.effect(HttpClient.HttpClient, Effect.map(HttpClient.HttpClient, traced))
      yield* call.pipe(
        Effect.provide(NodeSageMaker.layer({ credentials: exampleCredentials, http: Layer.provide(own, server.http) })),
        Effect.withConfigProvider(changing(new Map(Object.entries({ ...lambda, _X_AMZN_TRACE_ID: traceId }))))
      )
      assert.strictEqual((yield* server.requests)[0]?.headers[header], "Root=own")
    }))
})
