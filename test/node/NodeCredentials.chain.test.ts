import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { NodeCredentials } from "effect-sagemaker-runtime/node"
import {
  advanceToExpiry,
  credentialsDocument,
  currentAccessKeyId,
  currentCredentials,
  isolatedEnvironment,
  metadataService,
  past,
  profileLines,
  recordingHttpClient,
  serveResponses,
  soon,
  stsOf
} from "../support/credentialServers.ts"

const environment = { AWS_ACCESS_KEY_ID: "AKID-environment", AWS_SECRET_ACCESS_KEY: "secret-environment" }

/** A host with credentials in every source. */
const everywhere = Effect.gen(function*() {
  const sts = yield* stsOf("web")
  const task = yield* serveResponses(() => ({ body: credentialsDocument("container") }))
  const instance = yield* metadataService(() => ({ body: credentialsDocument("instance") }))
  const { http } = yield* recordingHttpClient
  const here = yield* isolatedEnvironment({
    ...environment,
    AWS_ENDPOINT_URL_STS: sts.url,
    AWS_ROLE_ARN: "arn:aws:iam::123456789012:role/the-role",
    AWS_CONTAINER_CREDENTIALS_FULL_URI: `${task.url}/`,
    AWS_EC2_METADATA_SERVICE_ENDPOINT: instance.url,
    AWS_EC2_METADATA_DISABLED: "false"
  })
  here.set({ AWS_WEB_IDENTITY_TOKEN_FILE: here.write("token", "the-token") })
  here.credentials("[default]", ...profileLines("profile"), "[other]", ...profileLines("other"))
  const without = (...names: ReadonlyArray<string>) => {
    for (const name of names) {
      delete process.env[name]
    }
  }
  const first = Effect.provide(currentAccessKeyId, Layer.provide(NodeCredentials.layerDefault(), http))
  return { ...here, without, first, http }
})

describe("The default chain", () => {
  it.scopedLive("tries environment, profile, web identity, container and instance in this order", () =>
    Effect.gen(function*() {
      const { credentials, first, without } = yield* everywhere
      const seen = [yield* first]
      without("AWS_ACCESS_KEY_ID")
      seen.push(yield* first)
      credentials("")
      seen.push(yield* first)
      without("AWS_ROLE_ARN")
      seen.push(yield* first)
      without("AWS_CONTAINER_CREDENTIALS_FULL_URI")
      seen.push(yield* first)
      assert.deepStrictEqual(seen, [
        "AKID-environment",
        "AKID-profile",
        "AKID-web",
        "AKID-container",
        "AKID-instance"
      ])
    }))

  it.scopedLive("prefers the profile in AWS_PROFILE to the credentials of the environment", () =>
    Effect.gen(function*() {
      const { first, set } = yield* everywhere
      set({ AWS_PROFILE: "other" })
      assert.strictEqual(yield* first, "AKID-other")
    }))

  it.scopedLive("prefers the profile in code to AWS_PROFILE and the environment", () =>
    Effect.gen(function*() {
      const { http, set } = yield* everywhere
      set({ AWS_PROFILE: "other" })
      const layer = Layer.provide(NodeCredentials.layerDefault({ profile: "default" }), http)
      assert.strictEqual(yield* Effect.provide(currentAccessKeyId, layer), "AKID-profile")
    }))

  it.scopedLive("calls the instance metadata service unless AWS_EC2_METADATA_DISABLED is set to another value than false", () =>
    Effect.gen(function*() {
      const instance = yield* metadataService(() => ({ body: credentialsDocument("instance") }))
      const { http } = yield* recordingHttpClient
      const { set } = yield* isolatedEnvironment({ AWS_EC2_METADATA_SERVICE_ENDPOINT: instance.url })
      const layer = Layer.provide(NodeCredentials.layerDefault(), http)
      for (const value of ["false", ""]) {
        set({ AWS_EC2_METADATA_DISABLED: value })
        assert.strictEqual(yield* Effect.provide(currentAccessKeyId, layer), "AKID-instance")
      }
      set({ AWS_EC2_METADATA_DISABLED: "true" })
      const error = yield* Effect.flip(Effect.provide(currentCredentials, layer))
      assert.deepStrictEqual(error.sources, ["environment", "profile", "credential_process", "web identity"])
    }))

  it.scopedLive("lists its sources if none has credentials", () =>
    Effect.gen(function*() {
      const nowhere = yield* serveResponses(() => ({ status: 404, body: "" }))
      const { http } = yield* recordingHttpClient
      yield* isolatedEnvironment({ AWS_EC2_METADATA_SERVICE_ENDPOINT: nowhere.url, AWS_EC2_METADATA_DISABLED: "false" })
      const error = yield* Effect.flip(
        Effect.provide(currentCredentials, Layer.provide(NodeCredentials.layerDefault(), http))
      )
      assert.strictEqual(error._tag, "CredentialsError")
      assert.strictEqual(
        error.message,
        "No credentials were found. Sources tried: environment, profile, credential_process, web identity, instance metadata (status 404). " +
          "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or configure an AWS profile."
      )
      assert.deepStrictEqual(error.sources, [
        "environment",
        "profile",
        "credential_process",
        "web identity",
        "instance metadata"
      ])
    }))

  it.scopedLive("stops at a source that is configured but fails", () =>
    Effect.gen(function*() {
      const { credentials, first, set } = yield* everywhere
      set({ AWS_ACCESS_KEY_ID: "", AWS_WEB_IDENTITY_TOKEN_FILE: "/nowhere/token" })
      credentials("")
      const error = yield* Effect.flip(first)
      assert.strictEqual(
        error.message,
        "The source \"web identity\" returned no credentials: a configured file could not be read. Check the file's path and permissions."
      )
      assert.deepStrictEqual(error.sources, ["environment", "profile", "credential_process", "web identity"])
    }))
})

describe("Credentials of a provider", () => {
  it.scopedLive("that have expired are refreshed once for all waiting calls", () =>
    Effect.gen(function*() {
      const task = yield* serveResponses((_, before) => ({ body: credentialsDocument(`answer-${before}`, soon()) }))
      const { http } = yield* recordingHttpClient
      yield* isolatedEnvironment({ AWS_CONTAINER_CREDENTIALS_FULL_URI: `${task.url}/` })
      const seen = yield* Effect.gen(function*() {
        yield* currentCredentials
        yield* advanceToExpiry
        return yield* Effect.all(Array.from({ length: 50 }, () => currentAccessKeyId), { concurrency: "unbounded" })
      }).pipe(Effect.provide(Layer.provide(NodeCredentials.layerDefault(), http)))
      assert.strictEqual(task.calls().length, 2)
      assert.deepStrictEqual([seen.length, [...new Set(seen)]], [50, ["AKID-answer-1"]])
    }))

  it.scopedLive("without expiry are kept even if their file changes", () =>
    Effect.gen(function*() {
      const { http } = yield* recordingHttpClient
      const { credentials } = yield* isolatedEnvironment()
      credentials("[default]", ...profileLines("first"))
      const seen = yield* Effect.gen(function*() {
        const before = yield* currentAccessKeyId
        credentials("[default]", ...profileLines("second"))
        return [before, yield* currentAccessKeyId]
      }).pipe(Effect.provide(Layer.provide(NodeCredentials.layerDefault(), http)))
      assert.deepStrictEqual(seen, ["AKID-first", "AKID-first"])
    }))

  it.scopedLive("that have expired are read from the current files", () =>
    Effect.gen(function*() {
      const { http } = yield* recordingHttpClient
      const { config, credentials, write } = yield* isolatedEnvironment()
      const script = write(
        "keys.cjs",
        `console.log(${JSON.stringify(JSON.stringify(credentialsDocument("first", soon())))})`
      )
      config("[default]", `credential_process = "${process.execPath}" "${script}"`)
      const seen = yield* Effect.gen(function*() {
        const before = yield* currentAccessKeyId
        credentials("[default]", ...profileLines("second"))
        yield* advanceToExpiry
        return [before, yield* currentAccessKeyId]
      }).pipe(Effect.provide(Layer.provide(NodeCredentials.layerDefault(), http)))
      assert.deepStrictEqual(seen, ["AKID-first", "AKID-second"])
    }))
})

/** Collects console output and process warnings until the scope closes. */
const watchedConsole = Effect.map(
  Effect.acquireRelease(
    Effect.sync(() => {
      const printed: Array<unknown> = []
      const { debug, error, info, log, warn } = console
      const { emitWarning } = process
      const record = (...words: ReadonlyArray<unknown>) => {
        printed.push(words)
      }
      Object.assign(console, { debug: record, error: record, info: record, log: record, warn: record })
      process.emitWarning = record
      const restore = () => {
        Object.assign(console, { debug, error, info, log, warn })
        process.emitWarning = emitWarning
      }
      return { printed, restore }
    }),
    ({ restore }) => Effect.sync(restore)
  ),
  ({ printed }): ReadonlyArray<unknown> => printed
)

describe("Nothing is printed", () => {
  it.scopedLive("if both the environment and a chosen profile have credentials", () =>
    Effect.gen(function*() {
      const printed = yield* watchedConsole
      const { first, set } = yield* everywhere
      set({ AWS_PROFILE: "other" })
      yield* first
      assert.deepStrictEqual(printed, [])
    }))

  it.scopedLive("if a container has two tokens", () =>
    Effect.gen(function*() {
      const printed = yield* watchedConsole
      const { http, set, write } = yield* everywhere
      set({
        AWS_CONTAINER_AUTHORIZATION_TOKEN: "token",
        AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: write("task", "token")
      })
      yield* Effect.provide(currentCredentials, Layer.provide(NodeCredentials.layerContainer, http))
      assert.deepStrictEqual(printed, [])
    }))

  it.scopedLive("if the credentials of an instance have expired", () =>
    Effect.gen(function*() {
      const printed = yield* watchedConsole
      const instance = yield* metadataService(() => ({ body: credentialsDocument("instance", past) }))
      const { http } = yield* recordingHttpClient
      yield* isolatedEnvironment({ AWS_EC2_METADATA_SERVICE_ENDPOINT: instance.url })
      yield* Effect.provide(currentCredentials, Layer.provide(NodeCredentials.layerInstanceMetadata, http))
      assert.deepStrictEqual(printed, [])
    }))

  it.scopedLive("if a role is assumed without a region", () =>
    Effect.gen(function*() {
      const printed = yield* watchedConsole
      const sts = yield* stsOf("role")
      const { http } = yield* recordingHttpClient
      const { config, credentials, set, write } = yield* isolatedEnvironment({ AWS_ENDPOINT_URL_STS: sts.url })
      credentials("[base]", ...profileLines("base"))
      config("[default]", "role_arn = arn:aws:iam::123456789012:role/the-role", "source_profile = base")
      yield* Effect.provide(currentCredentials, Layer.provide(NodeCredentials.layerProfile(), http))
      set({ AWS_ROLE_ARN: "role", AWS_WEB_IDENTITY_TOKEN_FILE: write("token", "the-token") })
      yield* Effect.provide(currentCredentials, Layer.provide(NodeCredentials.layerWebIdentity(), http))
      const again = NodeCredentials.layerAssumeRole({ roleArn: "role" })
      yield* Effect.provide(
        currentCredentials,
        again.pipe(Layer.provide(NodeCredentials.layerProfile()), Layer.provide(http))
      )
      assert.deepStrictEqual(printed, [])
      assert.strictEqual(sts.calls().length, 4)
    }))

  it.scopedLive("if the chain finds no credentials", () =>
    Effect.gen(function*() {
      const printed = yield* watchedConsole
      const { http } = yield* recordingHttpClient
      yield* isolatedEnvironment()
      yield* Effect.flip(Effect.provide(currentCredentials, Layer.provide(NodeCredentials.layerDefault(), http)))
      assert.deepStrictEqual(printed, [])
    }))
})
