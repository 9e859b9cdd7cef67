import { assert, describe, it } from "@effect/vitest"
import {
  DateTime,
  Deferred,
  Duration,
  Effect,
  Exit,
  Fiber,
  FiberId,
  Layer,
  Option,
  Schema,
  Scope,
  Stream,
  TestClock
} from "effect"
import {
  Codec,
  Framing,
  ModelEndpoint,
  RetryPolicy,
  SageMakerError,
  SageMakerRuntime,
  Session,
  Signer,
  Timeouts,
  Tokens
} from "effect-sagemaker-runtime"
import { Emulator } from "effect-sagemaker-runtime/testing"
import { withFixedRandom } from "./support/call.ts"
import { eventually } from "./support/eventually.ts"
import { brokenBody, connectionLostError, pacedBody, stalledBody } from "./support/responseBodies.ts"
import { ok, scriptedRuntime } from "./support/scriptedHttpClient.ts"

const counter = ModelEndpoint.make("counter", {
  request: Codec.text,
  response: Codec.json(Schema.Number),
  TargetVariant: "blue",
  Accept: "application/json"
})

interface Settings {
  readonly expires?: string
  readonly gate?: Effect.Effect<void>
  readonly newSessionId?: string
}

/** A model with sessions as in DJL and vLLM that records its requests. */
const stateful = ({ expires = "1970-01-01T00:20:00Z", gate = Effect.void, newSessionId }: Settings = {}) =>
  Effect.sync(() => {
    const counts = new Map<string, number>()
    const calls: Array<string> = []
    const reply = Emulator.endpoint(
      "counter",
      ({ Body, ContentType, SessionId = "none", TargetVariant, operation }) =>
        Effect.gen(function*() {
          const text = new TextDecoder().decode(Body)
          calls.push(`${SessionId} ${TargetVariant} ${ContentType} ${text}`)
          yield* gate
          if (text.includes("NEW_SESSION") || text === "open sesame") {
            const id = `session-${counts.size + 1}`
            counts.set(id, 0)
            return { Body: "", NewSessionId: newSessionId ?? `${id}; Expires=${expires}` }
          }
          const count = counts.get(SessionId)
          if (count === undefined) {
            return yield* new SageMakerError.ModelError({
              OriginalStatusCode: 400,
              OriginalMessage: `{"detail":"Bad request: session not found: ${SessionId}"}`
            })
          }
          if (text.includes("CLOSE") || text === "close sesame") {
            counts.delete(SessionId)
            return { Body: `Session ${SessionId} closed`, ClosedSessionId: SessionId }
          }
          counts.set(SessionId, count + 1)
          return operation === "InvokeEndpoint"
            ? { ContentType: "application/json", Body: String(count + 1) }
            : { ContentType: "text/plain", Body: Stream.make("a\n", `${count + 1}`) }
        })
    )
    const layer = SageMakerRuntime.layer({ region: "eu-west-1" }).pipe(
      Layer.provide([
        Signer.layerAnonymous,
        Emulator.layerHttpClient({ endpoints: [reply], credentials: "anonymous" })
      ])
    )
    return { calls, counts, layer, closes: () => calls.filter((request) => request.includes("CLOSE")).length }
  })

const opening = "NEW_SESSION blue application/json {\"requestType\":\"NEW_SESSION\"}"
const closing = "session-1 blue application/json {\"requestType\":\"CLOSE\"}"

describe("A session", () => {
  it.effect("is opened, sends its id with calls and streams, and is closed", () =>
    Effect.gen(function*() {
      const model = yield* stateful()
      yield* Effect.gen(function*() {
        const session = yield* Session.make(counter)
        assert.strictEqual(session.id, "session-1")
        assert.deepStrictEqual(session.expires, Option.some(DateTime.unsafeMake("1970-01-01T00:20:00Z")))
        assert.strictEqual(yield* session.invoke("a"), 1)
        assert.deepStrictEqual(Array.from(yield* Stream.runCollect(session.stream("b", Framing.lines))), ["a", "2"])
        assert.strictEqual(yield* session.invoke("c", { TargetVariant: "green" }), 3)
      }).pipe(Effect.scoped, Effect.provide(model.layer))
      assert.deepStrictEqual(model.calls, [
        opening,
        "session-1 blue text/plain a",
        "session-1 blue text/plain b",
        "session-1 green text/plain c",
        closing
      ])
      assert.strictEqual(model.counts.size, 0)
    }))

  it.effect("is closed once, whether by close or by its scope", () =>
    Effect.gen(function*() {
      for (const exit of [Exit.void, Exit.fail("failed"), Exit.die("dead"), Exit.interrupt(1 as never)]) {
        const model = yield* stateful()
        const scope = yield* Scope.make()
        yield* Scope.extend(Session.make(counter), scope).pipe(Effect.provide(model.layer))
        yield* Scope.close(scope, exit)
        assert.strictEqual(model.closes(), 1)
      }
      const model = yield* stateful()
      yield* Effect.gen(function*() {
        const { close, invoke } = yield* Session.make(counter)
        yield* Effect.all([close, close], { concurrency: "unbounded" })
        assert.strictEqual((yield* Effect.flip(invoke("a")))._tag, "SessionExpiredError")
      }).pipe(Effect.scoped, Effect.provide(model.layer))
      assert.strictEqual(model.closes(), 1)
    }))

  it.effect("is closed if a call is interrupted", () =>
    Effect.gen(function*() {
      const model = yield* stateful()
      const received = yield* Deferred.make<void>()
      const fiber = yield* Session.make(counter).pipe(
        Effect.flatMap(({ stream }) =>
          stream("a", Framing.text).pipe(
            Stream.tap(() => Deferred.succeed(received, undefined)),
            Stream.concat(Stream.never),
            Stream.runDrain
          )
        ),
        Effect.scoped,
        Effect.provide(model.layer),
        Effect.fork
      )
      yield* Deferred.await(received)
      yield* Fiber.interrupt(fiber)
      assert.deepStrictEqual(model.calls.at(-1), closing)
      assert.strictEqual(model.closes(), 1)
    }))

  it.effect("is not opened if it is interrupted before the response headers arrive: the request is aborted", () =>
    Effect.gen(function*() {
      const server = yield* scriptedRuntime(Effect.never)
      const fiber = yield* Session.make(counter).pipe(Effect.scoped, Effect.provide(server.layer), Effect.fork)
      yield* TestClock.adjust(0)
      assert.isTrue(Exit.isInterrupted(yield* Fiber.interrupt(fiber)))
      assert.deepStrictEqual(yield* server.aborted, [true])
    }))

  it.effect("is closed if it is interrupted or fails after the response headers arrived", () =>
    Effect.gen(function*() {
      const headers = { "x-amzn-sagemaker-new-session-id": "session-1" }
      for (const end of ["interruption", "timeout"]) {
        const server = yield* scriptedRuntime(stalledBody({ headers }, "half"), ok)
        const fiber = yield* Session.make(counter).pipe(
          Timeouts.use({ idle: "5 seconds" }),
          RetryPolicy.use(RetryPolicy.none),
          Effect.scoped,
          Effect.provide(server.layer),
          Effect.fork
        )
        yield* TestClock.adjust("4 seconds")
        yield* end === "interruption" ? Fiber.interrupt(fiber) : TestClock.adjust("1 second")
        assert.isTrue(Exit.isFailure(yield* Fiber.await(fiber)))
        assert.deepStrictEqual(
          (yield* server.requests).map((request) => request.headers["x-amzn-sagemaker-session-id"]),
          ["NEW_SESSION", "session-1"]
        )
      }
    }))

  it.effect("of an earlier attempt is closed if a retry opens another one", () =>
    Effect.gen(function*() {
      const headers = (id: string) => ({ "x-amzn-sagemaker-new-session-id": id })
      const server = yield* scriptedRuntime(
        brokenBody({ headers: headers("first") }, connectionLostError()),
        { status: 200, headers: headers("second") },
        ok
      )
      yield* Effect.gen(function*() {
        const session = yield* Session.make(counter)
        assert.strictEqual(session.id, "second")
        yield* eventually(Effect.map(server.attempts, (attempts) => attempts === 3))
      }).pipe(Effect.scoped, withFixedRandom(0), Effect.provide(server.layer))
      assert.sameMembers(
        (yield* server.requests).map((request) => request.headers["x-amzn-sagemaker-session-id"]!),
        ["NEW_SESSION", "NEW_SESSION", "first", "second"]
      )
    }))

  it.effect("that the model does not close holds its scope for 10 seconds, or for closeTimeout", () =>
    Effect.gen(function*() {
      const slowDrip = pacedBody({ status: 200 }, "1 second", Array.from({ length: 3_600 }, () => new Uint8Array(1)))
      for (const [closeTimeout, seconds] of [[undefined, 10], ["3 seconds", 3]] as const) {
        for (const reply of [Effect.never, slowDrip, Effect.uninterruptible(Effect.never)]) {
          const server = yield* scriptedRuntime(
            { status: 200, headers: { "x-amzn-sagemaker-new-session-id": "session-1" } },
            reply
          )
          const scope = yield* Scope.make()
          const session = yield* Scope.extend(Session.make(counter, { closeTimeout }), scope).pipe(
            Effect.provide(server.layer)
          )
          const closing = yield* Effect.fork(Scope.close(scope, Exit.void))
          const explicit = yield* Effect.fork(Effect.flip(session.close))
          yield* TestClock.adjust(Duration.seconds(1))
          const interrupting = yield* Effect.fork(Fiber.interrupt(explicit))
          yield* TestClock.adjust(Duration.seconds(seconds - 1.1))
          assert.isNull(closing.unsafePoll())
          yield* TestClock.adjust(Duration.seconds(0.1))
          yield* Fiber.join(closing)
          yield* Fiber.join(interrupting)
          assert.deepInclude(yield* Effect.flip(session.close), {
            _tag: "TimeoutError",
            phase: "total",
            duration: seconds * 1_000
          })
          assert.strictEqual(yield* server.attempts, 2)
        }
      }
    }))

  it.effect("rejects a closeTimeout that is no duration before any I/O", () =>
    Effect.gen(function*() {
      const server = yield* scriptedRuntime(ok)
      const error = yield* Session.make(counter, { closeTimeout: "soon" as "1 second" }).pipe(
        Effect.scoped,
        Effect.provide(server.layer),
        Effect.flip
      )
      assert.deepInclude(error, { _tag: "InvalidInputError", field: "closeTimeout" })
      assert.strictEqual(yield* server.attempts, 0)
    }))

  it.effect("is closed completely if it is interrupted while closing", () =>
    Effect.gen(function*() {
      let gate: Effect.Effect<void> = Effect.void
      const model = yield* stateful({ gate: Effect.suspend(() => gate) })
      const opened = yield* Deferred.make<void>()
      const fiber = yield* Effect.gen(function*() {
        const { close } = yield* Session.make(counter)
        gate = Deferred.await(opened)
        yield* close
      }).pipe(Effect.scoped, Effect.provide(model.layer), Effect.fork)
      yield* eventually(() => model.closes() === 1)
      yield* Fiber.interruptAsFork(fiber, FiberId.none)
      yield* Deferred.succeed(opened, undefined)
      assert.isTrue(Exit.isInterrupted(yield* Fiber.await(fiber)))
      assert.deepStrictEqual([model.closes(), model.counts.size], [1, 0])
    }))

  it.effect("is opened and closed with custom bodies and members", () =>
    Effect.gen(function*() {
      const model = yield* stateful()
      yield* Session.make(counter, {
        open: "open sesame",
        close: "close sesame",
        ContentType: "text/plain",
        TargetVariant: "green"
      }).pipe(Effect.scoped, Effect.provide(model.layer))
      assert.deepStrictEqual(model.calls, [
        "NEW_SESSION green text/plain open sesame",
        "session-1 green text/plain close sesame"
      ])
    }))

  it.effect("of a chat streams tokens", () =>
    Effect.gen(function*() {
      const model = yield* stateful()
      const error = yield* Effect.gen(function*() {
        const session = yield* Session.make(ModelEndpoint.chat("counter"))
        return yield* Effect.flip(Tokens.collect(session.stream({ messages: [] })))
      }).pipe(Effect.scoped, Effect.provide(model.layer))
      assert.strictEqual(error._tag, "CodecError")
      assert.match(model.calls[1] ?? "", /^session-1 .*"stream":true/)
    }))
})

describe("An expired session", () => {
  it.effect("fails calls before anything is sent, and is still closed", () =>
    Effect.gen(function*() {
      const model = yield* stateful()
      yield* Effect.gen(function*() {
        const session = yield* Session.make(counter)
        yield* TestClock.adjust("20 minutes")
        const error = yield* Effect.flip(session.invoke("a"))
        assert.instanceOf(error, SageMakerError.SessionExpiredError)
        assert.strictEqual(error.message, "The session with counter has expired: open a new session")
        assert.deepStrictEqual(Option.some(error.expires), session.expires)
        assert.strictEqual(
          (yield* Effect.flip(Stream.runDrain(session.stream("a", Framing.text))))._tag,
          "SessionExpiredError"
        )
      }).pipe(Effect.scoped, Effect.provide(model.layer))
      assert.deepStrictEqual(model.calls, [opening, closing])
    }))

  it.effect("that the model reports fails this call and later calls, and is not closed again", () =>
    Effect.gen(function*() {
      const model = yield* stateful()
      yield* Effect.gen(function*() {
        const session = yield* Session.make(counter)
        model.counts.clear()
        assert.strictEqual((yield* Effect.flip(session.invoke("a")))._tag, "SessionExpiredError")
        assert.strictEqual((yield* Effect.flip(session.invoke("b")))._tag, "SessionExpiredError")
      }).pipe(Effect.scoped, Effect.provide(model.layer))
      assert.deepStrictEqual(model.calls, [opening, "session-1 blue text/plain a"])
    }))

  it.effect("is distinguished from other failures", () =>
    Effect.gen(function*() {
      const model = yield* stateful()
      yield* Effect.gen(function*() {
        const session = yield* Session.make(counter)
        const stream = session.stream("a", Framing.jsonLines(Schema.Boolean))
        assert.strictEqual((yield* Effect.flip(Stream.runDrain(stream)))._tag, "CodecError")
      }).pipe(Effect.scoped, Effect.provide(model.layer))
      assert.strictEqual(model.closes(), 1)
    }))
})

describe("A model that opens no session", () => {
  it.effect.each(["", "; Expires=1970-01-01T00:20:00Z", "not an id; Expires=1970-01-01T00:20:00Z"])(
    "fails with ProtocolError: %j",
    (newSessionId) =>
      Effect.gen(function*() {
        const model = yield* stateful({ newSessionId })
        const error = yield* Session.make(counter).pipe(Effect.scoped, Effect.provide(model.layer), Effect.flip)
        assert.strictEqual(error._tag, "ProtocolError")
        assert.strictEqual(model.closes(), 0)
      })
  )

  it.effect.each(
    [
      ["s-1", Option.none()],
      ["s-1; Expires=tomorrow", Option.none()],
      ["s-1;expires=2030-01-02T03:04:05Z", Option.some(DateTime.unsafeMake("2030-01-02T03:04:05Z"))]
    ] as const
  )("may omit its expiry: %s", ([newSessionId, expires]) =>
    Effect.gen(function*() {
      const model = yield* stateful({ newSessionId })
      const session = yield* Session.make(counter).pipe(Effect.scoped, Effect.provide(model.layer))
      assert.strictEqual(session.id, "s-1")
      assert.deepStrictEqual(session.expires, expires)
    }))
})
