import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { configurationErrorWith, http2UrlWith, serviceUrlWith } from "../../../support/nodeConfiguration.ts"

const region = { AWS_REGION: "eu-west-1" }

const http2Section = "sagemaker_runtime_http2 =\n  endpoint_url = https://services-http2.example.com"
const section = "sagemaker_runtime =\n  endpoint_url = https://services.example.com"

const profile = (...services: ReadonlyArray<string>) =>
  ["[default]", "services = mine", "endpoint_url = https://profile.example.com", "[services mine]", ...services]
    .join("\n")

const both = { AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME_HTTP2: "https://http2.example.com" }
const one = { AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME: "https://runtime.example.com" }
const all = { AWS_ENDPOINT_URL: "https://all.example.com" }

describe("The endpoint of bidirectional streams", () => {
  it.effect.each([
    { name: "AWS's", place: {}, url: "https://runtime.sagemaker.eu-west-1.amazonaws.com:8443" },
    { name: "the profile's", place: { config: profile() }, url: "https://profile.example.com" },
    { name: "the service's section", place: { config: profile(section) }, url: "https://services.example.com" },
    {
      name: "the section of HTTP/2",
      place: { config: profile(section, http2Section) },
      url: "https://services-http2.example.com"
    },
    { name: "the global variable", place: { config: profile(http2Section), env: all }, url: "https://all.example.com" },
    { name: "the service's variable", place: { env: { ...all, ...one } }, url: "https://runtime.example.com" },
    { name: "the variable of HTTP/2", place: { env: { ...all, ...one, ...both } }, url: "https://http2.example.com" }
  ])("is $name", ({ place, url }) =>
    Effect.gen(function*() {
      assert.strictEqual(yield* http2UrlWith({ ...place, env: { ...region, ...place.env } }), url)
    }))

  const configured = { config: profile(section, http2Section), env: { ...region, ...all, ...one, ...both } }

  it.effect("is the one in code", () =>
    Effect.gen(function*() {
      const endpoint = "https://code.example.com"
      assert.strictEqual(yield* http2UrlWith(configured, { endpoint }), endpoint)
      assert.strictEqual(
        yield* http2UrlWith(configured, { endpoint, http2Endpoint: "https://code-http2.example.com" }),
        "https://code-http2.example.com"
      )
      assert.strictEqual(yield* serviceUrlWith(configured, { http2Endpoint: endpoint }), "https://runtime.example.com")
    }))

  it.effect("is AWS's if configured endpoints are ignored", () =>
    Effect.gen(function*() {
      const url = "https://runtime.sagemaker.eu-west-1.amazonaws.com:8443"
      assert.strictEqual(yield* http2UrlWith(configured, { ignoreConfiguredEndpointUrls: true }), url)
      const env = { ...configured.env, AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: "true" }
      assert.strictEqual(yield* http2UrlWith({ ...configured, env }), url)
    }))

  it.effect("does not change the endpoint of the other operations", () =>
    Effect.gen(function*() {
      const url = yield* serviceUrlWith({ config: profile(http2Section), env: { ...region, ...both } })
      assert.strictEqual(url, "https://profile.example.com")
    }))

  it.effect.each([
    { value: "nonsense", problem: "must be an absolute http or https URL" },
    { value: "http://models.example.com", problem: "must be an https URL, because its host is not a loopback address" }
  ])("fails the layer with its variable: $value", ({ problem, value }) =>
    Effect.gen(function*() {
      const error = yield* configurationErrorWith({
        env: { ...region, AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME_HTTP2: value }
      })
      assert.deepInclude(error, {
        _tag: "ConfigurationError",
        setting: "AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME_HTTP2",
        source: "environment"
      })
      assert.include(error.problem, problem)
    }))
})
