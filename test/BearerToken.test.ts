import { assert, describe, it } from "@effect/vitest"
import { SignatureV4 } from "@smithy/signature-v4"
import { Deferred, Effect, Either, Exit, Fiber, Layer, Redacted, TestClock } from "effect"
import { BearerToken, Credentials, SageMakerError } from "effect-sagemaker-runtime"
import { createHash, createHmac } from "node:crypto"
import { inspect } from "node:util"
import { pickMembersOf } from "./support/pickMembersOf.ts"

const { BearerToken: Tag } = BearerToken

const keys = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY" }
const withSession = { ...keys, sessionToken: "IQoJb3JpZ2luX2VjE/+tok==" }
const date = new Date("2026-11-28T12:34:56.789Z")
const region = "eu-west-1"
const minute = 60_000
const hour = 60 * minute

const get = Effect.flatMap(Tag, (tokens) => Effect.map(tokens.get, Redacted.value))
const invalidate = Effect.flatMap(Tag, (tokens) => tokens.invalidate)

const urlOf = (token: string): URL => {
  const [, encoded = ""] = /^sagemaker-api-key-([A-Za-z0-9+/]+={0,2})$/.exec(token) ?? []
  return new URL(`https://${Buffer.from(encoded, "base64").toString("latin1")}`)
}

const encode = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (_) => `%${_.charCodeAt(0).toString(16).toUpperCase()}`)

const hmac = (key: string | Buffer, text: string): Buffer => createHmac("sha256", key).update(text).digest()

/** The signature of a presigned URL, from the description of Signature Version 4 alone. */
const expectedSignature = ({ host, searchParams }: URL, secretAccessKey: string): string => {
  const signed = [...searchParams].filter(([name]) => name !== "X-Amz-Signature" && name !== "Version")
  const query = signed.map(([name, value]) => `${encode(name)}=${encode(value)}`).toSorted().join("&")
  const emptyHash = createHash("sha256").update("").digest("hex")
  const canonical = ["POST", "/", query, `host:${host}`, "", "host", emptyHash].join("\n")
  const [, ...scope] = searchParams.get("X-Amz-Credential")!.split("/")
  const text = [
    "AWS4-HMAC-SHA256",
    searchParams.get("X-Amz-Date"),
    scope.join("/"),
    createHash("sha256").update(canonical).digest("hex")
  ].join("\n")
  const key = scope.reduce<string | Buffer>(hmac, `AWS4${secretAccessKey}`)
  return hmac(key, text).toString("hex")
}

/** The parameters of a URL that AWS's own signer presigns. */
const presigned = async (credentials: Credentials.CredentialsInput, expiresIn: number) => {
  class Hash {
    readonly #hash
    constructor(secret?: string | Uint8Array) {
      this.#hash = secret === undefined ? createHash("sha256") : createHmac("sha256", secret)
    }
    update(data: Uint8Array) {
      this.#hash.update(data)
    }
    digest() {
      return Promise.resolve(new Uint8Array(this.#hash.digest()))
    }
  }
  const signer = new SignatureV4({
    service: "sagemaker",
    region,
    sha256: Hash as never,
    credentials: credentials as never
  })
  const request = await signer.presign(
    {
      method: "POST",
      protocol: "https:",
      hostname: "sagemaker.amazonaws.com",
      path: "/",
      query: { Action: "CallWithBearerToken" },
      headers: { host: "sagemaker.amazonaws.com" }
    },
    { signingDate: date, expiresIn }
  )
  return request.query
}

describe("BearerToken.make", () => {
  for (const [name, credentials] of Object.entries({ "long-term": keys, temporary: withSession })) {
    it.effect(`makes a presigned URL that an independent signer confirms, for ${name} credentials`, () =>
      Effect.gen(function*() {
        const url = urlOf(Redacted.value(yield* BearerToken.make(credentials, { region, date, expiresIn: "1 hour" })))
        assert.strictEqual(url.origin + url.pathname, "https://sagemaker.amazonaws.com/")
        assert.isTrue(url.search.endsWith("&Version=1"))
        const { "X-Amz-Signature": signature, ...parameters } = Object.fromEntries(url.searchParams)
        assert.deepStrictEqual(parameters, {
          Action: "CallWithBearerToken",
          Version: "1",
          "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
          "X-Amz-Credential": "AKIDEXAMPLE/20261128/eu-west-1/sagemaker/aws4_request",
          "X-Amz-Date": "20261128T123456Z",
          "X-Amz-Expires": "3600",
          "X-Amz-SignedHeaders": "host",
          ...("sessionToken" in credentials ? { "X-Amz-Security-Token": withSession.sessionToken } : {})
        })
        assert.strictEqual(signature, expectedSignature(url, keys.secretAccessKey))
        const oracle = yield* Effect.promise(() => presigned(credentials, 3_600))
        assert.deepStrictEqual({ ...oracle, Version: "1" }, Object.fromEntries(url.searchParams))
      }))
  }

  it("is synchronous on Node and depends on its arguments only", () => {
    const options = { region, date }
    const [first, second] = [keys, { ...keys, accessKeyId: Redacted.make(keys.accessKeyId) }].map((credentials) =>
      Redacted.value(Effect.runSync(BearerToken.make(credentials, options)))
    )
    assert.strictEqual(first, second)
    assert.strictEqual(urlOf(first!).searchParams.get("X-Amz-Expires"), "43200")
  })

  it.effect("fails with ConfigurationError for a lifetime, a region or a date that is invalid", () =>
    Effect.gen(function*() {
      for (const expiresIn of [0, 999, "500 millis", "12 hours 1 milli", 12 * hour + 1, -1, NaN, Infinity, "x", {}]) {
        const error = yield* Effect.flip(BearerToken.make(keys, { region, date, expiresIn: expiresIn as never }))
        const expected = { _tag: "ConfigurationError", setting: "expiresIn" }
        assert.deepStrictEqual(pickMembersOf(error, expected), expected)
        const layer = BearerToken.layer({ region, expiresIn: expiresIn as never }).pipe(
          Layer.provide(Credentials.layer(keys))
        )
        assert.strictEqual((yield* Effect.flip(Effect.provide(get, layer)))._tag, "ConfigurationError")
      }
      for (const expiresIn of [1_000, 1_999, "1 second", "12 hours", "60 minutes"] as const) {
        yield* BearerToken.make(keys, { region, date, expiresIn })
      }
      for (
        const options of [
          { region: "", date },
          { region: "eu west", date },
          { region },
          { region, date: new Date(NaN) },
          {},
          undefined,
          null,
          "x"
        ]
      ) {
        const error = yield* Effect.flip(BearerToken.make(keys, options as never))
        assert.strictEqual(error._tag, "ConfigurationError")
      }
    }))

  it.effect("fails with CredentialsError for credentials that are missing, empty or invalid", () =>
    Effect.gen(function*() {
      const throwing = Object.defineProperty({}, "accessKeyId", { get: () => assert.fail("secret"), enumerable: true })
      for (
        const credentials of [undefined, null, {}, { ...keys, secretAccessKey: "" }, { ...keys, accessKeyId: "" }, {
          ...keys,
          accessKeyId: "a b"
        }, throwing]
      ) {
        const error = yield* Effect.flip(BearerToken.make(credentials as never, { region, date }))
        assert.strictEqual(error._tag, "CredentialsError")
        assert.notInclude(inspect(error), keys.secretAccessKey)
      }
    }))
})

/** Credentials that the test controls, and the number of times that they were read. */
const scripted = (
  ...results: ReadonlyArray<Effect.Effect<Credentials.CredentialsInput, SageMakerError.CredentialsError>>
) => {
  let reads = 0
  return {
    reads: () => reads,
    layer: Layer.succeed(Credentials.Credentials, {
      get: Effect.suspend(() => results[Math.min(reads++, results.length - 1)]!) as never
    })
  }
}

const tokens = (
  credentials: Layer.Layer<Credentials.Credentials>,
  options: Partial<BearerToken.BearerTokenOptions> = {}
) => BearerToken.layer({ region, ...options }).pipe(Layer.provide(credentials))

const dateOf = (token: string) => urlOf(token).searchParams.get("X-Amz-Date")

describe("BearerToken.layer", () => {
  it.effect("uses a token until five minutes before it expires", () => {
    const credentials = scripted(Effect.succeed(keys))
    return Effect.gen(function*() {
      yield* TestClock.setTime(date)
      const first = yield* get
      assert.strictEqual(dateOf(first), "20261128T123456Z")
      assert.strictEqual(urlOf(first).searchParams.get("X-Amz-Expires"), "7200")
      yield* TestClock.adjust(2 * hour - 5 * minute - 1_000)
      assert.strictEqual(yield* get, first)
      assert.strictEqual(credentials.reads(), 1)
      yield* TestClock.adjust(1_000)
      const second = yield* get
      assert.strictEqual(dateOf(second), "20261128T142956Z")
      assert.strictEqual(yield* get, second)
      assert.strictEqual(credentials.reads(), 2)
    }).pipe(Effect.provide(tokens(credentials.layer, { expiresIn: "2 hours" })))
  })

  it.effect("uses a token of less than five minutes until half its life", () => {
    const credentials = scripted(Effect.succeed(keys))
    return Effect.gen(function*() {
      yield* TestClock.setTime(date.getTime() - 789)
      const first = yield* get
      yield* TestClock.adjust(29_999)
      assert.strictEqual(yield* get, first)
      yield* TestClock.adjust(1)
      assert.notStrictEqual(yield* get, first)
    }).pipe(Effect.provide(tokens(credentials.layer, { expiresIn: "1 minute" })))
  })

  it.effect("does not use a token after its credentials expired", () => {
    const until = (millis: number) => Effect.succeed({ ...keys, expiration: new Date(millis) })
    const expired = new SageMakerError.CredentialsError({ message: "none", sources: ["test"] })
    const credentials = scripted(until(10 * minute), Effect.fail(expired))
    return Effect.gen(function*() {
      const first = yield* get
      yield* TestClock.adjust(5 * minute - 1)
      assert.strictEqual(yield* get, first)
      assert.strictEqual(credentials.reads(), 1)
      yield* TestClock.adjust(1)
      assert.strictEqual(yield* get, first)
      assert.strictEqual(credentials.reads(), 2)
      yield* TestClock.adjust(5 * minute - 1)
      assert.strictEqual(yield* get, first)
      yield* TestClock.adjust(1)
      assert.strictEqual(yield* Effect.flip(get), expired)
    }).pipe(Effect.provide(tokens(credentials.layer)))
  })

  it.effect("rejects credentials that have expired already", () =>
    Effect.gen(function*() {
      yield* TestClock.setTime(hour)
      const layer = tokens(Credentials.layer({ ...keys, expiration: new Date(hour) }))
      assert.strictEqual((yield* Effect.flip(Effect.provide(get, layer)))._tag, "CredentialsError")
    }))

  it.effect("makes one token at a time", () =>
    Effect.gen(function*() {
      const gate = yield* Deferred.make<void>()
      const credentials = scripted(Effect.as(Deferred.await(gate), keys))
      yield* Effect.gen(function*() {
        const callers = yield* Effect.fork(
          Effect.all(Array.from({ length: 50 }, () => get), { concurrency: "unbounded" })
        )
        yield* TestClock.adjust(1_000)
        yield* Deferred.succeed(gate, undefined)
        const received = yield* Fiber.join(callers)
        assert.strictEqual(new Set(received).size, 1)
        assert.strictEqual(credentials.reads(), 1)
      }).pipe(Effect.provide(tokens(credentials.layer)))
    }))

  it.effect("continues with the cached token while a refresh waits for credentials", () =>
    Effect.gen(function*() {
      const gate = yield* Deferred.make<void>()
      const credentials = scripted(Effect.succeed(keys), Effect.as(Deferred.await(gate), keys))
      yield* Effect.gen(function*() {
        const first = yield* get
        yield* TestClock.adjust(11.95 * hour)
        assert.strictEqual(yield* get, first)
        assert.strictEqual(yield* get, first)
        assert.strictEqual(credentials.reads(), 2)
        yield* Deferred.succeed(gate, undefined)
        assert.notStrictEqual(yield* get, first)
        assert.strictEqual(credentials.reads(), 2)
      }).pipe(Effect.provide(tokens(credentials.layer)))
    }))

  it.effect("makes another token after invalidate", () => {
    const credentials = scripted(Effect.succeed(keys))
    return Effect.gen(function*() {
      const first = yield* get
      yield* TestClock.adjust(1_000)
      yield* invalidate
      assert.notStrictEqual(yield* get, first)
      assert.strictEqual(credentials.reads(), 2)
    }).pipe(Effect.provide(tokens(credentials.layer)))
  })

  it.effect("makes a token again after a failure, and reports defects and silence as CredentialsError", () => {
    const failure = new SageMakerError.CredentialsError({ message: "none", sources: ["test"] })
    const credentials = scripted(
      Effect.fail(failure),
      Effect.die(keys.secretAccessKey),
      Effect.never,
      Effect.succeed(keys)
    )
    return Effect.gen(function*() {
      assert.strictEqual(yield* Effect.flip(get), failure)
      const defect = yield* Effect.flip(get)
      assert.strictEqual(defect._tag, "CredentialsError")
      assert.notInclude(inspect(defect), keys.secretAccessKey)
      const silent = yield* Effect.fork(Effect.flip(get))
      yield* TestClock.adjust("10 seconds")
      assert.strictEqual((yield* Fiber.join(silent))._tag, "CredentialsError")
      assert.isString(yield* get)
    }).pipe(Effect.provide(tokens(credentials.layer)))
  })

  it.effect("can be interrupted while it waits for credentials", () =>
    Effect.gen(function*() {
      const credentials = scripted(Effect.never, Effect.succeed(keys))
      yield* Effect.gen(function*() {
        const caller = yield* Effect.fork(get)
        yield* Effect.yieldNow()
        assert.isTrue(Exit.isInterrupted(yield* Fiber.interrupt(caller)))
        yield* TestClock.adjust(500)
        assert.isString(yield* get)
      }).pipe(Effect.provide(tokens(credentials.layer)))
    }))

  it.effect("prints neither tokens nor credentials", () =>
    Effect.gen(function*() {
      const service = yield* Tag
      const token = yield* service.get
      const expired = yield* Effect.either(service.get)
      const { searchParams } = urlOf(Redacted.value(token))
      const values = [service, token, yield* Effect.exit(service.get), Either.getOrThrow(expired)]
      for (const value of values) {
        const printed = [
          JSON.stringify(value),
          inspect(value, { depth: 20, showHidden: true, getters: true })
        ].join()
        for (
          const secret of [Redacted.value(token), ...Object.values(withSession), searchParams.get("X-Amz-Signature")!]
        ) {
          assert.notInclude(printed, secret)
        }
      }
    }).pipe(Effect.provide(tokens(Credentials.layer(withSession)))))
})
