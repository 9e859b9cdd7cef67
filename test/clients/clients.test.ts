import { Effect, Layer, ManagedRuntime } from "effect"
import { BearerToken, Credentials, OpenAiRoute } from "effect-sagemaker-runtime"
import { NodeEmulator } from "effect-sagemaker-runtime/node"
import { Emulator } from "effect-sagemaker-runtime/testing"
import { readFileSync } from "node:fs"
import { afterAll, assert, beforeAll, describe, it, vi } from "vitest"
import * as aiSdk from "./aiSdk.ts"
import { endpoint } from "./endpoint.ts"
import * as langchain from "./langchain.ts"
import * as openai from "./openai.ts"

const region = "eu-west-1"

const connectionsLeft = vi.fn()

const layer = BearerToken.layer({ region }).pipe(
  Layer.provide(Credentials.layer(Emulator.credentials)),
  Layer.provideMerge(NodeEmulator.layer({ endpoints: [endpoint(connectionsLeft)], region }))
)

const runtime = ManagedRuntime.make(layer)

let route: OpenAiRoute.OpenAiRoute

beforeAll(async () => {
  route = await runtime.runPromise(
    Effect.flatMap(NodeEmulator.NodeEmulator, ({ url }) => OpenAiRoute.make("llama-3-8b", { region, endpoint: url }))
  )
})

afterAll(() => runtime.dispose())

const collect = async (parts: AsyncIterable<string>): Promise<ReadonlyArray<string>> => {
  const all: Array<string> = []
  for await (const part of parts) {
    all.push(part)
  }
  return all
}

const failureOf = async (promise: PromiseLike<unknown>): Promise<Error & { readonly [name: string]: unknown }> => {
  try {
    await promise
  } catch (error) {
    return error as Error & { readonly [name: string]: unknown }
  }
  return assert.fail("the call was to fail")
}

/** Aborts a stream after its first text, and waits until the emulator has lost the connection. */
const abort = async (open: (signal: AbortSignal) => AsyncIterable<string>) => {
  connectionsLeft.mockClear()
  const controller = new AbortController()
  const received: Array<string> = []
  try {
    for await (const part of open(controller.signal)) {
      received.push(part)
      if (received.join("").includes("Wait")) {
        controller.abort()
      }
    }
  } catch {
    // Some clients end the stream, others reject.
  }
  assert.strictEqual(received.join(""), "Wait")
  await vi.waitFor(() => assert.strictEqual(connectionsLeft.mock.calls.length, 1), 5_000)
}

describe("the openai package", () => {
  it("chats, streams and calls a tool", async () => {
    const client = openai.connect(route)
    assert.strictEqual(await openai.ask(client, "Hello"), "You said: Hello")
    const parts = await collect(openai.stream(client, "Hello"))
    assert.strictEqual(parts.join(""), "You said: Hello")
    assert.isAbove(parts.length, 2)
    assert.strictEqual(await openai.askWithTools(client, "Weather?"), "The tool says: Sunny in Oslo (call-1)")
  })

  it("streams a tool call", async () => {
    const client = openai.connect(route)
    const runner = client.chat.completions.stream({
      model: "",
      messages: [{ role: "user", content: "Weather?" }],
      tools: [{ type: "function", function: { name: "weather", parameters: {} } }]
    })
    const { message } = (await runner.finalChatCompletion()).choices[0]!
    assert.deepInclude(message.tool_calls?.[0], { id: "call-1", type: "function" })
    assert.deepInclude(message.tool_calls?.[0], { function: { name: "weather", arguments: "{\"city\": \"Oslo\"}" } })
  })

  it("receives the error of the container", async () => {
    const error = await failureOf(openai.ask(openai.connect(route), "fail"))
    assert.strictEqual(error["status"], 400)
    assert.include(error.message, "max_tokens is too large")
  })

  it("closes the connection when it aborts", () =>
    abort((signal) => openai.stream(openai.connect(route), "wait", { signal })))
})

describe("the Vercel AI SDK", () => {
  it("chats, streams and calls a tool", async () => {
    const model = aiSdk.connect(route)
    assert.strictEqual(await aiSdk.ask(model, "Hello"), "You said: Hello")
    const parts = await collect(aiSdk.stream(model, "Hello").textStream)
    assert.strictEqual(parts.join(""), "You said: Hello")
    assert.isAbove(parts.length, 2)
    const result = aiSdk.streamWithTools(model, "Weather?")
    assert.strictEqual((await collect(result.textStream)).join(""), "The tool says: Sunny in Oslo (call-1)")
    assert.strictEqual((await result.steps).length, 2)
  })

  it("receives the error of the container", async () => {
    const error = await failureOf(aiSdk.ask(aiSdk.connect(route), "fail"))
    assert.strictEqual(error["statusCode"], 400)
    assert.include(error.message, "max_tokens is too large")
  })

  it("closes the connection when it aborts", () =>
    abort((signal) => aiSdk.stream(aiSdk.connect(route), "wait", { abortSignal: signal }).textStream))
})

describe("LangChain", () => {
  it("chats, streams and calls a tool", async () => {
    const model = langchain.connect(route)
    assert.strictEqual(await langchain.ask(model, "Hello"), "You said: Hello")
    const parts = await collect(langchain.stream(model, "Hello"))
    assert.strictEqual(parts.join(""), "You said: Hello")
    assert.isAbove(parts.length, 2)
    assert.strictEqual(await langchain.askWithTools(model, "Weather?"), "The tool says: Sunny in Oslo (call-1)")
  })

  it("receives the error of the container", async () => {
    const error = await failureOf(langchain.ask(langchain.connect(route), "fail"))
    assert.strictEqual(error["status"], 400)
    assert.include(error.message, "max_tokens is too large")
  })

  it("closes the connection when it aborts", () =>
    abort((signal) => langchain.stream(langchain.connect(route), "wait", { signal })))
})

it("A missing token is an error with CredentialsError as itself or as its cause", async () => {
  const none = BearerToken.layer({ region }).pipe(
    Layer.provide(Credentials.layer({ accessKeyId: "", secretAccessKey: "" }))
  )
  const unauthorized = await Effect.runPromise(Effect.provide(OpenAiRoute.make("llama-3-8b", { region }), none))
  const client = openai.connect(unauthorized).withOptions({ maxRetries: 0 })
  const connectionError = await failureOf(openai.ask(client, "Hello"))
  assert.strictEqual(connectionError.name, "Error")
  assert.propertyVal(connectionError.cause, "_tag", "CredentialsError")
  const own = await failureOf(aiSdk.ask(aiSdk.connect(unauthorized), "Hello"))
  assert.propertyVal(own, "_tag", "CredentialsError")
})

it("The guide contains the programs that these tests run", () => {
  const guide = readFileSync(new URL("../../docs/guides/openai-compatible-route.md", import.meta.url), "utf8")
  for (const name of ["openai", "aiSdk", "langchain"]) {
    const program = readFileSync(new URL(`./${name}.ts`, import.meta.url), "utf8")
    assert.include(guide, `<!-- test/clients/${name}.ts -->\n\`\`\`ts\n${program}\`\`\``)
  }
})
