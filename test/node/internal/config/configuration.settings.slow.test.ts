import type { HttpClientRequest } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { ConfigProvider, Effect, Layer } from "effect"
import { RetryPolicy, SageMakerError } from "effect-sagemaker-runtime"
import { NodeSageMaker } from "effect-sagemaker-runtime/node"
import { call, withFixedRandom } from "../../../support/call.ts"
import { isolatedEnvironment } from "../../../support/credentialServers.ts"
import { advanceWhileIdle } from "../../../support/eventually.ts"
import {
  configurationErrorWith,
  type ConfigurationSources,
  exampleCredentials,
  requestsWith,
  withSources
} from "../../../support/nodeConfiguration.ts"
import { refusal, type Reply, scriptedHttpClient } from "../../../support/scriptedHttpClient.ts"

interface Setting {
  readonly variable: string
  readonly key: string
  /** Two values as text, their values in code, and their effect on a request. */
  readonly values: readonly [string, string]
  readonly code: readonly [NodeSageMaker.NodeSageMakerOptions, NodeSageMaker.NodeSageMakerOptions]
  readonly shows: readonly [string, string]
  readonly env?: Readonly<Record<string, string>>
  readonly look: (...requests: ReadonlyArray<HttpClientRequest.HttpClientRequest>) => string | undefined
}

const hostOf: Setting["look"] = (request) => request && new URL(request.url).host

const settings: ReadonlyArray<Setting> = [
  {
    variable: "AWS_USE_FIPS_ENDPOINT",
    key: "use_fips_endpoint",
    values: ["true", "false"],
    code: [{ useFipsEndpoint: true }, { useFipsEndpoint: false }],
    shows: ["runtime-fips.sagemaker.us-east-1.amazonaws.com", "runtime.sagemaker.us-east-1.amazonaws.com"],
    look: hostOf
  },
  {
    variable: "AWS_USE_DUALSTACK_ENDPOINT",
    key: "use_dualstack_endpoint",
    values: ["TRUE", "False"],
    code: [{ useDualstackEndpoint: true }, { useDualstackEndpoint: false }],
    shows: ["runtime.sagemaker.us-east-1.api.aws", "runtime.sagemaker.us-east-1.amazonaws.com"],
    look: hostOf
  },
  {
    variable: "AWS_MAX_ATTEMPTS",
    key: "max_attempts",
    values: ["7", "1"],
    code: [{ retry: RetryPolicy.standard({ maxAttempts: 7 }) }, { retry: RetryPolicy.none }],
    shows: ["attempt=1; max=7", "attempt=1; max=1"],
    look: (request) => request?.headers["amz-sdk-request"]
  },
  {
    variable: "AWS_SDK_UA_APP_ID",
    key: "sdk_ua_app_id",
    values: ["first", "second"],
    code: [{ appId: "first" }, { appId: "second" }],
    shows: ["app/first", "app/second"],
    look: (request) => request?.headers["user-agent"]?.split(" ").at(-1)
  },
  {
    variable: "AWS_DISABLE_CLOCK_SKEW_CORRECTION",
    key: "disable_clock_skew_correction",
    values: ["true", "false"],
    code: [{ correctClockSkew: false }, { correctClockSkew: true }],
    shows: ["19700101T000000Z", "19700101T010000Z"],
    look: (_, second) => second?.headers["x-amz-date"]
  },
  {
    variable: "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
    key: "ignore_configured_endpoint_urls",
    values: ["true", "false"],
    code: [{ ignoreConfiguredEndpointUrls: true }, { ignoreConfiguredEndpointUrls: false }],
    shows: ["runtime.sagemaker.us-east-1.amazonaws.com", "configured.example.com"],
    env: { AWS_ENDPOINT_URL: "https://configured.example.com" },
    look: hostOf
  }
]

const oneHourAhead: Reply = { status: 200, headers: { date: "Thu, 01 Jan 1970 01:00:00 GMT" }, body: "ok" }

const profile = (key: string, value: string) => `[default]\n${key} = ${value}`

const region = { AWS_REGION: "us-east-1" }

/** The effect of a setting on two calls, if it is in code, in the environment and in the profile. */
const shown = (
  { env, key, look, variable }: Setting,
  given: { readonly code?: NodeSageMaker.NodeSageMakerOptions; readonly env?: string; readonly profile?: string }
) =>
  Effect.map(
    requestsWith(
      {
        env: { ...region, ...env, ...(given.env !== undefined && { [variable]: given.env }) },
        ...(given.profile !== undefined && { config: profile(key, given.profile) })
      },
      given.code,
      Effect.zipRight(call, call),
      oneHourAhead
    ),
    (requests) => look(...requests)
  )

describe.each(settings)("$variable", (setting) => {
  const { code: [codeA, codeB], shows: [showsA, showsB], values: [a, b] } = setting

  it.effect("is used", () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* shown(setting, { env: a }), showsA)
      assert.strictEqual(yield* shown(setting, { env: b }), showsB)
    }))

  it.effect("overrides the profile", () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* shown(setting, { env: a, profile: b }), showsA)
      assert.strictEqual(yield* shown(setting, { env: b, profile: a }), showsB)
    }))

  it.effect("is overridden by code", () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* shown(setting, { code: codeA, env: b, profile: b }), showsA)
      assert.strictEqual(yield* shown(setting, { code: codeB, env: a, profile: a }), showsB)
    }))

  it.effect("leaves the profile in effect if it is absent or empty", () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* shown(setting, { profile: a }), showsA)
      assert.strictEqual(yield* shown(setting, { profile: b }), showsB)
      assert.strictEqual(yield* shown(setting, { env: "", profile: a }), showsA)
      assert.strictEqual(yield* shown(setting, { env: "  ", profile: a }), showsA)
    }))
})

const toggles = settings.filter(({ values: [value] }) => value.toLowerCase() === "true")

describe("An invalid value", () => {
  const wrong = [
    ...toggles.flatMap(({ code, key, variable }) =>
      ["1", "constructor"].map((value) => ({
        variable,
        key,
        value,
        code: code[0],
        problem: "must be true or false"
      }))
    ),
    ...["0", "1.5", "many", "1e3", "12345678901"].map((value) => ({
      variable: "AWS_MAX_ATTEMPTS",
      key: "max_attempts",
      value,
      code: { retry: RetryPolicy.none },
      problem: "must be an integer between 1 and 999999999"
    })),
    ...["standart", "constructor"].map((value) => ({
      variable: "AWS_RETRY_MODE",
      key: "retry_mode",
      value,
      code: { retry: RetryPolicy.none },
      problem: "must be one of standard, adaptive, legacy"
    }))
  ]

  it.effect.each(wrong)(
    "fails without being repeated: $variable=$value",
    ({ problem, value, variable }) =>
      Effect.gen(function*() {
        const error = yield* configurationErrorWith({ env: { ...region, [variable]: value } })
        assert.include(error, { _tag: "ConfigurationError", setting: variable, source: "environment", problem })
        assert.strictEqual(error.message, `${variable} (environment) ${problem}`)
      })
  )

  it.effect.each(wrong)(
    "fails without being repeated: $key = $value",
    ({ key, problem, value }) =>
      Effect.gen(function*() {
        const error = yield* configurationErrorWith({ env: region, config: profile(key, value) })
        assert.include(error, { _tag: "ConfigurationError", setting: key, source: "profile default", problem })
        assert.strictEqual(error.message, `${key} (profile default) ${problem}`)
      })
  )

  it.effect.each(wrong)(
    "is ignored if code has the setting: $variable=$value",
    ({ code, key, value, variable }) =>
      Effect.gen(function*() {
        const place = { env: { ...region, [variable]: value }, config: profile(key, value) }
        assert.lengthOf(yield* requestsWith(place, code), 1)
      })
  )
})

const throttled = refusal(400, "ThrottlingException")

/** The result of a call that is always throttled, with fixed delays. */
const endIn = (
  place: ConfigurationSources,
  options: NodeSageMaker.NodeSageMakerOptions = {},
  around: <A, E, R>(layer: Layer.Layer<A, E, R>) => Layer.Layer<A, E, R> = (layer) => layer
) =>
  Effect.gen(function*() {
    const server = yield* scriptedHttpClient(throttled)
    const layer = around(NodeSageMaker.layer({ credentials: exampleCredentials, http: server.http, ...options }))
    const error = yield* Effect.flip(call).pipe(
      Effect.provide(layer),
      withSources({ ...place, env: { ...region, ...place.env } }),
      withFixedRandom(0),
      // Reading the configuration takes real time.
      advanceWhileIdle(Effect.map(server.attempts, (attempts) => attempts > 0))
    )
    return SageMakerError.isThrottling(error) && "attempts" in error
      ? { attempts: error.attempts, paced: error.totalRetryDelay > 0 }
      : error
  })

describe("The retry mode", () => {
  const env = { AWS_RETRY_MODE: "adaptive", AWS_MAX_ATTEMPTS: "5" }

  it.effect.each([
    { name: "nothing", place: {}, options: {}, end: { attempts: 3, paced: false } },
    {
      name: "standard",
      place: { env: { AWS_RETRY_MODE: "standard" } },
      options: {},
      end: { attempts: 3, paced: false }
    },
    { name: "legacy", place: { env: { AWS_RETRY_MODE: "legacy" } }, options: {}, end: { attempts: 3, paced: false } },
    {
      name: "adaptive",
      place: { env: { AWS_RETRY_MODE: "Adaptive" } },
      options: {},
      end: { attempts: 3, paced: true }
    },
    {
      name: "five attempts",
      place: { env: { AWS_MAX_ATTEMPTS: "5" } },
      options: {},
      end: { attempts: 5, paced: false }
    },
    { name: "both in the environment", place: { env }, options: {}, end: { attempts: 5, paced: true } },
    {
      name: "both in the profile",
      place: { config: "[default]\nretry_mode = adaptive\nmax_attempts = 2" },
      options: {},
      end: { attempts: 2, paced: true }
    },
    {
      name: "the environment, which overrides the profile",
      place: { env: { AWS_RETRY_MODE: "standard" }, config: "[default]\nretry_mode = adaptive\nmax_attempts = 2" },
      options: {},
      end: { attempts: 2, paced: false }
    },
    {
      name: "code, which overrides the environment",
      place: { env },
      options: { retry: RetryPolicy.standard({ maxAttempts: 4 }) },
      end: { attempts: 4, paced: false }
    }
  ])("is correct for $name", ({ end, options, place }) =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* endIn(place, options), end)
    }))

  it.effect("is the policy in context, which overrides the environment and its invalid values", () =>
    Effect.gen(function*() {
      const twice = RetryPolicy.layer(RetryPolicy.standard({ maxAttempts: 2 }))
      const within = <A, E, R>(layer: Layer.Layer<A, E, R>) => Layer.provide(layer, twice)
      assert.deepStrictEqual(yield* endIn({ env }, {}, within), { attempts: 2, paced: false })
      const wrong = { AWS_RETRY_MODE: "standart", AWS_MAX_ATTEMPTS: "many" }
      assert.deepStrictEqual(yield* endIn({ env: wrong }, {}, within), { attempts: 2, paced: false })
    }))

  it.effect("is the policy in code, which overrides the policy in context", () =>
    Effect.gen(function*() {
      const end = yield* endIn(
        { env },
        { retry: RetryPolicy.standard({ maxAttempts: 4 }) },
        Layer.provide(RetryPolicy.layer(RetryPolicy.none))
      )
      assert.deepStrictEqual(end, { attempts: 4, paced: false })
    }))
})

it.scopedLive("AWS_CONFIG_FILE and AWS_PROFILE of the process are ignored if the ConfigProvider does not have them", () =>
  Effect.gen(function*() {
    const { set, write } = yield* isolatedEnvironment()
    const file = write("elsewhere/config", "[default]\nregion = eu-west-1\n[profile work]\nregion = eu-west-2")
    set({ AWS_CONFIG_FILE: file, AWS_PROFILE: "work" })
    const server = yield* scriptedHttpClient({ status: 200, body: "ok" })
    const layer = NodeSageMaker.layer({ credentials: exampleCredentials, http: server.http })
    const callWith = (variables: Readonly<Record<string, string>>) =>
      Effect.provide(call, layer).pipe(
        Effect.withConfigProvider(ConfigProvider.fromMap(new Map(Object.entries(variables))))
      )
    yield* Effect.provide(call, layer)
    yield* callWith({ AWS_CONFIG_FILE: file })
    assert.deepStrictEqual((yield* server.requests).map((request) => hostOf(request)), [
      "runtime.sagemaker.eu-west-2.amazonaws.com",
      "runtime.sagemaker.eu-west-1.amazonaws.com"
    ])
    const error = yield* Effect.flip(callWith({}))
    assert.deepInclude(error, { _tag: "ConfigurationError", setting: "region" })
  }))
