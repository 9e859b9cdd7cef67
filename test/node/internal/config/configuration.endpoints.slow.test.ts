import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { hasCorpora, needsCorpora } from "../../../support/corpora.ts"
import { decodeCorpus } from "../../../support/corpus.ts"
import { configurationErrorWith, serviceUrlWith } from "../../../support/nodeConfiguration.ts"

const Table = <A>(value: Schema.Schema<A>) => Schema.Record({ key: Schema.String, value })
const Text = Table(Schema.String)

const Suite = Schema.Struct({
  profiles: Table(Text),
  services: Table(Table(Text)),
  client_configs: Table(Schema.Struct({
    endpoint_url: Schema.optional(Schema.String),
    ignore_configured_endpoint_urls: Schema.optional(Schema.Boolean)
  })),
  environments: Table(Text),
  endpointUrlTests: Schema.Array(Schema.Struct({
    name: Schema.String,
    profile: Schema.String,
    client_config: Schema.String,
    environment: Schema.String,
    service: Schema.Literal("s3", "dynamodb"),
    output: Schema.Struct({ endpointUrl: Schema.String })
  }))
})

const corpus = decodeCorpus(
  "config/configured-endpoint-urls.botocore.json",
  Schema.Struct({ testSuites: Schema.Tuple(Suite) })
)?.testSuites[0]

const lines = (section: Readonly<Record<string, string>>, indent = "") =>
  Object.entries(section).map(([key, value]) => `${indent}${key} = ${value}`)

/** A config file of a case, with the section of its service renamed to this service. */
const configOf = ({ profiles, services }: typeof Suite.Type, ours: string) =>
  [
    ...Object.entries(profiles).flatMap(([name, section]) => [`[profile ${name}]`, ...lines(section)]),
    ...Object.entries(services).flatMap(([name, parts]) => [
      `[services ${name}]`,
      ...Object.entries(parts).flatMap(([service, section]) => [
        `${service === ours ? "sagemaker_runtime" : service} =`,
        ...lines(section, "  ")
      ])
    ])
  ].join("\n")

const environmentOf = (environment: Readonly<Record<string, string>>, ours: string) =>
  Object.fromEntries(
    Object.entries(environment).map(([name, value]) => [
      name === `AWS_ENDPOINT_URL_${ours.toUpperCase()}` ? "AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME" : name,
      value
    ])
  )

describe.skipIf(!hasCorpora)(needsCorpora("The configured endpoint is the one that AWS's cases expect"), () => {
  for (const { client_config, environment, name, output, profile, service } of corpus?.endpointUrlTests ?? []) {
    it.effect(name, () =>
      Effect.gen(function*() {
        const { client_configs, environments } = corpus!
        const { endpoint_url, ignore_configured_endpoint_urls } = client_configs[client_config]!
        const url = yield* serviceUrlWith({
          config: configOf(corpus!, service),
          env: { AWS_PROFILE: profile, ...environmentOf(environments[environment]!, service) }
        }, { endpoint: endpoint_url, ignoreConfiguredEndpointUrls: ignore_configured_endpoint_urls })
        assert.strictEqual(
          url,
          output.endpointUrl.replace(/^https:\/\/s3\.(.*)\.amazonaws/, "https://runtime.sagemaker.$1.amazonaws")
        )
      }))
  }

  it("There are 39 cases", () => {
    assert.strictEqual(corpus?.endpointUrlTests.length, 39)
  })
})

const region = { AWS_REGION: "eu-west-1" }
const insecure = "http://models.example.com"
const plainHttp =
  "must be an https URL, because its host is not a loopback address: use https, or set allowInsecureEndpoint in code"
const sections = (key: string) => `[default]\nservices = mine\n[services mine]\n${key} =\n  endpoint_url = ${insecure}`

describe("A plain http endpoint that is not loopback", () => {
  const places = [
    {
      name: "the service's variable",
      place: { env: { ...region, AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME: insecure } },
      setting: "AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME",
      source: "environment"
    },
    {
      name: "the global variable",
      place: { env: { ...region, AWS_ENDPOINT_URL: insecure } },
      setting: "AWS_ENDPOINT_URL",
      source: "environment"
    },
    {
      name: "the services section",
      place: { env: region, config: sections("sagemaker_runtime") },
      setting: "endpoint_url",
      source: "services of profile default"
    },
    {
      name: "the profile",
      place: { env: region, config: `[default]\nendpoint_url = ${insecure}` },
      setting: "endpoint_url",
      source: "profile default"
    }
  ]

  it.effect.each(places)("is rejected in $name", ({ place, setting, source }) =>
    Effect.gen(function*() {
      const { message, ...error } = yield* configurationErrorWith(place)
      assert.include(error, { _tag: "ConfigurationError", setting, source, problem: plainHttp })
      assert.strictEqual(message, `${setting} (${source}) ${plainHttp}`)
    }))

  it.effect.each(places)("is accepted in $name if code allows it", ({ place }) =>
    Effect.gen(function*() {
      assert.strictEqual(yield* serviceUrlWith(place, { allowInsecureEndpoint: true }), insecure)
    }))

  it.effect.each(places)("is ignored in $name if code has an endpoint", ({ place }) =>
    Effect.gen(function*() {
      assert.strictEqual(
        yield* serviceUrlWith(place, { endpoint: "https://mine.example.com" }),
        "https://mine.example.com"
      )
    }))

  it.effect.each(places)(
    "is ignored in $name if code ignores configured endpoints",
    ({ place }) =>
      Effect.gen(function*() {
        const url = yield* serviceUrlWith(place, { ignoreConfiguredEndpointUrls: true })
        assert.strictEqual(url, "https://runtime.sagemaker.eu-west-1.amazonaws.com")
      })
  )

  it.effect("is accepted in code", () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* serviceUrlWith({ env: region }, { endpoint: insecure }), insecure)
    }))

  it.effect.each([
    "http://10.0.0.5:8080",
    "http://0.0.0.0",
    "http://169.254.169.254",
    "http://localhost.example.com",
    "http://nolocalhost",
    "http://127.0.0.1.example.com",
    "http://localhost@models.example.com",
    "http://[::2]",
    "HTTP://MODELS.EXAMPLE.COM"
  ])("includes %s", (AWS_ENDPOINT_URL) =>
    Effect.gen(function*() {
      const error = yield* configurationErrorWith({ env: { ...region, AWS_ENDPOINT_URL } })
      assert.include(error, { setting: "AWS_ENDPOINT_URL", source: "environment", problem: plainHttp })
    }))

  it.effect.each([
    "http://localhost",
    "http://localhost:8080/base",
    "http://models.localhost:8080",
    "http://127.0.0.1:8080",
    "http://127.8.9.10",
    "http://[::1]:8080"
  ])("does not include %s", (AWS_ENDPOINT_URL) =>
    Effect.gen(function*() {
      assert.strictEqual(yield* serviceUrlWith({ env: { ...region, AWS_ENDPOINT_URL } }), AWS_ENDPOINT_URL)
    }))
})

describe("An invalid endpoint", () => {
  const wrong = [
    { name: "no URL", endpoint: "secret-place", problem: "must be an absolute http or https URL" },
    { name: "of another protocol", endpoint: "ftp://secret-place", problem: "must be an absolute http or https URL" },
    {
      name: "with user information",
      endpoint: "https://me:secret@a.example.com",
      problem: "must be a URL without user name and password"
    },
    {
      name: "with a query",
      endpoint: "https://a.example.com?secret",
      problem: "must be a URL without query and fragment"
    }
  ]

  it.effect.each(wrong)(
    "fails with its variable but not its value: $name",
    ({ endpoint, problem }) =>
      Effect.gen(function*() {
        for (const variable of ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME"]) {
          const error = yield* configurationErrorWith({ env: { ...region, [variable]: endpoint } })
          assert.strictEqual(error.message, `${variable} (environment) ${problem}`)
          assert.include(error, { setting: variable, source: "environment", problem })
        }
      })
  )

  it.effect.each(wrong)(
    "fails with its profile key but not its value: $name",
    ({ endpoint, problem }) =>
      Effect.gen(function*() {
        const error = yield* configurationErrorWith({ env: region, config: `[default]\nendpoint_url = ${endpoint}` })
        assert.strictEqual(error.message, `endpoint_url (profile default) ${problem}`)
      })
  )

  it.effect.each(wrong)(
    "fails with its option if it is in code: $name",
    ({ endpoint, problem }) =>
      Effect.gen(function*() {
        const error = yield* configurationErrorWith({ env: region }, { endpoint })
        assert.strictEqual(error.message, `endpoint ${problem}`)
      })
  )

  it.effect("is ignored if a source with higher precedence has an endpoint", () =>
    Effect.gen(function*() {
      const url = yield* serviceUrlWith({
        env: { ...region, AWS_ENDPOINT_URL: "nonsense", AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME: "https://a.example.com" }
      })
      assert.strictEqual(url, "https://a.example.com")
    }))
})

describe("A configured endpoint", () => {
  const endpoint = { ...region, AWS_ENDPOINT_URL: "https://a.example.com" }

  it.effect.each([
    {
      name: "FIPS in the environment",
      place: { env: { ...endpoint, AWS_USE_FIPS_ENDPOINT: "true" } },
      options: {},
      setting: "AWS_USE_FIPS_ENDPOINT",
      source: "environment"
    },
    {
      name: "FIPS in the profile",
      place: { env: endpoint, config: "[default]\nuse_fips_endpoint = true" },
      options: {},
      setting: "use_fips_endpoint",
      source: "profile default"
    },
    {
      name: "FIPS in code",
      place: { env: endpoint },
      options: { useFipsEndpoint: true },
      setting: "useFipsEndpoint",
      source: undefined
    },
    {
      name: "dual-stack in the environment",
      place: { env: { ...endpoint, AWS_USE_DUALSTACK_ENDPOINT: "true" } },
      options: {},
      setting: "AWS_USE_DUALSTACK_ENDPOINT",
      source: "environment"
    }
  ])("cannot be combined with $name", ({ options, place, setting, source }) =>
    Effect.gen(function*() {
      const error = yield* configurationErrorWith(place, options)
      assert.deepStrictEqual([error._tag, error.setting, error.source], ["ConfigurationError", setting, source])
      assert.match(error.problem, /custom endpoint are not supported$/)
    }))

  it.effect("keeps its path", () =>
    Effect.gen(function*() {
      const url = yield* serviceUrlWith({ env: { ...region, AWS_ENDPOINT_URL: " https://a.example.com/base/ " } })
      assert.strictEqual(url, "https://a.example.com/base")
    }))

  it.effect("is not read from the services section of another service", () =>
    Effect.gen(function*() {
      const url = yield* serviceUrlWith({ env: region, config: sections("sagemaker") })
      assert.strictEqual(url, "https://runtime.sagemaker.eu-west-1.amazonaws.com")
    }))

  it.effect("ignores an empty variable", () =>
    Effect.gen(function*() {
      const env = { ...region, AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME: "", AWS_ENDPOINT_URL: "https://a.example.com" }
      assert.strictEqual(yield* serviceUrlWith({ env }), "https://a.example.com")
    }))
})
