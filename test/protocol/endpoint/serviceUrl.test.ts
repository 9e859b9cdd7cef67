import { assert, describe, it } from "@effect/vitest"
import { FastCheck, Schema } from "effect"
import { http2Url, serviceUrl } from "../../../src/protocol/endpoint/serviceUrl.ts"
import { hasCorpora, needsCorpora } from "../../support/corpora.ts"
import { decodeCorpus } from "../../support/corpus.ts"

const EndpointTests = Schema.Struct({
  testCases: Schema.Array(Schema.Struct({
    documentation: Schema.String,
    params: Schema.optionalWith(
      Schema.Struct({
        Region: Schema.optional(Schema.String),
        UseFIPS: Schema.optional(Schema.Boolean),
        UseDualStack: Schema.optional(Schema.Boolean),
        Endpoint: Schema.optional(Schema.String)
      }),
      { default: () => ({}) }
    ),
    expect: Schema.Union(
      Schema.Struct({ endpoint: Schema.Struct({ url: Schema.String }) }),
      Schema.Struct({ error: Schema.String })
    )
  }))
})

const http2Cases = decodeCorpus("endpoints/sagemaker-runtime-http2.endpoint-tests-1.json", EndpointTests)?.testCases ??
  []

const cases = decodeCorpus("endpoints/sagemaker-runtime.endpoint-tests-1.json", EndpointTests)?.testCases ?? []

/** A region is required here, so cases that have only an endpoint get one. */
const regionOf = (params: { readonly Region?: string | undefined; readonly Endpoint?: string | undefined }) =>
  params.Region ?? (params.Endpoint === undefined ? "" : "eu-west-1")

const protocols = [
  { name: "The service URL", resolve: serviceUrl, all: cases, count: 47 },
  { name: "The service URL over HTTP/2", resolve: http2Url, all: http2Cases, count: 26 }
]

for (const { all, count, name, resolve } of protocols) {
  describe.skipIf(!hasCorpora)(needsCorpora(`${name} is the one that AWS's endpoint cases expect`), () => {
    it.each(all)("$documentation", ({ expect, params }) => {
      const actual = resolve({
        region: regionOf(params),
        endpoint: params.Endpoint,
        useFipsEndpoint: params.UseFIPS,
        useDualstackEndpoint: params.UseDualStack
      })
      if ("endpoint" in expect) {
        assert.deepStrictEqual(actual, { _tag: "Url", url: expect.endpoint.url })
      } else {
        assert.strictEqual(actual._tag, "Invalid")
        const reason = expect.error.replace("Invalid Configuration: ", "")
        assert.include(
          actual._tag === "Invalid" ? actual.problem : "",
          reason === "Missing Region" ? "must be an AWS region, such as eu-west-1" : reason
        )
      }
    })

    it(`There are ${count} cases`, () => assert.lengthOf(all, count))
  })
}

describe("The endpoint of HTTP/2 alone", () => {
  const settings = {
    region: "eu-west-1",
    endpoint: "https://a.example.com",
    http2Endpoint: "http://b.example.com:1/x/"
  }

  it("overrides the endpoint of both protocols", () => {
    assert.deepStrictEqual(http2Url(settings), { _tag: "Url", url: "http://b.example.com:1/x" })
    assert.deepStrictEqual(serviceUrl(settings), { _tag: "Url", url: "https://a.example.com" })
  })

  it("is the invalid setting if it is no URL", () =>
    assert.deepInclude(http2Url({ ...settings, http2Endpoint: "b" }), { _tag: "Invalid", setting: "http2Endpoint" }))

  it("cannot be combined with FIPS", () =>
    assert.deepInclude(http2Url({ ...settings, endpoint: undefined, useFipsEndpoint: true }), {
      _tag: "Invalid",
      setting: "useFipsEndpoint"
    }))
})

describe("A region", () => {
  it.each([
    ["empty", ""],
    ["dotted", "us.east.1"],
    ["a path", "us-east-1/x"],
    ["a backslash", "us-east-1\\x"],
    ["a port", "us-east-1:443"],
    ["user information", "us@east"],
    ["a query", "us?east"],
    ["a fragment", "us#east"],
    ["an encoded dot", "us%2eeast"],
    ["a leading hyphen", "-a"],
    ["a trailing hyphen", "a-"],
    ["white space", " us-east-1"],
    ["a trailing line break", "us-east-1\n"],
    ["too long", "a".repeat(64)],
    ["not ASCII", "eu-wést-1"],
    ["letters of another width", "ｕs-east-1"]
  ])("that is not a host label is rejected: %s", (_, region) => {
    assert.deepStrictEqual(serviceUrl({ region }), {
      _tag: "Invalid",
      setting: "region",
      problem: "must be an AWS region, such as eu-west-1"
    })
  })

  it.each([["undefined", undefined], ["null", null], ["a number", 5], ["an object", { toString: () => "us-east-1" }]])(
    "of the JavaScript type %s is rejected",
    (_, region) => assert.strictEqual(serviceUrl({ region: region as never })._tag, "Invalid")
  )

  it("is also validated with a custom endpoint, since requests are signed for it", () => {
    assert.strictEqual(serviceUrl({ region: "a.b", endpoint: "https://example.com" })._tag, "Invalid")
  })

  it("of 63 characters is accepted", () => {
    assert.strictEqual(serviceUrl({ region: "a".repeat(63) })._tag, "Url")
  })

  it.prop(
    "is rejected or is one label of the host, for any text",
    [FastCheck.oneof(
      FastCheck.string({ unit: "binary" }),
      FastCheck.string(),
      FastCheck.stringMatching(/^[a-z0-9-]{1,70}$/)
    )],
    ([region]) => {
      const actual = serviceUrl({ region })
      if (actual._tag === "Url") {
        const url = new URL(actual.url)
        assert.strictEqual(url.origin.toLowerCase(), actual.url.toLowerCase())
        assert.strictEqual(url.hostname.split(".")[2], region.toLowerCase())
      }
    },
    { fastCheck: { numRuns: 300 } }
  )
})
