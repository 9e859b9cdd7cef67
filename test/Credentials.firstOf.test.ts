import { assert, describe, it } from "@effect/vitest"
import {
  Config,
  ConfigProvider,
  Context,
  Data,
  Deferred,
  Effect,
  Exit,
  Fiber,
  Layer,
  Option,
  Redacted,
  Scope,
  TestClock
} from "effect"
import { Credentials, SageMakerError } from "effect-sagemaker-runtime"
import { inspect } from "node:util"

const { Credentials: Tag, firstOf } = Credentials

const hour = 3_600_000

const currentId = Effect.flatMap(Tag, ({ get }) => Effect.map(get, ({ accessKeyId }) => Redacted.value(accessKeyId)))

const keys = (name: string, expiration?: number): Credentials.AwsCredentials => ({
  accessKeyId: Redacted.make(name),
  secretAccessKey: Redacted.make("secret-key"),
  ...(expiration !== undefined && { expiration: new Date(expiration) })
})

const failed = (message: string) => new SageMakerError.CredentialsError({ message, sources: ["vault"], status: 503 })

type Load = Effect.Effect<Credentials.AwsCredentials, SageMakerError.CredentialsError>

/** A custom source that records its events. The last load is repeated. */
const recorded = (
  events: Array<string>,
  name: string,
  loads: readonly [Load, ...ReadonlyArray<Load>],
  build: Effect.Effect<void, unknown> = Effect.void
) => {
  let calls = 0
  const note = (event: string) => Effect.sync(() => events.push(`${name} ${event}`))
  return Layer.scoped(
    Tag,
    Effect.acquireRelease(note("acquired"), () => note("released")).pipe(
      Effect.zipRight(build),
      Effect.as({
        get: Effect.zipRight(note("asked"), Effect.suspend(() => loads[Math.min(calls++, loads.length - 1)]!))
      })
    )
  )
}

const giving = (id: string): Load => Effect.succeed(keys(id))

const broken = Effect.fail(failed("The vault is sealed."))

/** Lets the fibers in the background run. */
const settle = Effect.repeatN(Effect.yieldNow(), 100)

const errorOf = (...layers: ReadonlyArray<Layer.Layer<Credentials.Credentials, unknown>>) =>
  Effect.flip(Effect.provide(currentId, firstOf(...layers)))

describe("Credentials.firstOf", () => {
  it.effect("uses the first source that returns credentials, and builds no later one", () =>
    Effect.gen(function*() {
      const events: Array<string> = []
      const layer = firstOf(
        recorded(events, "first", [broken]),
        recorded(events, "second", [giving("two")]),
        recorded(events, "third", [giving("three")])
      )
      const ids = yield* Effect.provide(Effect.replicateEffect(currentId, 3), layer)
      assert.deepStrictEqual(ids, ["two", "two", "two"])
      assert.deepStrictEqual(events, [
        "first acquired",
        "first asked",
        "second acquired",
        "second asked",
        "second released",
        "first released"
      ])
    }))

  it.effect("builds and asks no source before credentials are needed", () =>
    Effect.gen(function*() {
      const events: Array<string> = []
      yield* Effect.scoped(Layer.build(firstOf(recorded(events, "first", [giving("one")]))))
      assert.deepStrictEqual(events, [])
    }))

  it.effect("keeps the resources of its sources until its scope closes, so that they can refresh", () =>
    Effect.gen(function*() {
      let time = hour
      const provider = Credentials.layerProvider(() => {
        const expiration = new Date(time)
        time += hour
        return Promise.resolve({ accessKeyId: `until-${expiration.getTime()}`, secretAccessKey: "secret", expiration })
      })
      const ids = yield* Effect.gen(function*() {
        const first = yield* currentId
        yield* TestClock.setTime(hour)
        const second = yield* currentId
        yield* TestClock.setTime(2 * hour)
        return [first, second, yield* currentId]
      }).pipe(Effect.provide(firstOf(Credentials.layerProvider(() => Promise.reject(new Error())), provider)))
      assert.deepStrictEqual(ids, [`until-${hour}`, `until-${2 * hour}`, `until-${3 * hour}`])
    }))

  it.scoped("asks the source that succeeded for the next refresh, and the others again if it fails", () =>
    Effect.gen(function*() {
      const events: Array<string> = []
      const soon = (id: string): Load =>
        Effect.clockWith((clock) => Effect.succeed(keys(id, clock.unsafeCurrentTimeMillis() + hour)))
      const context = yield* Layer.build(firstOf(
        recorded(events, "first", [broken, broken, soon("one")]),
        recorded(events, "second", [soon("two"), soon("two-again"), broken, broken]),
        recorded(events, "third", [soon("three")])
      ))
      const idAt = (time: number) => Effect.zipRight(TestClock.setTime(time), Effect.provide(currentId, context))
      assert.strictEqual(yield* idAt(0), "two")
      assert.strictEqual(yield* idAt(hour), "two-again")
      assert.strictEqual(yield* idAt(2 * hour), "three")
      assert.strictEqual(yield* idAt(3 * hour), "three")
      assert.deepStrictEqual(events.filter((event) => event.endsWith("asked")), [
        "first asked",
        "second asked",
        "second asked",
        "second asked",
        "first asked",
        "third asked",
        "third asked"
      ])
      assert.strictEqual(events.filter((event) => event.endsWith("acquired")).length, 3)
    }))

  it.scoped("searches once for concurrent calls", () =>
    Effect.gen(function*() {
      const events: Array<string> = []
      const slow = Effect.zipRight(Effect.sleep("1 second"), giving("one"))
      const context = yield* Layer.build(firstOf(recorded(events, "first", [slow])))
      const calls = yield* Effect.fork(
        Effect.provide(Effect.all(Array.from({ length: 100 }, () => currentId), { concurrency: "unbounded" }), context)
      )
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(new Set(yield* Fiber.join(calls)), new Set(["one"]))
      assert.deepStrictEqual(events, ["first acquired", "first asked"])
    }))

  it.scoped("does not let calls wait for a refresh that fails or hangs while the credentials are valid", () =>
    Effect.gen(function*() {
      for (const refresh of [broken, Effect.uninterruptible(Effect.never)]) {
        const now = yield* Effect.clockWith((clock) => clock.currentTimeMillis)
        const source = recorded([], "first", [Effect.succeed(keys("one", now + hour)), refresh])
        const context = yield* Layer.build(firstOf(source))
        yield* Effect.provide(currentId, context)
        yield* TestClock.adjust("56 minutes")
        assert.deepStrictEqual(
          yield* Effect.provide(Effect.replicateEffect(currentId, 10), context),
          Array(10).fill("one")
        )
        yield* TestClock.adjust("4 minutes")
        const call = yield* Effect.fork(Effect.flip(Effect.provide(currentId, context)))
        yield* TestClock.adjust("10 seconds")
        assert.strictEqual((yield* Fiber.join(call))._tag, "CredentialsError")
      }
    }))
})

describe("A source of Credentials.firstOf is skipped if", () => {
  const never = Effect.uninterruptible(Effect.never)
  const source = (get: Effect.Effect<unknown, SageMakerError.CredentialsError>) =>
    Layer.succeed(Tag, { get: get as Load })
  const skipped: ReadonlyArray<readonly [string, Layer.Layer<Credentials.Credentials, unknown>]> = [
    ["its layer fails", Layer.fail("sealed")],
    ["its layer dies", Layer.die(new Error())],
    ["its layer is interrupted", Layer.effect(Tag, Effect.interrupt)],
    ["its layer hangs", Layer.effect(Tag, Effect.never)],
    ["its layer hangs and cannot be interrupted", Layer.effect(Tag, never)],
    ["it fails", source(broken)],
    ["it dies", source(Effect.die(new Error()))],
    ["it is interrupted", source(Effect.interrupt)],
    ["it hangs", source(Effect.never)],
    ["it hangs and cannot be interrupted", source(never)],
    ["its promise never settles", Credentials.layerProvider(() => new Promise(() => {}))],
    ["it returns nothing", source(Effect.succeed(undefined))],
    ["it returns no secret access key", source(Effect.succeed({ accessKeyId: "one" }))],
    ["its credentials have expired", source(Effect.succeed(keys("one", 0)))],
    ["its fixed credentials have expired", Credentials.layer({ ...keys("one"), expiration: new Date(0) })],
    [
      "its members throw",
      source(Effect.succeed({
        get accessKeyId() {
          throw new Error()
        }
      }))
    ]
  ]
  for (const [what, layer] of skipped) {
    it.effect(what, () =>
      Effect.gen(function*() {
        const second = Credentials.layer(keys("two"))
        const call = yield* Effect.fork(Effect.provide(currentId, firstOf(layer, second)))
        yield* TestClock.adjust("10 seconds")
        assert.strictEqual(yield* Fiber.join(call), "two")
      }))
  }

  it.effect("it takes longer than its own refreshTimeout, which replaces the limit of 10 seconds", () =>
    Effect.gen(function*() {
      const slow = Credentials.layerProvider(() => new Promise(() => {}), { refreshTimeout: "1 minute" })
      const call = yield* Effect.fork(Effect.provide(currentId, firstOf(slow, Credentials.layer(keys("two")))))
      yield* TestClock.adjust(59_999)
      assert.isTrue(Option.isNone(yield* Fiber.poll(call)))
      yield* TestClock.adjust(1)
      assert.strictEqual(yield* Fiber.join(call), "two")
    }))
})

describe("If every source of Credentials.firstOf fails,", () => {
  class Sealed extends Data.TaggedError("Sealed")<{ readonly token: string }> {}

  it.effect("the error describes each failure", () =>
    Effect.gen(function*() {
      const error = yield* errorOf(
        Credentials.layerProvider(() => Promise.reject(Object.assign(new Error(), { code: 3 }))),
        Layer.provide(Credentials.layerEnv, Layer.setConfigProvider(ConfigProvider.fromMap(new Map()))),
        Layer.succeed(Tag, { get: broken }),
        Credentials.layerConfig({ accessKeyId: Config.string("MISSING"), secretAccessKey: Config.string("MISSING") })
      )
      assert.deepInclude(error, {
        _tag: "CredentialsError",
        message: "No source returned credentials. Source 1: The credential provider failed. " +
          "Source 2: AWS_ACCESS_KEY_ID or AWS_SECRET_ACCESS_KEY is not set, or AWS_CREDENTIAL_EXPIRATION is not a date. " +
          "Source 3: The vault is sealed. Source 4: Its layer failed with ConfigError.",
        sources: ["provider", "environment", "vault", "source 4"],
        status: 503,
        exitCode: 3
      })
    }))

  it.effect("the error contains no text of a thrown error or of another error class", () =>
    Effect.gen(function*() {
      const secret = "canary-secret"
      const layers: ReadonlyArray<Layer.Layer<Credentials.Credentials, unknown>> = [
        Layer.fail(new Sealed({ token: secret })),
        Layer.fail({ _tag: `${secret}!` }),
        Layer.fail(secret),
        Layer.die(new Error(secret)),
        Layer.succeed(Tag, { get: Effect.die(secret) }),
        Layer.fail(
          new Proxy({}, {
            has: () => true,
            get: () => {
              throw new Error(secret)
            }
          })
        ),
        Credentials.layerConfig({
          accessKeyId: Config.map(Config.integer("KEY"), String),
          secretAccessKey: Config.string("KEY")
        })
      ]
      const given = Layer.setConfigProvider(ConfigProvider.fromMap(new Map([["KEY", secret]])))
      const error = yield* Effect.flip(Effect.provide(currentId, Layer.provide(firstOf(...layers), given)))
      assert.notInclude(inspect(error, { depth: 10, getters: true, showHidden: true }) + JSON.stringify(error), secret)
      assert.include(error.message, "Source 1: Its layer failed with Sealed. Source 2: Its layer could not be built.")
    }))

  it.effect("the next call tries them again", () =>
    Effect.gen(function*() {
      const events: Array<string> = []
      const layer = firstOf(
        recorded(
          events,
          "first",
          [giving("one")],
          Effect.suspend(() => events.length < 4 ? Effect.fail("") : Effect.void)
        )
      )
      yield* Effect.gen(function*() {
        yield* Effect.flip(currentId)
        assert.deepStrictEqual(events, ["first acquired", "first released"])
        yield* Effect.flip(currentId)
        assert.strictEqual(yield* currentId, "one")
      }).pipe(Effect.provide(layer))
    }))

  it.effect("or if there is none, the message says so", () =>
    Effect.map(errorOf(), ({ message }) => {
      assert.strictEqual(message, "Credentials.firstOf has no source of credentials")
    }))
})

describe("The sources of Credentials.firstOf", () => {
  class Vault extends Context.Tag("Vault")<Vault, string>() {}

  it.effect("use the context and the ConfigProvider of the layer, not of the call", () =>
    Effect.scoped(Effect.gen(function*() {
      const vault = Layer.effect(
        Tag,
        Effect.flatMap(Vault, (name) =>
          Effect.map(Config.string("SECRET"), (secret) => ({
            get: Effect.succeed({ accessKeyId: Redacted.make(name), secretAccessKey: Redacted.make(secret) })
          })))
      )
      const context = yield* Layer.build(firstOf(vault)).pipe(
        Effect.provideService(Vault, "of-the-layer"),
        Effect.withConfigProvider(ConfigProvider.fromMap(new Map([["SECRET", "secret"]])))
      )
      const id = yield* currentId.pipe(
        Effect.provide(context),
        Effect.provideService(Vault, "of-the-call"),
        Effect.withConfigProvider(ConfigProvider.fromMap(new Map()))
      )
      assert.strictEqual(id, "of-the-layer")
    })))

  it.effect("are interrupted and released if the scope closes while they load, and the calls fail", () =>
    Effect.gen(function*() {
      const events: Array<string> = []
      const scope = yield* Scope.make()
      const context = yield* Layer.buildWithScope(
        firstOf(recorded(events, "first", [Effect.never]), recorded(events, "second", [giving("two")])),
        scope
      )
      const call = yield* Effect.fork(Effect.exit(Effect.provide(currentId, context)))
      yield* settle
      yield* Scope.close(scope, Exit.void)
      const error = yield* Effect.flip(Effect.flatten(Fiber.join(call)))
      assert.strictEqual(error.message, "The layer that loads credentials from Credentials.firstOf is closed")
      assert.deepStrictEqual(events, ["first acquired", "first asked", "first released"])
    }))

  it.effect("that finish building after they were abandoned are released", () =>
    Effect.scoped(Effect.gen(function*() {
      const events: Array<string> = []
      const latch = yield* Deferred.make<void>()
      const slow = recorded(events, "slow", [giving("one")], Effect.uninterruptible(Deferred.await(latch)))
      const context = yield* Layer.build(firstOf(slow, Credentials.layer(keys("two"))))
      const call = yield* Effect.fork(Effect.provide(currentId, context))
      yield* TestClock.adjust("10 seconds")
      assert.strictEqual(yield* Fiber.join(call), "two")
      assert.deepStrictEqual(events, ["slow acquired"])
      yield* Deferred.succeed(latch, undefined)
      yield* settle
      assert.deepStrictEqual(events, ["slow acquired", "slow released"])
    })))

  it.effect("are released if the last caller is interrupted while they are built, and built again", () =>
    Effect.scoped(Effect.gen(function*() {
      const events: Array<string> = []
      const build = Effect.suspend(() => events.length === 1 ? Effect.never : Effect.void)
      const context = yield* Layer.build(firstOf(recorded(events, "first", [giving("one")], build)))
      const call = yield* Effect.fork(Effect.provide(currentId, context))
      yield* settle
      yield* Fiber.interrupt(call)
      yield* TestClock.adjust(500)
      yield* settle
      assert.deepStrictEqual(events, ["first acquired", "first released"])
      assert.strictEqual(yield* Effect.provide(currentId, context), "one")
    })))
})
