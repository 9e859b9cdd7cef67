import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, FiberId, Layer, Scheduler, Stream, Tracer } from "effect"
import {
  invokeEndpoint,
  invokeEndpointWithResponseStream,
  Resilience,
  type SageMakerRuntime
} from "effect-sagemaker-runtime"
import { encode } from "../src/protocol/eventStream/frame.ts"
import { makeTestMetrics } from "./support/metrics.ts"
import { okResponse, type Reply, scriptedRuntime } from "./support/scriptedHttpClient.ts"

const input = { EndpointName: "llama", Body: "hello" }

/** A scheduler that interrupts its first fiber before the step with the given number. */
const interruptAt = (step: number) => {
  const scheduler = new Scheduler.MixedScheduler(2048)
  const record = { steps: 0 }
  let first: unknown
  scheduler.shouldYield = (fiber) => {
    first ??= fiber
    if (fiber !== first || ++record.steps !== step) {
      return false
    }
    fiber.unsafeInterruptAsFork(FiberId.none)
    return 0
  }
  return { scheduler, record }
}

interface CountedSpan {
  readonly name: string
  ends: number
  eventsAfterEnd: number
}

/** A tracer that counts how often each span ends. */
const countingTracer = () => {
  const spans: Array<CountedSpan> = []
  const tracer = Tracer.make({
    span: (name, parent, context, links, startTime, kind) => {
      const counted: CountedSpan = { name, ends: 0, eventsAfterEnd: 0 }
      spans.push(counted)
      return {
        _tag: "Span",
        name,
        spanId: String(spans.length).padStart(16, "0"),
        traceId: "1".padStart(32, "0"),
        parent,
        context,
        status: { _tag: "Started", startTime },
        attributes: new Map(),
        links,
        sampled: true,
        kind,
        end: () => {
          counted.ends += 1
        },
        attribute: () => {
          counted.eventsAfterEnd += counted.ends
        },
        event: () => {
          counted.eventsAfterEnd += counted.ends
        },
        addLinks: () => {}
      }
    },
    context: (f) => f()
  })
  return { layer: Layer.setTracer(tracer), spans }
}

const frame = (payload: string) =>
  encode({ ":message-type": "event", ":event-type": "PayloadPart" }, new TextEncoder().encode(payload))

const init = { headers: { "content-type": "application/vnd.amazon.eventstream" } }

const interruptedEverywhere = (
  program: Effect.Effect<unknown, unknown, SageMakerRuntime.SageMakerRuntime>,
  replies: ReadonlyArray<Reply>
) =>
  Effect.gen(function*() {
    const faults: Array<unknown> = []
    let step = 0
    let isDone = false
    while (!isDone && step < 5000) {
      step += 1
      const server = yield* scriptedRuntime(...replies)
      const { record: recordMetrics, series } = makeTestMetrics()
      const { layer, spans } = countingTracer()
      const { record, scheduler } = interruptAt(step)
      const limited = server.layer.pipe(
        Resilience.concurrency({ permits: 1, queue: 1 }),
        Resilience.circuitBreaker(),
        recordMetrics()
      )
      const exit = yield* Effect.scoped(Effect.gen(function*() {
        const context = yield* Layer.build(limited)
        return yield* program.pipe(
          Effect.provide(context),
          Effect.withScheduler(scheduler),
          Effect.fork,
          Effect.flatMap((fiber) => fiber.await)
        )
      })).pipe(Effect.provide(layer), Effect.exit)
      isDone = record.steps < step
      const levels = (yield* series).filter(({ name }) => /in_flight|queued/.test(name))
      if (
        spans.some(({ ends, eventsAfterEnd }) => ends !== 1 || eventsAfterEnd > 0) ||
        levels.some(({ value }) => value !== 0)
      ) {
        faults.push({ step, exit: Exit.isSuccess(exit) ? exit.value._tag : "x", spans, levels })
      }
    }
    return faults
  })

describe("a call that is interrupted before any step", () => {
  it.live("ends its spans once", () =>
    Effect.gen(function*() {
      const faults = yield* interruptedEverywhere(invokeEndpoint(input), [okResponse])
      assert.deepStrictEqual(faults, [])
    }), 60_000)
  it.live("ends its spans once, with stream", () =>
    Effect.gen(function*() {
      const call = Effect.scoped(
        Effect.flatMap(invokeEndpointWithResponseStream(input), ({ Body }) => Stream.runDrain(Body))
      )
      const faults = yield* interruptedEverywhere(call, [Effect.sync(() => new Response(frame("a") as never, init))])
      assert.deepStrictEqual(faults, [])
    }), 60_000)
})
