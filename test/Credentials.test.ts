import { assert, describe, it } from "@effect/vitest"
import {
  Config,
  ConfigProvider,
  Deferred,
  Effect,
  Exit,
  Fiber,
  Layer,
  Option,
  Redacted,
  Runtime,
  TestClock
} from "effect"
import { Credentials, type SageMakerError } from "effect-sagemaker-runtime"
import { inspect } from "node:util"
import { eventually } from "./support/eventually.ts"

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
      const source = provider(until(3_600_000), until(10_800_000))
      yield* Effect.gen(function*() {
        yield* get
        yield* TestClock.adjust("2 hours")
        yield* Effect.all(Array.from({ length: 50 }, () => get), { concurrency: "unbounded" })
      }).pipe(Effect.provide(source.layer))
      assert.strictEqual(source.calls(), 2)
    }))

  it.effect("is not called again until five minutes before expiry", () =>
    Effect.gen(function*() {
      const source = provider(until(3_600_000), until(7_200_000))
      yield* Effect.gen(function*() {
        yield* get
        yield* TestClock.setTime(3_300_000 - 1)
        assert.strictEqual(yield* currentId, "until-3600000")
        assert.strictEqual(source.calls(), 1)
        yield* TestClock.setTime(3_300_000)
        assert.strictEqual(yield* currentId, "until-3600000")
        yield* eventually(Effect.map(currentId, (id) => id === "until-7200000"))
        assert.strictEqual(source.calls(), 2)
      }).pipe(Effect.provide(source.layer))
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

  for (const expiration of [new Date("soon"), "2099-01-01T00:00:00Z", 4_070_908_800_000, NaN, {}, true]) {
    it.effect(`that gives the expiration ${inspect(expiration)} fails the call and names the field`, () =>
      Effect.gen(function*() {
        const layer = Credentials.layerProvider(() => Promise.resolve({ ...keys, expiration: expiration as Date }))
        const error = yield* Effect.flip(Effect.provide(get, layer))
        assert.strictEqual(error.message, "The expiration from the provider must be a valid Date")
      }))
  }

  it.effect("that gives expired credentials fails the call, and is called once per call", () =>
    Effect.gen(function*() {
      const source = provider(until(1_000))
      yield* Effect.gen(function*() {
        yield* TestClock.setTime(1_000)
        const error = yield* Effect.flip(get)
        assert.strictEqual(
          error.message,
          "The credentials from the provider expired at 1970-01-01T00:00:01.000Z. Check the source and the system time."
        )
        assertNoSecret(error)
        yield* Effect.flip(get)
      }).pipe(Effect.provide(source.layer))
      assert.strictEqual(source.calls(), 2)
    }))

  it.effect("that takes longer than refreshTimeout fails the call", () =>
    Effect.gen(function*() {
      const never = () => new Promise<never>(() => {})
      for (const [options, limit] of [[{}, 10_000], [{ refreshTimeout: "3 seconds" }, 3_000]] as const) {
        const fiber = yield* Effect.fork(Effect.flip(Effect.provide(get, Credentials.layerProvider(never, options))))
        yield* TestClock.adjust(limit - 1)
        assert.isTrue(Option.isNone(yield* Fiber.poll(fiber)))
        yield* TestClock.adjust(1)
        assert.deepInclude(yield* Fiber.join(fiber), {
          _tag: "CredentialsError",
          message:
            `No credentials arrived from the provider within ${limit} ms: increase refreshTimeout if it needs longer`
        })
      }
    }))

  for (const refreshTimeout of [0, -1, NaN, "soon", {}]) {
    it.effect(`with the refreshTimeout ${inspect(refreshTimeout)} fails the call and is not called`, () =>
      Effect.gen(function*() {
        let calls = 0
        const layer = Credentials.layerProvider(
          () => {
            calls += 1
            return Promise.resolve(keys)
          },
          { refreshTimeout: refreshTimeout as "1 second" }
        )
        const error = yield* Effect.flip(Effect.provide(get, layer))
        assert.include(error.message, "refreshTimeout must be a positive duration")
        assert.strictEqual(calls, 0)
      }))
  }
})

describe("Credentials whose members throw", () => {
  const secret = "secret-of-a-getter"
  const throwing = () => {
    throw new Error(secret)
  }
  const inputs: ReadonlyArray<readonly [string, object]> = [
    ["a getter", Object.defineProperty({ ...keys }, "secretAccessKey", { get: throwing })],
    ["a getter of the expiration", Object.defineProperty({ ...keys }, "expiration", { get: throwing })],
    ["a proxy", new Proxy({}, { get: throwing, has: throwing })]
  ]
  for (const [what, input] of inputs) {
    it.effect(`in ${what} fail the call with CredentialsError, without the thrown text`, () =>
      Effect.gen(function*() {
        const error = yield* Effect.flip(Effect.provide(get, Credentials.layer(input as Credentials.CredentialsInput)))
        assert.strictEqual(error._tag, "CredentialsError")
        assert.notInclude(shown(error), secret)
        assertNoSecret(error)
      }))
  }

  it.effect("are read once, so that later changes have no effect", () =>
    Effect.gen(function*() {
      const expiration = new Date(3_600_000)
      const layer = Credentials.layer({ ...keys, expiration })
      expiration.setTime(0)
      assert.deepStrictEqual((yield* Effect.provide(get, layer)).expiration, new Date(3_600_000))
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
