import { assert, it } from "@effect/vitest"
import { Array as Arr, Cause, Effect, Exit, Fiber, Layer, Option, Random, Schedule, Stream, Supervisor } from "effect"
import {
  Credentials,
  type InvokeEndpoint,
  invokeEndpoint,
  type InvokeEndpointWithResponseStream,
  Resilience,
  SageMakerError,
  SageMakerRuntime,
  Signer,
  streamEndpoint,
  Timeouts
} from "effect-sagemaker-runtime"
import { NodeHttpClient } from "effect-sagemaker-runtime/node"
import { encode } from "../../src/protocol/eventStream/frame.ts"
import { type Exchange, faultServer, response } from "../support/faultServer.ts"
import { memoryInUse } from "../support/memory.ts"

const calls = Number(process.env["SOAK_CALLS"] ?? 20_000)
const concurrency = 256
const seed = 20_261_125

const part = encode({ ":message-type": "event", ":event-type": "PayloadPart" }, new Uint8Array(512))
const failed = encode({ ":message-type": "exception", ":exception-type": "InternalStreamFailure" }, new Uint8Array())
const chunk = (bytes: Uint8Array) => `${bytes.length.toString(16)}\r\n${Buffer.from(bytes).toString("latin1")}\r\n`
const head = "HTTP/1.1 200 OK\r\ncontent-type: application/vnd.amazon.eventstream\r\ntransfer-encoding: chunked\r\n\r\n"

const bytes = (text: string) => Buffer.from(text, "latin1")
const ok = response(200, { "content-type": "text/plain" }, "ok")
const refusal = (status: number, code: string) => response(status, { "x-amzn-errortype": code }, `{"message":"no"}`)
const reset = ({ socket }: Exchange) => void socket.resetAndDestroy()

/** The behaviour of each endpoint, by name. */
const behaviours: { readonly [endpoint: string]: (exchange: Exchange) => void } = {
  ok: ({ end }) => end(ok),
  slow: ({ end }) => void setTimeout(() => end(ok), 20),
  large: ({ end }) => end(response(200, {}, "x".repeat(64 * 1024))),
  "not-ready": ({ end }) => end(refusal(429, "ModelNotReadyException")),
  throttled: ({ end }) =>
    end(response(400, { "x-amzn-errortype": "ThrottlingException", "x-amz-retry-after": "5" }, "")),
  "model-error": ({ end }) => end(refusal(424, "ModelError")),
  unavailable: ({ end }) => end(refusal(503, "ServiceUnavailable")),
  html: ({ end }) => end(response(502, {}, "<html>")),
  reset,
  cut: ({ socket }) => void socket.write(ok.slice(0, -1), () => socket.destroy()),
  garbage: ({ end }) => end("\u0000\u0001\u0002"),
  silent: () => {},
  stalled: ({ write }) => write(ok.slice(0, -1))
}

const streams: { readonly [endpoint: string]: (exchange: Exchange) => void } = {
  "s-ok": ({ end }) => end(bytes(head + chunk(part).repeat(20) + "0\r\n\r\n")),
  "s-slow": ({ end, write }) => {
    write(bytes(head + chunk(part)))
    setTimeout(() => end(bytes(chunk(part) + "0\r\n\r\n")), 20)
  },
  "s-failed": ({ end }) => end(bytes(head + chunk(part) + chunk(failed) + "0\r\n\r\n")),
  "s-cut": ({ end }) => end(bytes(head + chunk(part.subarray(0, 30)) + "0\r\n\r\n")),
  "s-reset": (exchange) => void exchange.socket.write(bytes(head + chunk(part)), () => reset(exchange)),
  "s-stalled": ({ write }) => write(bytes(head + chunk(part))),
  "s-refused": ({ end }) => end(refusal(503, "ServiceUnavailable"))
}

const server = faultServer({
  respond: (exchange) => {
    const endpoint = /^POST \/endpoints\/([^/]+)\//.exec(exchange.request)?.[1] ?? ""
    const behave = behaviours[endpoint] ?? streams[endpoint]
    behave?.(exchange)
  }
})

type CallError =
  | InvokeEndpoint.InvokeEndpointError
  | InvokeEndpointWithResponseStream.InvokeEndpointWithResponseStreamError
  | SageMakerError.StreamError

const call = (EndpointName: string): Effect.Effect<void, CallError, SageMakerRuntime.SageMakerRuntime> =>
  Effect.asVoid(invokeEndpoint({ EndpointName, ContentType: "text/plain", Body: "reading" }))

const stream = (EndpointName: string, parts: number) =>
  streamEndpoint({ EndpointName, ContentType: "text/plain", Body: "once" }).pipe(Stream.take(parts), Stream.runDrain)

/** Endpoints that succeed get enough time for a busy machine. */
const succeeding = ["ok", "s-ok"]

const deadlines = (name: string): Timeouts.Deadlines =>
  succeeding.includes(name)
    ? { total: "60 seconds" }
    : { firstByte: "150 millis", idle: "100 millis", total: "5 seconds" }

/** A random call: its endpoint, the length of its stream, and whether it is interrupted. */
const randomCall = Effect.gen(function*() {
  const names = [...Object.keys(behaviours), ...Object.keys(streams)]
  const useSucceeding = yield* Random.nextBoolean
  const name = yield* Random.choice(useSucceeding ? succeeding : names)
  const chosen = name in streams ? stream(name, yield* Random.nextIntBetween(1, 25)) : call(name)
  const run = chosen.pipe(Timeouts.use(deadlines(name)))
  const isInterrupted = (yield* Random.nextIntBetween(0, 8)) === 0
  const after = yield* Random.nextIntBetween(0, 30)
  return isInterrupted
    ? Effect.flatMap(Effect.fork(run), (fiber) => Effect.zipRight(Effect.sleep(after), Fiber.interrupt(fiber)))
    : Effect.exit(run)
})

const tags = (exit: Exit.Exit<void, CallError>): string =>
  Exit.match(exit, {
    onSuccess: () => "success",
    onFailure: (cause) =>
      Option.match(Cause.failureOption(cause), {
        onSome: ({ _tag }) => _tag,
        onNone: () => (Cause.isInterruptedOnly(cause) ? "interrupted" : "defect")
      })
  })

/** Builds a client, makes its calls and closes it. */
const run = (url: string, plan: ReadonlyArray<Effect.Effect.Success<typeof randomCall>>) =>
  Effect.forEach(plan, (one) => one, { concurrency }).pipe(
    Effect.provide(
      SageMakerRuntime.layer({ region: "eu-west-1", endpoint: url }).pipe(
        Layer.provide([Signer.layer, NodeHttpClient.layer({ proxy: false })]),
        Layer.provide(Credentials.layer({ accessKeyId: "AKIDEXAMPLE", secretAccessKey: "secret" })),
        Resilience.circuitBreaker({ overrides: { ok: { failureRatio: 1 } }, breakDuration: "200 millis" }),
        Resilience.concurrency({ permits: 24, queue: 32, overrides: { ok: { queue: 512 }, "s-ok": { queue: 512 } } })
      )
    ),
    Effect.map(Arr.groupBy(tags)),
    Effect.map((groups) => new Map(Object.entries(groups).map(([tag, exits]) => [tag, exits.length])))
  )

/** The active handles, timers and requests of the process, counted by type. */
const resources = () => Arr.groupBy(process.getActiveResourcesInfo(), (kind) => kind)

/** The types with more resources than before. */
const added = (before: ReturnType<typeof resources>) =>
  Object.entries(resources()).filter(([kind, { length }]) => length > (before[kind]?.length ?? 0)).map(([kind]) => kind)

const listeners = () => process.eventNames().reduce((sum, name) => sum + process.listenerCount(name), 0)

/** The resources that remain after a pause. */
const remaining = <A>(look: () => ReadonlyArray<A>) =>
  Effect.sync(look).pipe(
    Effect.repeat({
      until: (left) => left.length === 0,
      schedule: Schedule.spaced("20 millis").pipe(Schedule.upTo("10 seconds"))
    }),
    Effect.map(look)
  )

const declared = new Set<string>([
  ...Object.values(SageMakerError).flatMap((member) =>
    typeof member === "function" && "_tag" in member ? [member._tag] : []
  ),
  "success",
  "interrupted"
])

it.live(
  `${calls} calls under random faults end with success or a declared error and leak nothing`,
  () =>
    Effect.gen(function*() {
      const warnings: Array<string> = []
      const warn = ({ message }: Error) => void warnings.push(message)
      process.on("warning", warn)
      const supervisor = yield* Supervisor.track
      const plan = yield* Effect.withRandom(Effect.replicateEffect(randomCall, calls), Random.make(seed))
      const { ends, used } = yield* Effect.scoped(Effect.gen(function*() {
        const { pending, sockets, url } = yield* server
        const before = resources()
        const warmUp = yield* run(url, plan.slice(0, calls / 10))
        assert.isFalse(warmUp.has("defect"))
        const [memory, listening] = [yield* memoryInUse, listeners()]
        const ends = yield* Effect.supervised(run(url, plan), supervisor)
        assert.lengthOf(yield* remaining(() => [...pending, ...sockets]), 0)
        assert.deepStrictEqual(yield* remaining(() => added(before)), [])
        assert.strictEqual(listeners(), listening)
        return { ends, used: (yield* memoryInUse) - memory }
      }))
      const fibers = (yield* supervisor.value).filter((fiber) => fiber.unsafePoll() === null)
      process.off("warning", warn)

      assert.strictEqual([...ends.values()].reduce((sum, count) => sum + count, 0), calls)
      assert.deepStrictEqual([...ends.keys()].filter((tag) => !declared.has(tag)), [])
      for (
        const tag of ["success", "interrupted", "TransportError", "TimeoutError", "ProtocolError", "CircuitOpenError"]
      ) {
        assert.isAbove(ends.get(tag) ?? 0, 0, tag)
      }
      assert.lengthOf(fibers, 0)
      assert.deepStrictEqual(warnings, [])
      assert.isBelow(used, 8 * 1024 * 1024)
      yield* Effect.logInfo(Object.fromEntries(ends), `${Math.round(used / 1024)} KiB more in use`)
    }),
  600_000
)
