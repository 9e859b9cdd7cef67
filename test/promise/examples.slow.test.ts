import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { SageMakerError } from "effect-sagemaker-runtime"
import type { AddressInfo } from "node:net"
import { afterAll, beforeAll, vi } from "vitest"
import { wavOf } from "../../examples/voice-audio.ts"
import { type ExampleModels, startExampleModels } from "../support/exampleModels.ts"
import { serve } from "../support/server.ts"
import { leaveAfter, textOf } from "../support/sse.ts"
import { failureOf } from "./failureOf.ts"

let models: ExampleModels

beforeAll(async () => {
  models = await startExampleModels()
  Object.entries(models.env).forEach(([name, value]) => vi.stubEnv(name, value))
})

afterAll(async () => {
  const { client } = await import("../../examples/promise/score.ts")
  await client.close()
  await models.close()
  vi.unstubAllEnvs()
})

const collect = async <A>(values: AsyncIterable<A>): Promise<ReadonlyArray<A>> => {
  const all: Array<A> = []
  for await (const value of values) {
    all.push(value)
  }
  return all
}

describe("the programs of the guide:", () => {
  it("score", async () => {
    const { score } = await import("../../examples/promise/score.ts")
    assert.strictEqual(await score({ cpu: 0.2, load: 17 }), 0.9)
    const signal = AbortSignal.abort()
    assert.propertyVal(await failureOf(score({ cpu: 0.2, load: 17 }, { signal })), "name", "AbortError")
  })

  it("errors", async () => {
    const [{ score }, { statusOf }] = await Promise.all([
      import("../../examples/promise/score.ts"),
      import("../../examples/promise/errors.ts")
    ])
    assert.strictEqual(statusOf(await failureOf(score({ cpu: "high", load: 17 } as never))), 400)
    assert.strictEqual(statusOf(await failureOf(score({ cpu: 2, load: 17 }))), 502)
    assert.strictEqual(statusOf(new SageMakerError.ModelNotReadyException({ message: "loading" })), 503)
  })

  it("chat", async () => {
    const { chat } = await import("../../examples/promise/chat.ts")
    assert.strictEqual((await collect(chat("Hi"))).join(""), "Hello you")
    assert.instanceOf(await failureOf(collect(chat("fail"))), SageMakerError.ModelError)
    const left = models.left()
    for await (const text of chat("wait")) {
      assert.strictEqual(text, "Hello")
      break
    }
    await vi.waitFor(() => assert.strictEqual(models.left(), left + 1))
  })

  it("story", async () => {
    const { printStory } = await import("../../examples/promise/story.ts")
    const lines: Array<string> = []
    await printStory((text) => lines.push(text))
    assert.strictEqual(lines[0], "variant AllTraffic")
    assert.strictEqual(lines.slice(1).join(""), "Once upon a time")
  })

  it("captions", async () => {
    const { captions } = await import("../../examples/promise/captions.ts")
    const wav = wavOf("SOS", 30)
    let sent = 0
    async function* audio() {
      for (let at = 0; at < wav.length; at += 800) {
        sent++
        yield wav.subarray(at, at + 800)
      }
    }
    assert.strictEqual((await collect(captions(audio()))).join(""), "SOS")
    assert.strictEqual(sent, Math.ceil(wav.length / 800))
    async function* broken() {
      yield wav.subarray(0, 800)
      throw new Error("no microphone")
    }
    assert.propertyVal(await failureOf(collect(captions(broken()))), "message", "no microphone")
  })

  const readings = Array.from({ length: 100 }, (_, index) => ({ cpu: index === 7 ? 2 : index / 100, load: index }))

  it("batch", async () => {
    const { scoreAll } = await import("../../examples/promise/batch.ts")
    const { failures, scores } = await scoreAll(readings)
    assert.deepStrictEqual(scores, readings.map(({ cpu }) => cpu === 2 ? undefined : 0.9))
    assert.deepStrictEqual(failures.map(({ reading }) => reading), [readings[7]])
    assert.instanceOf(failures[0]?.error, SageMakerError.ModelError)
    assert.isAtMost(models.mostConcurrent(), 16)
    assert.isAbove(models.mostConcurrent(), 4)
  })

  it("batch-stream", async () => {
    const { scoreEach } = await import("../../examples/promise/batch-stream.ts")
    let requested = 0
    async function* source() {
      for (const reading of readings) {
        requested++
        yield reading
      }
    }
    const results = await collect(scoreEach(source()))
    assert.deepStrictEqual(results.map(({ reading }) => reading), readings)
    assert.deepStrictEqual(results.flatMap((result) => "error" in result ? [result.reading.load] : []), [7])
    assert.strictEqual(requested, 100)
    requested = 0
    for await (const _ of scoreEach(source())) {
      break
    }
    assert.isAtMost(requested, 64)
  })

  it("sse-proxy", async () => {
    const { server } = await import("../../examples/promise/sse-proxy.ts")
    await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening))
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/?question=`
    try {
      assert.strictEqual(
        await textOf(`${url}Hi`),
        "data: \"Hello\"\n\ndata: \" you\"\n\ndata: \"\"\n\nevent: done\ndata:\n\n"
      )
      assert.strictEqual(await textOf(`${url}fail`), "event: error\ndata: ModelError\n\n")
      await leaveAfter(`${url}wait`, "Hello", models.left)
    } finally {
      server.close()
      server.closeAllConnections()
    }
  })
})

it.scopedLive("The Lambda function keeps its client and its connection between invocations", () =>
  Effect.gen(function*() {
    const { connections, seen, url } = yield* serve((request, response) => {
      request.resume().on(
        "end",
        () =>
          response.setHeader("content-type", "application/json").setHeader("content-length", 13).end("{\"score\":0.9}")
      )
    })
    yield* Effect.promise(async () => {
      vi.resetModules()
      vi.stubEnv("AWS_ENDPOINT_URL", url)
      const { handler } = await import("../../examples/promise/lambda.ts")
      for (let left = 5; left > 0; left--) {
        // oxlint-disable-next-line no-await-in-loop
        assert.deepStrictEqual(await handler({ cpu: 0.2, load: 17 }), { score: 0.9 })
      }
      assert.strictEqual(seen().length, 5)
      assert.isAtMost(connections(), 2)
      const { client } = await import("../../examples/promise/score.ts")
      await client.close()
    })
  }))
