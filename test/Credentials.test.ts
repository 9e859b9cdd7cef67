import { assert, describe, it } from "@effect/vitest"
import {
  Config,
  ConfigProvider,
  Deferred,
  Effect,
  Exit,
  Fiber,
  Layer,
  Redacted,
  Runtime,
  Scope,
  TestClock
} from "effect"
import { Credentials, SageMakerError } from "effect-sagemaker-runtime"
import { inspect } from "node:util"

const { Credentials: Tag } = Credentials

const get = Effect.flatMap(Tag, (credentials) => credentials.get)

const keys = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "the-secret-key", sessionToken: "the-token" }

const plain = ({ accessKeyId, expiration, secretAccessKey, sessionToken }: Credentials.AwsCredentials) => ({
  accessKeyId: Redacted.value(accessKeyId),
  secretAccessKey: Redacted.value(secretAccessKey),
  ...(sessionToken && { sessionToken: Redacted.value(sessionToken) }),
  ...(expiration && { expiration })
})

const environment = (variables: Record<string, string>) =>
  Layer.setConfigProvider(ConfigProvider.fromMap(new Map(Object.entries(variables))))

const shown = (value: unknown): string =>
  [String(value), JSON.stringify(value), inspect(value, { depth: 10 })].join("\n")

const assertNoSecret = (value: unknown) => {
  for (const secret of Object.values(keys)) {
    assert.notInclude(shown(value), secret)
  }
}

/** A provider whose result and timing the test controls. */
const provider = (...responses: ReadonlyArray<() => Credentials.CredentialsInput>) => {
  let calls = 0
  return {
    calls: () => calls,
    layer: Credentials.layerProvider(() => {
      const response = responses[Math.min(calls++, responses.length - 1)]!
      return new Promise((resolve) => resolve(response()))
    })
  }
}

const until = (millis: number) => () => ({ ...keys, accessKeyId: `until-${millis}`, expiration: new Date(millis) })

const failed = (): never => {
  throw new Error("no answer")
}

/** Lets the promises of a provider and the fibers that wait for them run. */
const settle = Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))

const currentId = Effect.map(get, ({ accessKeyId }) => Redacted.value(accessKeyId))

describe("Credentials.layer", () => {
  it.effect("accepts plain and redacted values", () =>
    Effect.gen(function*() {
      const expiration = new Date(1_000)
      const redacted = { ...keys, secretAccessKey: Redacted.make(keys.secretAccessKey) }
      assert.deepStrictEqual(plain(yield* Effect.provide(get, Credentials.layer(keys))), keys)
      assert.deepStrictEqual(plain(yield* Effect.provide(get, Credentials.layer(redacted))), keys)
      assert.deepStrictEqual(plain(yield* Effect.provide(get, Credentials.layer({ ...keys, expiration }))), {
        ...keys,
        expiration
      })
    }))

  it.effect("does not require a session token", () =>
    Effect.gen(function*() {
      const { accessKeyId, secretAccessKey } = keys
      const credentials = yield* Effect.provide(get, Credentials.layer({ accessKeyId, secretAccessKey }))
      assert.notProperty(credentials, "sessionToken")
    }))

  it.effect("fails the call, not the layer, if a value is empty", () =>
    Effect.gen(function*() {
      for (const member of ["accessKeyId", "secretAccessKey"]) {
        const layer = Credentials.layer({ ...keys, [member]: "" })
        yield* Layer.launch(layer).pipe(Effect.raceFirst(Effect.yieldNow()))
        const error = yield* Effect.flip(Effect.provide(get, layer))
        assert.strictEqual(error._tag, "CredentialsError")
        assertNoSecret(error)
      }
    }))
})

describe("Credentials.layerConfig", () => {
  it.effect("reads the config when the layer is built", () =>
    Effect.gen(function*() {
      const layer = Credentials.layerConfig({
        accessKeyId: Config.string("ID"),
        secretAccessKey: Config.redacted("SECRET"),
        sessionToken: Config.succeed(undefined)
      })
      const given = environment({ ID: keys.accessKeyId, SECRET: keys.secretAccessKey })
      assert.deepInclude(plain(yield* Effect.provide(get, Layer.provide(layer, given))), {
        accessKeyId: keys.accessKeyId,
        secretAccessKey: keys.secretAccessKey
      })
      const missing = yield* get.pipe(Effect.provide(Layer.provide(layer, environment({}))), Effect.flip)
      assert.strictEqual(missing._tag, "ConfigError")
    }))
})

describe("Credentials from the environment", () => {
  const variables = { AWS_ACCESS_KEY_ID: keys.accessKeyId, AWS_SECRET_ACCESS_KEY: keys.secretAccessKey }

  it.effect("are read from AWS's variables", () =>
    Effect.gen(function*() {
      const layer = Layer.provide(
        Credentials.layerEnv,
        environment({
          ...variables,
          AWS_SESSION_TOKEN: keys.sessionToken,
          AWS_CREDENTIAL_EXPIRATION: "2030-01-01T00:00:00Z"
        })
      )
      assert.deepStrictEqual(plain(yield* Effect.provide(get, layer)), {
        ...keys,
        expiration: new Date("2030-01-01T00:00:00Z")
      })
    }))

  it.effect("that are missing or empty fail the call and name the environment", () =>
    Effect.gen(function*() {
      for (const given of [{}, { ...variables, AWS_SECRET_ACCESS_KEY: "" }]) {
        const error = yield* get.pipe(
          Effect.provide(Layer.provide(Credentials.layerEnv, environment(given))),
          Effect.flip
        )
        assert.deepInclude(error, { _tag: "CredentialsError", sources: ["environment"] })
        assertNoSecret(error)
      }
    }))

  it.effect("are read from the ConfigProvider of the layer, not of the first call", () =>
    Effect.scoped(Effect.gen(function*() {
      const built = yield* Layer.build(Credentials.layerEnv).pipe(
        Effect.withConfigProvider(ConfigProvider.fromMap(new Map(Object.entries(variables))))
      )
      const id = yield* currentId.pipe(
        Effect.provide(built),
        Effect.withConfigProvider(ConfigProvider.fromMap(new Map()))
      )
      assert.strictEqual(id, keys.accessKeyId)
    })))
})

describe("A credentials provider", () => {
  it.effect("is called once for all calls that wait for the first value", () =>
    Effect.gen(function*() {
      const source = provider(until(3_600_000))
      yield* Effect.all(Array.from({ length: 50 }, () => get), { concurrency: "unbounded" }).pipe(
        Effect.provide(source.layer)
      )
      assert.strictEqual(source.calls(), 1)
    }))

  it.effect("is called once for all calls that find the value expired", () =>
    Effect.gen(function*() {
      const source = provider(until(3_600_000), until(7_200_000))
      yield* Effect.gen(function*() {
        yield* get
        yield* TestClock.adjust("2 hours")
        yield* Effect.all(Array.from({ length: 50 }, () => get), { concurrency: "unbounded" })
      }).pipe(Effect.provide(source.layer))
      assert.strictEqual(source.calls(), 2)
    }))

  it.effect("refreshes in the background from five minutes before expiry", () =>
    Effect.gen(function*() {
      const source = provider(until(3_600_000), until(7_200_000))
      yield* Effect.gen(function*() {
        yield* get
        yield* TestClock.setTime(3_300_000 - 1)
        assert.strictEqual(yield* currentId, "until-3600000")
        assert.strictEqual(source.calls(), 1)
        yield* TestClock.setTime(3_300_000)
        assert.strictEqual(yield* currentId, "until-3600000")
        yield* settle
        assert.strictEqual(yield* currentId, "until-7200000")
        assert.strictEqual(source.calls(), 2)
      }).pipe(Effect.provide(source.layer))
    }))

  it.effect("whose credentials live less than five minutes is called again after half their life", () =>
    Effect.gen(function*() {
      const source = provider(until(60_000), until(120_000))
      yield* Effect.gen(function*() {
        yield* Effect.repeatN(get, 20)
        yield* TestClock.setTime(30_000 - 1)
        yield* get
        yield* settle
        assert.strictEqual(source.calls(), 1)
        yield* TestClock.setTime(30_000)
        assert.strictEqual(yield* currentId, "until-60000")
        yield* settle
        assert.strictEqual(yield* currentId, "until-120000")
      }).pipe(Effect.provide(source.layer))
      assert.strictEqual(source.calls(), 2)
    }))

  it.effect("that hangs during a refresh delays no call and is called again", () =>
    Effect.gen(function*() {
      let calls = 0
      const layer = Credentials.layerProvider(() => {
        calls += 1
        return calls === 2 ? new Promise(() => {}) : Promise.resolve(until(calls * 3_600_000)())
      })
      yield* Effect.gen(function*() {
        yield* get
        yield* TestClock.setTime(3_300_000)
        yield* Effect.repeatN(get, 100)
        assert.strictEqual(calls, 2)
        yield* TestClock.adjust("11 seconds")
        yield* Effect.repeatN(get, 100)
        yield* settle
        assert.strictEqual(yield* currentId, "until-10800000")
        assert.strictEqual(calls, 3)
      }).pipe(Effect.provide(layer))
    }))

  it.effect("that fails to refresh is called again after 1, 2, 4, … and 60 seconds", () =>
    Effect.gen(function*() {
      const source = provider(until(3_600_000), failed)
      const callsAfter: Array<number> = []
      yield* Effect.gen(function*() {
        yield* get
        yield* TestClock.setTime(3_300_000)
        for (let second = 0; second < 200; second++) {
          yield* Effect.repeatN(get, 5)
          yield* settle
          if (source.calls() - 1 > callsAfter.length) {
            callsAfter.push(second)
          }
          yield* TestClock.adjust("1 second")
        }
      }).pipe(Effect.provide(source.layer))
      assert.deepStrictEqual(callsAfter, [0, 1, 3, 7, 15, 31, 63, 123, 183])
    }))

  it.effect("that returns credentials with the same expiry is not called for every call", () =>
    Effect.gen(function*() {
      const source = provider(until(3_600_000))
      yield* Effect.gen(function*() {
        yield* get
        yield* TestClock.setTime(3_400_000)
        for (let call = 0; call < 100; call++) {
          yield* get
          yield* settle
        }
      }).pipe(Effect.provide(source.layer))
      assert.strictEqual(source.calls(), 2)
    }))

  it.effect("that hangs fails the waiting calls after the refresh timeout, and is called again", () =>
    Effect.gen(function*() {
      let calls = 0
      const provide = () => {
        calls += 1
        return calls === 1 ? new Promise<never>(() => {}) : Promise.resolve(keys)
      }
      yield* Effect.gen(function*() {
        const waiting = yield* Effect.fork(Effect.flip(get))
        yield* TestClock.adjust("3 seconds")
        const error = yield* Fiber.join(waiting)
        assert.deepInclude(error, { _tag: "CredentialsError", sources: ["provider"] })
        assert.include(error.message, "within 3000 milliseconds")
        assert.deepStrictEqual(plain(yield* get), keys)
      }).pipe(Effect.provide(Credentials.layerProvider(provide, { refreshTimeout: "3 seconds" })))
    }))

  it.effect("with an invalid refresh timeout fails each call", () =>
    Effect.gen(function*() {
      const layer = Credentials.layerProvider(() => Promise.resolve(keys), { refreshTimeout: "soon" as "1 second" })
      const error = yield* Effect.flip(Effect.provide(get, layer))
      assert.include(error.message, "refreshTimeout")
    }))

  it.effect("fails the calls that wait when the client is closed", () =>
    Effect.gen(function*() {
      const scope = yield* Scope.make()
      const layer = Credentials.layerProvider(() => new Promise(() => {}))
      const context = yield* Layer.buildWithScope(layer, scope)
      const waiting = yield* Effect.fork(Effect.flip(Effect.provide(get, context)))
      yield* settle
      yield* Scope.close(scope, Exit.void)
      assert.strictEqual((yield* Fiber.join(waiting))._tag, "CredentialsError")
      assert.strictEqual((yield* Effect.flip(Effect.provide(get, context)))._tag, "CredentialsError")
    }))

  it.effect("that no call waits for is called again after one second", () =>
    Effect.gen(function*() {
      let calls = 0
      const layer = Credentials.layerProvider(() => {
        calls += 1
        return calls === 1 ? new Promise(() => {}) : Promise.resolve(keys)
      })
      yield* Effect.gen(function*() {
        yield* Fiber.interrupt(yield* Effect.fork(Effect.zipLeft(get, Effect.void)).pipe(Effect.tap(settle)))
        yield* TestClock.adjust("1 second")
        assert.deepStrictEqual(plain(yield* get), keys)
      }).pipe(Effect.provide(layer))
      assert.strictEqual(calls, 2)
    }))

  it.effect("is not called again without an expiry", () =>
    Effect.gen(function*() {
      const source = provider(() => keys)
      yield* Effect.gen(function*() {
        yield* get
        yield* TestClock.adjust("3650 days")
        yield* get
      }).pipe(Effect.provide(source.layer))
      assert.strictEqual(source.calls(), 1)
    }))

  it.effect("that fails to refresh is not an error until the cached value expires", () =>
    Effect.gen(function*() {
      const source = provider(until(3_600_000), failed)
      yield* Effect.gen(function*() {
        yield* get
        yield* TestClock.setTime(3_600_000 - 1)
        assert.strictEqual(yield* currentId, "until-3600000")
        yield* TestClock.setTime(3_600_000)
        assert.strictEqual((yield* Effect.flip(get))._tag, "CredentialsError")
      }).pipe(Effect.provide(source.layer))
      assert.strictEqual(source.calls(), 3)
    }))

  it.effect("that fails is called again by the next call", () =>
    Effect.gen(function*() {
      const source = provider(failed, until(3_600_000))
      yield* Effect.gen(function*() {
        assert.strictEqual((yield* Effect.flip(get))._tag, "CredentialsError")
        assert.strictEqual(yield* currentId, "until-3600000")
      }).pipe(Effect.provide(source.layer))
    }))

  it.effect("still serves the other calls if the first call is interrupted", () =>
    Effect.gen(function*() {
      let calls = 0
      const runtime = yield* Effect.runtime()
      const response = yield* Deferred.make<Credentials.CredentialsInput>()
      const layer = Credentials.layerProvider(() => {
        calls += 1
        return Runtime.runPromise(runtime)(Deferred.await(response))
      })
      yield* Effect.gen(function*() {
        const first = yield* Effect.fork(get)
        yield* Effect.yieldNow()
        const second = yield* Effect.fork(get)
        yield* Effect.yieldNow()
        assert.isTrue(Exit.isInterrupted(yield* Fiber.interrupt(first)))
        yield* Deferred.succeed(response, keys)
        assert.deepStrictEqual(plain(yield* Fiber.join(second)), keys)
        yield* get
      }).pipe(Effect.provide(layer))
      assert.strictEqual(calls, 1)
    }))
})

const failing = (reason: unknown) =>
  Effect.flip(Effect.provide(get, Credentials.layerProvider(() => Promise.reject(reason))))

describe("A failing credentials provider", () => {
  const providerSecret = "secret-of-the-provider"

  const broken: ReadonlyArray<readonly [string, Credentials.AwsCredentialProvider | (() => unknown)]> = [
    ["throws", () => {
      throw new Error(providerSecret)
    }],
    ["rejects with an error", () => Promise.reject(new Error(providerSecret, { cause: { token: providerSecret } }))],
    ["rejects with text", () => Promise.reject(providerSecret)],
    ["rejects with nothing", () => Promise.reject()],
    ["gives nothing", () => Promise.resolve(undefined)],
    ["gives null", () => Promise.resolve(null)],
    ["gives text", () => Promise.resolve(providerSecret)],
    ["returns no promise", () => ({ accessKeyId: providerSecret, secretAccessKey: providerSecret })],
    ["gives credentials of another type", () => Promise.resolve({ accessKeyId: 1, secretAccessKey: [providerSecret] })],
    ["gives empty credentials", () => Promise.resolve({ accessKeyId: "", secretAccessKey: providerSecret })],
    ["gives credentials whose getters throw", () =>
      Promise.resolve({
        get accessKeyId(): string {
          throw new Error(providerSecret)
        }
      })],
    [
      "rejects with an error whose getters throw",
      () => Promise.reject(Object.defineProperty(new Error(providerSecret), "code", { get: failed }))
    ]
  ]

  for (const [what, misbehaving] of broken) {
    it.effect(`that ${what} fails the call with CredentialsError, without its text`, () =>
      Effect.gen(function*() {
        const layer = Credentials.layerProvider(misbehaving as Credentials.AwsCredentialProvider)
        const error = yield* Effect.flip(Effect.provide(get, layer))
        assert.strictEqual(error._tag, "CredentialsError")
        assert.notInclude(shown(error), providerSecret)
      }))
  }

  it.effect("passes on its status and exit code", () =>
    Effect.gen(function*() {
      const status: SageMakerError.CredentialsError = yield* failing({ $metadata: { httpStatusCode: 403 } })
      assert.deepInclude(status, { sources: ["provider"], status: 403 })
      assert.deepInclude(yield* failing(Object.assign(new Error(providerSecret), { statusCode: 500 })), { status: 500 })
      assert.deepInclude(yield* failing(Object.assign(new Error(providerSecret), { code: 127 })), { exitCode: 127 })
      assert.isUndefined((yield* failing(Object.assign(new Error(), { code: providerSecret }))).exitCode)
    }))

  it.effect("gives credentials without expiry if the date is invalid", () =>
    Effect.gen(function*() {
      const layer = Credentials.layerProvider(() => Promise.resolve({ ...keys, expiration: new Date("soon") }))
      assert.deepStrictEqual(plain(yield* Effect.provide(get, layer)), keys)
    }))
})

describe("Printing", () => {
  it.effect("credentials shows no secret", () =>
    Effect.gen(function*() {
      assertNoSecret(yield* Effect.provide(get, Credentials.layer(keys)))
      assertNoSecret(yield* Effect.provide(get, Credentials.layerProvider(() => Promise.resolve(keys))))
      assertNoSecret(yield* Effect.provide(Effect.exit(get), Credentials.layer(keys)))
    }))
})

describe("A value that cannot be in a header fails the call and is named but not shown:", () => {
  const keys = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "secret", sessionToken: "token" }
  for (
    const [member, named] of [
      ["accessKeyId", "access key ID"],
      ["secretAccessKey", "secret access key"],
      ["sessionToken", "session token"]
    ] as const
  ) {
    for (const broken of ["canary\n", "canary\r\n", "can ary", "canarÿ", " "]) {
      it.effect(`${named}: ${JSON.stringify(broken)}`, () =>
        Effect.gen(function*() {
          const error = yield* Effect.flip(Effect.flatMap(Credentials.Credentials, ({ get }) => get))
          assert.include(error.message, named)
          assert.notInclude(error.message, "canar")
        }).pipe(Effect.provide(Credentials.layer({ ...keys, [member]: broken }))))
    }
  }
})

describe("Credentials.firstOf", () => {
  const failingSource = (name: string, onGet = () => {}) =>
    Layer.succeed(Tag, {
      get: Effect.suspend(() => {
        onGet()
        return new SageMakerError.CredentialsError({ message: `The ${name} is empty`, sources: [name], status: 403 })
      })
    })

  it.effect("uses the first source that returns credentials, within one scope", () =>
    Effect.gen(function*() {
      const order: Array<string> = []
      const traced = <E, R>(name: string, layer: Layer.Layer<Credentials.Credentials, E, R>) =>
        Layer.merge(
          layer,
          Layer.scopedDiscard(Effect.acquireRelease(
            Effect.sync(() => order.push(`open ${name}`)),
            () => Effect.sync(() => order.push(`close ${name}`))
          ))
        )
      const layer = Credentials.firstOf(
        traced("empty", failingSource("empty")),
        traced("provider", Credentials.layerProvider(() => Promise.resolve(keys))),
        traced("unused", Credentials.layer(keys))
      )
      yield* Effect.gen(function*() {
        assert.deepStrictEqual(order, [])
        assert.deepStrictEqual(plain(yield* get), keys)
        assert.deepStrictEqual(plain(yield* get), keys)
        assert.deepStrictEqual(order, ["open empty", "open provider"])
      }).pipe(Effect.provide(layer))
      assert.sameMembers(order.slice(2), ["close provider", "close empty"])
    }))

  it.effect("names each failure if no source returns credentials", () =>
    Effect.gen(function*() {
      const unbuilt = Credentials.layerConfig({
        accessKeyId: Config.string("ID"),
        secretAccessKey: Config.redacted("SECRET")
      })
      const broken = Layer.effect(Tag, Effect.die(new Error(keys.secretAccessKey)))
      const error = yield* get.pipe(
        Effect.provide(Credentials.firstOf(failingSource("first"), unbuilt, broken, failingSource("last"))),
        Effect.withConfigProvider(ConfigProvider.fromMap(new Map())),
        Effect.flip
      )
      assert.deepInclude(error, {
        message: "No source returned credentials: The first is empty; The layer of source 2 could not be built; " +
          "The layer of source 3 could not be built; The last is empty",
        sources: ["first", "source 2", "source 3", "last"],
        status: 403
      })
      assertNoSecret(error)
    }))

  it.effect("searches again if its source fails later", () =>
    Effect.gen(function*() {
      let asked = 0
      let works = true
      const second = Layer.succeed(Tag, {
        get: Effect.suspend(() =>
          works
            ? Effect.succeed({ accessKeyId: Redacted.make("second"), secretAccessKey: Redacted.make("x") })
            : new SageMakerError.CredentialsError({ message: "gone", sources: [] })
        )
      })
      const layer = Credentials.firstOf(failingSource("first", () => asked++), second, Credentials.layer(keys))
      yield* Effect.gen(function*() {
        assert.strictEqual(yield* currentId, "second")
        assert.strictEqual(yield* currentId, "second")
        assert.strictEqual(asked, 1)
        works = false
        assert.strictEqual(yield* currentId, keys.accessKeyId)
        assert.strictEqual(asked, 2)
      }).pipe(Effect.provide(layer))
    }))

  it.effect("searches once for concurrent calls", () =>
    Effect.gen(function*() {
      let asked = 0
      const layer = Credentials.firstOf(failingSource("first", () => asked++), Credentials.layer(keys))
      yield* Effect.provide(Effect.all(Array.from({ length: 20 }, () => get), { concurrency: "unbounded" }), layer)
      assert.strictEqual(asked, 1)
    }))
})
