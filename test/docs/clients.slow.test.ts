import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { invokeEndpoint, SageMakerRuntime, Signer } from "effect-sagemaker-runtime"
import { execFile } from "node:child_process"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { callIn, Regions } from "../../examples/guides/clients-by-region.ts"
import { callFor, Tenants } from "../../examples/guides/clients-by-tenant.ts"
import { withResponseCache } from "../../examples/guides/response-cache.ts"
import { isolatedEnvironment, serveResponses, stsDocument } from "../support/credentialServers.ts"
import { type Reply, scriptedHttpClient } from "../support/scriptedHttpClient.ts"

const keys = { AWS_ACCESS_KEY_ID: "AKIDOWN", AWS_SECRET_ACCESS_KEY: "secret" }

/** The access key and the region of a signed request. */
const scopeOf = (authorization: unknown) => /Credential=([^/]+)\/\d+\/([^/]+)/.exec(String(authorization))?.slice(1)

describe("clients of several regions and tenants", () => {
  it.scopedLive("one client per region is built once", () =>
    Effect.gen(function*() {
      const { calls, url } = yield* serveResponses(() => ({ body: "{}" }))
      yield* isolatedEnvironment({ ...keys, AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME: url })
      yield* Effect.forEach(["eu-west-1", "us-east-1", "eu-west-1"], callIn).pipe(Effect.provide(Regions.Default))
      assert.deepStrictEqual(calls().map(({ headers }) => scopeOf(headers["authorization"])), [
        ["AKIDOWN", "eu-west-1"],
        ["AKIDOWN", "us-east-1"],
        ["AKIDOWN", "eu-west-1"]
      ])
    }))

  it.scopedLive("one client per tenant assumes the tenant's role once", () =>
    Effect.gen(function*() {
      const { calls, url } = yield* serveResponses(({ body, url }) => {
        const role = new URLSearchParams(body).get("RoleArn")?.replace(/.*\//, "")
        return { body: url === "/" && role !== undefined ? stsDocument("AssumeRole", role) : "{}" }
      })
      yield* isolatedEnvironment({
        ...keys,
        AWS_ENDPOINT_URL_STS: url,
        AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME: url
      })
      const call = (tenant: string) => callFor(`arn:aws:iam::111122223333:role/${tenant}`, "eu-west-1")
      yield* Effect.forEach(["red", "blue", "red"], call).pipe(Effect.provide(Tenants.Default))
      assert.deepStrictEqual(
        calls().map(({ headers, url }) => [url === "/" ? "sts" : "call", scopeOf(headers["authorization"])?.[0]]),
        [
          ["sts", "AKIDOWN"],
          ["call", "AKID-red"],
          ["sts", "AKIDOWN"],
          ["call", "AKID-blue"],
          ["call", "AKID-red"]
        ]
      )
    }))
})

describe("the response cache", () => {
  const cached = (...replies: ReadonlyArray<Reply>) =>
    Effect.map(scriptedHttpClient(...replies), ({ attempts, http }) => ({
      attempts,
      client: SageMakerRuntime.layer({ region: "eu-west-1" }).pipe(
        Layer.provide([Signer.layerAnonymous, http]),
        withResponseCache({ capacity: 100, timeToLive: "5 minutes" })
      )
    }))

  const call = (Body: string | Uint8Array, SessionId?: string) =>
    Effect.map(invokeEndpoint({ EndpointName: "anomaly-v2", Body, SessionId }), ({ Body }) => String(Body))

  it.effect("sends equal requests once; not those of a session", () =>
    Effect.gen(function*() {
      const { attempts, client } = yield* cached({ status: 200, body: "1" }, { status: 200, body: "2" })
      yield* Effect.gen(function*() {
        const first = yield* call("a")
        assert.strictEqual(yield* call(new TextEncoder().encode("a")), first)
        assert.strictEqual(yield* attempts, 1)
        assert.notStrictEqual(yield* call("b"), first)
        yield* call("a", "session")
        yield* call("a", "session")
        assert.strictEqual(yield* attempts, 4)
      }).pipe(Effect.provide(client))
    }))

  const modelError = { status: 424, headers: { "x-amzn-errortype": "ModelError" }, body: "{}" }

  it.effect("does not keep failures", () =>
    Effect.gen(function*() {
      const { attempts, client } = yield* cached(modelError, { status: 200, body: "1" })
      yield* Effect.gen(function*() {
        assert.strictEqual((yield* Effect.flip(call("a")))._tag, "ModelError")
        yield* call("a")
        assert.strictEqual(yield* attempts, 2)
      }).pipe(Effect.provide(client))
    }))
})

it("the cost of a client per call is measured", async () => {
  const { stdout } = await promisify(execFile)(process.execPath, ["examples/run.js", "lifetime-cost"], {
    cwd: fileURLToPath(new URL("../..", import.meta.url)),
    env: { ...process.env, ROUNDS: "5" }
  })
  const lines = [...stdout.matchAll(/: ([\d.]+) ms per call on one client, ([\d.]+) ms with a client per call/g)]
  assert.lengthOf(lines, 3)
  for (const [, shared, own] of lines) {
    assert.isBelow(Number(shared), Number(own))
  }
})
