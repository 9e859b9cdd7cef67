import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { vi } from "vitest"
import {
  configurationErrorWith,
  type ConfigurationSources,
  requestsWith,
  serviceUrlWith
} from "../../../support/nodeConfiguration.ts"
import { serve } from "../../../support/server.ts"

const all = {
  env: { AWS_REGION: "eu-west-1", AWS_DEFAULT_REGION: "eu-west-2" },
  config: "[default]\nregion = eu-north-1\n[profile other]\nregion = ap-south-1",
  credentials: "[default]\nregion = eu-south-1"
}

const regionIn = (place: ConfigurationSources, options?: Parameters<typeof requestsWith>[1]) =>
  Effect.map(requestsWith(place, options), ([request]) => ({
    called: /runtime\.sagemaker\.(.*)\.amazonaws\.com\//.exec(request?.url ?? "")?.[1],
    signedFor: request?.headers["authorization"]?.split("/")[2]
  }))

describe("The region", () => {
  it.effect.each([
    { name: "code", place: all, options: { region: "us-west-2" }, region: "us-west-2" },
    { name: "AWS_REGION", place: all, options: {}, region: "eu-west-1" },
    {
      name: "AWS_DEFAULT_REGION",
      place: { ...all, env: { AWS_DEFAULT_REGION: "eu-west-2" } },
      options: {},
      region: "eu-west-2"
    },
    { name: "the credentials file", place: { ...all, env: {} }, options: {}, region: "eu-south-1" },
    { name: "the config file", place: { config: all.config }, options: {}, region: "eu-north-1" },
    {
      name: "the profile of AWS_PROFILE",
      place: { ...all, env: { AWS_PROFILE: "other" } },
      options: {},
      region: "ap-south-1"
    },
    {
      name: "the profile in code before the one of AWS_PROFILE",
      place: { ...all, env: { AWS_PROFILE: "default" } },
      options: { profile: "other" },
      region: "ap-south-1"
    },
    {
      name: "the next source after an empty variable",
      place: { ...all, env: { AWS_REGION: "", AWS_DEFAULT_REGION: " " } },
      options: {},
      region: "eu-south-1"
    },
    {
      name: "the next source after an empty key",
      place: { config: all.config, credentials: "[default]\nregion =" },
      options: {},
      region: "eu-north-1"
    }
  ])("is taken from $name", ({ options, place, region }) =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* regionIn(place, options), { called: region, signedFor: region })
    }))

  it.effect("fails with ConfigurationError if no source has it", () =>
    Effect.gen(function*() {
      const error = yield* configurationErrorWith({})
      assert.strictEqual(
        error.message,
        "region is missing: set the region option, AWS_REGION, or region in the AWS profile"
      )
      assert.deepStrictEqual([error._tag, error.setting], ["ConfigurationError", "region"])
    }))

  it.effect.each([
    {
      name: "the environment",
      place: { env: { AWS_REGION: "a.secret/place" } },
      setting: "AWS_REGION",
      source: "environment"
    },
    {
      name: "the second variable",
      place: { env: { AWS_DEFAULT_REGION: "a.secret/place" } },
      setting: "AWS_DEFAULT_REGION",
      source: "environment"
    },
    {
      name: "the profile",
      place: { config: "[default]\nregion = a.secret/place" },
      setting: "region",
      source: "profile default"
    },
    {
      name: "a profile with a name",
      place: { env: { AWS_PROFILE: "p" }, config: "[profile p]\nregion = a.secret/place" },
      setting: "region",
      source: "profile p"
    }
  ])(
    "in $name is rejected if it is not a host label, and not repeated",
    ({ place, setting, source }) =>
      Effect.gen(function*() {
        const error = yield* configurationErrorWith(place)
        assert.strictEqual(error.message, `${setting} (${source}) must be an AWS region, such as eu-west-1`)
        assert.include(error, { _tag: "ConfigurationError", setting, source })
      })
  )
})

describe("The region of the instance metadata service", () => {
  const metadata = serve(({ url }, response) => response.end(url?.endsWith("token") === true ? "token" : "ca-west-1"))

  const withMetadata = <A, E, R>(use: (calls: () => number) => Effect.Effect<A, E, R>) =>
    Effect.scoped(Effect.gen(function*() {
      const { seen, url } = yield* metadata
      yield* Effect.acquireRelease(
        Effect.sync(() => vi.stubEnv("AWS_EC2_METADATA_SERVICE_ENDPOINT", url)),
        () => Effect.sync(() => vi.unstubAllEnvs())
      )
      return yield* use(() => seen().length)
    }))

  it.live.each(["false", "FALSE", ""])(
    "is requested last: AWS_EC2_METADATA_DISABLED=%s",
    (value) =>
      withMetadata(() =>
        Effect.gen(function*() {
          const region = yield* regionIn({ env: { AWS_EC2_METADATA_DISABLED: value } })
          assert.deepStrictEqual(region, { called: "ca-west-1", signedFor: "ca-west-1" })
        })
      )
  )

  it.live("is not requested if another source has a region", () =>
    withMetadata((calls) =>
      Effect.gen(function*() {
        yield* regionIn({ env: { AWS_EC2_METADATA_DISABLED: "false" }, config: all.config })
        assert.strictEqual(calls(), 0)
      })
    ))

  it.live("is not requested if the metadata service is disabled", () =>
    withMetadata((calls) =>
      Effect.gen(function*() {
        assert.strictEqual((yield* configurationErrorWith({})).setting, "region")
        assert.strictEqual(calls(), 0)
      })
    ))
})

describe("A region with FIPS in its name", () => {
  const fips = "https://runtime-fips.sagemaker.us-east-1.amazonaws.com"

  it.effect.each([
    { name: "fips-us-east-1 in code", place: {}, options: { region: "fips-us-east-1" } },
    { name: "us-east-1-fips in code", place: {}, options: { region: "us-east-1-fips" } },
    { name: "fips-us-east-1 in the environment", place: { env: { AWS_REGION: "fips-us-east-1" } }, options: {} },
    {
      name: "fips-us-east-1 in the profile, whatever use_fips_endpoint says",
      place: { config: "[default]\nregion = fips-us-east-1\nuse_fips_endpoint = false" },
      options: {}
    }
  ])("enables FIPS: $name", ({ options, place }) =>
    Effect.gen(function*() {
      assert.strictEqual(yield* serviceUrlWith(place, options), fips)
    }))

  it.effect("is signed without FIPS in its name", () =>
    Effect.gen(function*() {
      const [request] = yield* requestsWith({}, { region: "fips-us-east-1" })
      assert.include(request?.headers["authorization"], "/us-east-1/sagemaker/aws4_request")
    }))

  it.effect("does not enable FIPS if code disables it", () =>
    Effect.gen(function*() {
      const url = yield* serviceUrlWith({}, { region: "fips-us-east-1", useFipsEndpoint: false })
      assert.strictEqual(url, "https://runtime.sagemaker.us-east-1.amazonaws.com")
    }))
})

describe("A profile that does not exist", () => {
  it.effect.each(["absent", "constructor", "__proto__"])(
    "is an error if code names it: %s",
    (profile) =>
      Effect.gen(function*() {
        const error = yield* configurationErrorWith(all, { profile, region: "eu-west-1" })
        assert.strictEqual(
          error.message,
          `profile "${profile}" was not found in the shared config and credentials files: check its name, ` +
            "AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE"
        )
        assert.deepStrictEqual([error._tag, error.setting], ["ConfigurationError", "profile"])
      })
  )

  it.effect("is ignored if AWS_PROFILE names it and no setting needs it", () =>
    Effect.gen(function*() {
      const url = yield* serviceUrlWith({ ...all, env: { AWS_PROFILE: "absent", AWS_REGION: "eu-west-1" } })
      assert.strictEqual(url, "https://runtime.sagemaker.eu-west-1.amazonaws.com")
    }))

  it.effect("is ignored if it is the default profile and there is no file", () =>
    Effect.gen(function*() {
      const env = {
        AWS_CONFIG_FILE: "/nowhere/config",
        AWS_SHARED_CREDENTIALS_FILE: "/nowhere",
        AWS_REGION: "eu-west-1"
      }
      assert.strictEqual(yield* serviceUrlWith({ env }), "https://runtime.sagemaker.eu-west-1.amazonaws.com")
    }))
})
