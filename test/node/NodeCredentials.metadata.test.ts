import { assert, describe, it } from "@effect/vitest"
import { ConfigProvider, Effect, Layer, Schedule } from "effect"
import { invokeEndpoint } from "effect-sagemaker-runtime"
import { NodeCredentials, NodeHttpClient, NodeSageMaker } from "effect-sagemaker-runtime/node"
import { captureOutput } from "../support/captureOutput.ts"
import {
  advanceToExpiry,
  advanceToRefresh,
  credentialsDocument,
  credentialsOf,
  currentAccessKeyId,
  currentCredentials,
  farFuture,
  isolatedEnvironment,
  metadataService,
  past,
  serveResponses,
  soon
} from "../support/credentialServers.ts"
import { eventually } from "../support/eventually.ts"
import { ok, scriptedHttpClient } from "../support/scriptedHttpClient.ts"
import { serve } from "../support/server.ts"

const container = Layer.provide(NodeCredentials.layerContainer, NodeHttpClient.layer())

const instance = Layer.provide(NodeCredentials.layerInstanceMetadata, NodeHttpClient.layer())

describe("The role of a container", () => {
  it.scopedLive("gives credentials for the token in the environment", () =>
    Effect.gen(function*() {
      const server = yield* serveResponses(() => ({ body: credentialsDocument("container") }))
      yield* isolatedEnvironment({
        AWS_CONTAINER_CREDENTIALS_FULL_URI: `${server.url}/role?of=task`,
        AWS_CONTAINER_AUTHORIZATION_TOKEN: "the-token"
      })
      assert.deepStrictEqual(yield* Effect.provide(currentCredentials, container), credentialsOf("container"))
      assert.deepStrictEqual(
        server.calls().map(({ headers, method, url }) => [method, url, headers["authorization"]]),
        [["GET", "/role?of=task", "the-token"]]
      )
    }))

  it.scopedLive("gives credentials for the token in a file, which is read for each refresh", () =>
    Effect.gen(function*() {
      const server = yield* serveResponses(() => ({ body: credentialsDocument("container", soon()) }))
      const { set, write } = yield* isolatedEnvironment({ AWS_CONTAINER_CREDENTIALS_FULL_URI: `${server.url}/` })
      set({ AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: write("token", "first-token") })
      yield* Effect.gen(function*() {
        yield* currentCredentials
        write("token", "second-token")
        yield* advanceToExpiry
        yield* currentCredentials
      }).pipe(Effect.provide(container))
      assert.deepStrictEqual(server.calls().map(({ headers }) => headers["authorization"]), [
        "first-token",
        "second-token"
      ])
    }))

  it.scopedLive("does not delay calls if its server hangs while the credentials are valid", () =>
    Effect.gen(function*() {
      const server = yield* serve((_request, response) => {
        if (server.seen().length === 1) {
          response.end(JSON.stringify(credentialsDocument("container", soon())))
        }
      })
      yield* isolatedEnvironment({ AWS_CONTAINER_CREDENTIALS_FULL_URI: `${server.url}/` })
      yield* Effect.gen(function*() {
        yield* currentAccessKeyId
        yield* advanceToRefresh
        const ids = yield* Effect.replicateEffect(currentAccessKeyId, 100).pipe(Effect.timeout("1 second"))
        assert.deepStrictEqual(new Set(ids), new Set(["AKID-container"]))
        yield* eventually(() => server.seen().length === 2)
      }).pipe(Effect.provide(container))
    }))

  it.scopedLive("is not requested over plain http except from loopback", () =>
    Effect.gen(function*() {
      yield* isolatedEnvironment({ AWS_CONTAINER_CREDENTIALS_FULL_URI: "http://canary.example/" })
      const { error, texts } = yield* captureOutput(Effect.provide(currentCredentials, container))
      assert.deepInclude(error, { _tag: "CredentialsError", sources: ["container"] })
      assert.deepStrictEqual(texts.filter(([, text]) => text.includes("canary")), [])
    }))
})

describe("The role of an instance", () => {
  it.scopedLive("gives credentials to an IMDSv2 session", () =>
    Effect.gen(function*() {
      const server = yield* metadataService(() => ({ body: credentialsDocument("instance") }))
      yield* isolatedEnvironment({ AWS_EC2_METADATA_SERVICE_ENDPOINT: server.url })
      assert.deepStrictEqual(yield* Effect.provide(currentCredentials, instance), credentialsOf("instance"))
      assert.deepStrictEqual(
        server.calls().map(({ headers, method, url }) => [
          method,
          url,
          headers["x-aws-ec2-metadata-token-ttl-seconds"] ?? headers["x-aws-ec2-metadata-token"]
        ]),
        [
          ["PUT", "/latest/api/token", "21600"],
          ["GET", "/latest/meta-data/iam/security-credentials/", "imds-token"],
          ["GET", "/latest/meta-data/iam/security-credentials/the-role", "imds-token"]
        ]
      )
    }))

  it.scopedLive("is requested again in the background before its credentials expire", () =>
    Effect.gen(function*() {
      const server = yield* metadataService((before) => ({
        body: before === 0 ? credentialsDocument("first", soon()) : credentialsDocument("second", farFuture)
      }))
      yield* isolatedEnvironment({ AWS_EC2_METADATA_SERVICE_ENDPOINT: server.url })
      yield* Effect.gen(function*() {
        assert.strictEqual(yield* currentAccessKeyId, "AKID-first")
        yield* advanceToRefresh
        assert.strictEqual(yield* currentAccessKeyId, "AKID-first")
        yield* currentAccessKeyId.pipe(
          Effect.repeat({ until: (id) => id === "AKID-second", schedule: Schedule.spaced("5 millis") }),
          Effect.timeout("3 seconds")
        )
      }).pipe(Effect.provide(instance))
    }))

  it.scopedLive("whose credentials have expired stays in use for some minutes and is requested again", () =>
    Effect.gen(function*() {
      const server = yield* metadataService(() => ({ body: credentialsDocument("instance", past) }))
      yield* isolatedEnvironment({ AWS_EC2_METADATA_SERVICE_ENDPOINT: server.url })
      const before = Date.now()
      const { expiration = "" } = yield* Effect.provide(currentCredentials, instance)
      assert.isAtLeast(Date.parse(expiration), before + 5 * 60_000)
      assert.isAtMost(Date.parse(expiration), Date.now() + 10 * 60_000)
    }))

  it.scopedLive("that is removed stays in use until its credentials expire", () =>
    Effect.gen(function*() {
      const server = yield* metadataService((before) =>
        before === 0 ? { body: credentialsDocument("first", soon()) } : { status: 500, body: "" }
      )
      yield* isolatedEnvironment({ AWS_EC2_METADATA_SERVICE_ENDPOINT: server.url })
      yield* Effect.gen(function*() {
        yield* currentAccessKeyId
        yield* advanceToRefresh
        assert.strictEqual(yield* currentAccessKeyId, "AKID-first")
        yield* eventually(() => server.calls().length > 3)
        assert.strictEqual(yield* currentAccessKeyId, "AKID-first")
      }).pipe(Effect.provide(instance))
    }))

  it.scopedLive("that does not exist fails with the status", () =>
    Effect.gen(function*() {
      const server = yield* serveResponses(() => ({ status: 404, body: "canary" }))
      yield* isolatedEnvironment({ AWS_EC2_METADATA_SERVICE_ENDPOINT: server.url })
      const { error, texts } = yield* captureOutput(Effect.provide(currentCredentials, instance))
      assert.deepInclude(error, { _tag: "CredentialsError", sources: ["instance metadata"], status: 404 })
      assert.deepStrictEqual(texts.filter(([, text]) => text.includes("canary")), [])
    }))

  it.scopedLive("provides the region if no other source has it", () =>
    Effect.gen(function*() {
      const server = yield* metadataService(() => ({ body: credentialsDocument("instance") }), "ap-southeast-2")
      yield* isolatedEnvironment({ AWS_EC2_METADATA_SERVICE_ENDPOINT: server.url })
      delete process.env["AWS_EC2_METADATA_DISABLED"]
      const service = yield* scriptedHttpClient(ok)
      const client = NodeSageMaker.layer({ http: service.http })
      yield* invokeEndpoint({ EndpointName: "anomaly", Body: "{}" }).pipe(
        Effect.provide(client),
        Effect.withConfigProvider(ConfigProvider.fromMap(new Map()))
      )
      const [request] = yield* service.requests
      assert.strictEqual(
        request?.url,
        "https://runtime.sagemaker.ap-southeast-2.amazonaws.com/endpoints/anomaly/invocations"
      )
      assert.include(request?.headers["authorization"] ?? "", "Credential=AKID-instance/")
    }))
})
