import { assert, describe, it } from "@effect/vitest"
import { ConfigProvider, Effect, Layer } from "effect"
import { Credentials } from "effect-sagemaker-runtime"
import { NodeCredentials, NodeSageMaker } from "effect-sagemaker-runtime/node"
import { captureOutput } from "../support/captureOutput.ts"
import {
  credentialsDocument,
  credentialsOf,
  currentCredentials,
  isolatedEnvironment,
  metadataService,
  profileLines,
  recordingHttpClient,
  serveResponses,
  stsDocument,
  stsError,
  stsOf
} from "../support/credentialServers.ts"
import { scriptedHttpClient } from "../support/scriptedHttpClient.ts"

const role = "arn:aws:iam::123456789012:role/the-role"

const form = (body: string) => Object.fromEntries(new URLSearchParams(body))

const refusing = serveResponses(() => ({ status: 403, body: stsError("AccessDenied", "canary-message") }))

const master = Credentials.layer({ accessKeyId: "AKID-master", secretAccessKey: "canary-master" })

describe("Web identity", () => {
  it.scopedLive("assumes the role of the environment with the token file, over the client's HTTP client", () =>
    Effect.gen(function*() {
      const sts = yield* stsOf("web")
      const { http, urls } = yield* recordingHttpClient
      const { set, write } = yield* isolatedEnvironment({ AWS_ENDPOINT_URL_STS: sts.url, AWS_ROLE_ARN: role })
      set({ AWS_WEB_IDENTITY_TOKEN_FILE: write("token", "the-token"), AWS_ROLE_SESSION_NAME: "the-session" })
      assert.deepStrictEqual(
        yield* Effect.provide(currentCredentials, Layer.provide(NodeCredentials.layerWebIdentity(), http)),
        credentialsOf("web")
      )
      assert.deepStrictEqual(sts.calls().map(({ body }) => form(body)), [{
        Action: "AssumeRoleWithWebIdentity",
        Version: "2011-06-15",
        RoleArn: role,
        RoleSessionName: "the-session",
        WebIdentityToken: "the-token"
      }])
      assert.deepStrictEqual(urls(), [`${sts.url}/`])
    }))

  it.scopedLive("assumes the role given in code", () =>
    Effect.gen(function*() {
      const sts = yield* stsOf("web")
      const { http } = yield* recordingHttpClient
      const { write } = yield* isolatedEnvironment({ AWS_ENDPOINT_URL_STS: sts.url, AWS_ROLE_ARN: "another" })
      const layer = NodeCredentials.layerWebIdentity({
        roleArn: role,
        roleSessionName: "ours",
        webIdentityTokenFile: write("token", "the-token"),
        region: "eu-west-1"
      })
      yield* Effect.provide(currentCredentials, Layer.provide(layer, http))
      assert.deepInclude(form(sts.calls()[0]?.body ?? ""), { RoleArn: role, RoleSessionName: "ours" })
    }))

  it.scopedLive("assumes the role of a profile", () =>
    Effect.gen(function*() {
      const sts = yield* stsOf("web")
      const { http, urls } = yield* recordingHttpClient
      const { config, write } = yield* isolatedEnvironment({ AWS_ENDPOINT_URL_STS: sts.url })
      config("[profile web]", `role_arn = ${role}`, `web_identity_token_file = ${write("token", "the-token")}`)
      const layer = NodeCredentials.layerProfile({ profile: "web" })
      assert.deepStrictEqual(
        yield* Effect.provide(currentCredentials, Layer.provide(layer, http)),
        credentialsOf("web")
      )
      assert.deepStrictEqual(urls(), [`${sts.url}/`])
    }))

  it.scopedLive("that STS rejects fails with the status and without the text of STS", () =>
    Effect.gen(function*() {
      const sts = yield* refusing
      const { http } = yield* recordingHttpClient
      const { set, write } = yield* isolatedEnvironment({ AWS_ENDPOINT_URL_STS: sts.url, AWS_ROLE_ARN: role })
      set({ AWS_WEB_IDENTITY_TOKEN_FILE: write("token", "canary-token") })
      const { error, texts } = yield* captureOutput(
        Effect.provide(currentCredentials, Layer.provide(NodeCredentials.layerWebIdentity(), http))
      )
      assert.deepInclude(error, {
        _tag: "CredentialsError",
        message:
          "The source \"web identity\" returned no credentials: access was denied, status 403. Check the IAM permissions and the role's trust policy.",
        sources: ["web identity"],
        status: 403
      })
      assert.deepStrictEqual(texts.filter(([, text]) => text.includes("canary")), [])
      assert.strictEqual(sts.calls().length, 1)
    }))

  it.scopedLive("fails for a response of more than 1 MiB", () =>
    Effect.gen(function*() {
      const sts = yield* serveResponses(() => ({ body: `<a>${" ".repeat(1024 * 1024)}</a>` }))
      const { http } = yield* recordingHttpClient
      const { set, write } = yield* isolatedEnvironment({ AWS_ENDPOINT_URL_STS: sts.url, AWS_ROLE_ARN: role })
      set({ AWS_WEB_IDENTITY_TOKEN_FILE: write("token", "the-token") })
      const error = yield* Effect.flip(
        Effect.provide(currentCredentials, Layer.provide(NodeCredentials.layerWebIdentity(), http))
      )
      assert.deepInclude(error, { _tag: "CredentialsError", sources: ["web identity"] })
    }))

  it.scopedLive("without its token file fails without naming the file", () =>
    Effect.gen(function*() {
      const { http, urls } = yield* recordingHttpClient
      yield* isolatedEnvironment({ AWS_ROLE_ARN: role, AWS_WEB_IDENTITY_TOKEN_FILE: "/canary/token" })
      const { error, texts } = yield* captureOutput(
        Effect.provide(currentCredentials, Layer.provide(NodeCredentials.layerWebIdentity(), http))
      )
      assert.deepInclude(error, {
        message:
          "The source \"web identity\" returned no credentials: a configured file could not be read. Check the file's path and permissions.",
        sources: ["web identity"]
      })
      assert.deepStrictEqual(texts.filter(([, text]) => text.includes("canary")), [])
      assert.deepStrictEqual(urls(), [])
    }))
})

describe("A profile with a role", () => {
  it.scopedLive("assumes it with the credentials of source_profile, over the client's HTTP client", () =>
    Effect.gen(function*() {
      const sts = yield* stsOf("role")
      const { http, urls } = yield* recordingHttpClient
      const { config, credentials } = yield* isolatedEnvironment({ AWS_ENDPOINT_URL_STS: sts.url })
      credentials("[base]", ...profileLines("base"))
      config(
        "[profile work]",
        `role_arn = ${role}`,
        "source_profile = base",
        "external_id = the-id",
        "role_session_name = the-session",
        "duration_seconds = 900",
        "region = eu-west-1"
      )
      const layer = NodeCredentials.layerProfile({ profile: "work" })
      assert.deepStrictEqual(
        yield* Effect.provide(currentCredentials, Layer.provide(layer, http)),
        credentialsOf("role")
      )
      const [call] = sts.calls()
      assert.deepStrictEqual(form(call?.body ?? ""), {
        Action: "AssumeRole",
        Version: "2011-06-15",
        RoleArn: role,
        RoleSessionName: "the-session",
        ExternalId: "the-id",
        DurationSeconds: "900"
      })
      assert.match(
        String(call?.headers["authorization"]),
        /Credential=AKID-base\/[0-9]{8}\/eu-west-1\/sts\/aws4_request/
      )
      assert.deepStrictEqual(urls(), [`${sts.url}/`])
    }))

  it.scopedLive("assumes it with the credentials of the environment, container or instance named by credential_source", () =>
    Effect.gen(function*() {
      const sts = yield* stsOf("role")
      const task = yield* serveResponses(() => ({ body: credentialsDocument("task") }))
      const instance = yield* metadataService(() => ({ body: credentialsDocument("instance") }))
      const { http } = yield* recordingHttpClient
      const { config } = yield* isolatedEnvironment({
        AWS_ENDPOINT_URL_STS: sts.url,
        AWS_ACCESS_KEY_ID: "AKID-environment",
        AWS_SECRET_ACCESS_KEY: "secret-environment",
        AWS_CONTAINER_CREDENTIALS_FULL_URI: `${task.url}/`,
        AWS_EC2_METADATA_SERVICE_ENDPOINT: instance.url
      })
      for (const source of ["Environment", "EcsContainer", "Ec2InstanceMetadata"]) {
        config("[profile work]", `role_arn = ${role}`, `credential_source = ${source}`)
        const layer = NodeCredentials.layerProfile({ profile: "work" })
        assert.deepStrictEqual(
          yield* Effect.provide(currentCredentials, Layer.provide(layer, http)),
          credentialsOf("role")
        )
      }
      assert.deepStrictEqual(
        sts.calls().map(({ headers }) => /Credential=([^/]*)/.exec(String(headers["authorization"]))?.[1]),
        ["AKID-environment", "AKID-task", "AKID-instance"]
      )
    }))

  it.scopedLive("is read from the files that the ConfigProvider names", () =>
    Effect.gen(function*() {
      const sts = yield* stsOf("role")
      const { http } = yield* recordingHttpClient
      const { write } = yield* isolatedEnvironment({ AWS_ENDPOINT_URL_STS: sts.url })
      const variables = new Map([
        ["AWS_PROFILE", "work"],
        ["AWS_SHARED_CREDENTIALS_FILE", write("elsewhere/credentials", ["[base]", ...profileLines("base")].join("\n"))],
        ["AWS_CONFIG_FILE", write("elsewhere/config", `[profile work]\nrole_arn = ${role}\nsource_profile = base`)]
      ])
      const layer = Layer.provide(NodeCredentials.layerProfile(), http)
      assert.deepStrictEqual(
        yield* currentCredentials.pipe(
          Effect.provide(layer),
          Effect.withConfigProvider(ConfigProvider.fromMap(variables))
        ),
        credentialsOf("role")
      )
    }))

  it.scopedLive("that STS rejects fails with the status and without the text of STS", () =>
    Effect.gen(function*() {
      const sts = yield* refusing
      const { http } = yield* recordingHttpClient
      const { config, credentials } = yield* isolatedEnvironment({ AWS_ENDPOINT_URL_STS: sts.url })
      credentials("[base]", ...profileLines("canary"))
      config("[profile work]", `role_arn = ${role}`, "source_profile = base")
      const layer = NodeCredentials.layerProfile({ profile: "work" })
      const { error, texts } = yield* captureOutput(Effect.provide(currentCredentials, Layer.provide(layer, http)))
      assert.deepInclude(error, { _tag: "CredentialsError", sources: ["profile"], status: 403 })
      assert.deepStrictEqual(texts.filter(([, text]) => text.includes("canary")), [])
    }))

  it.scopedLive("fails if its source profiles form a cycle", () =>
    Effect.gen(function*() {
      const { http } = yield* recordingHttpClient
      const { config } = yield* isolatedEnvironment()
      config(
        "[profile a]",
        `role_arn = ${role}`,
        "source_profile = b",
        "[profile b]",
        `role_arn = ${role}`,
        "source_profile = a"
      )
      const layer = NodeCredentials.layerProfile({ profile: "a" })
      const error = yield* Effect.flip(Effect.provide(currentCredentials, Layer.provide(layer, http)))
      assert.strictEqual(
        error.message,
        "The source \"profile\" returned no credentials: the source_profile settings form a cycle. Check source_profile in the shared config file."
      )
    }))

  it.scopedLive("fails if it requires multi-factor authentication", () =>
    Effect.gen(function*() {
      const { http } = yield* recordingHttpClient
      const { config, credentials } = yield* isolatedEnvironment()
      credentials("[base]", ...profileLines("base"))
      config("[profile a]", `role_arn = ${role}`, "source_profile = base", "mfa_serial = canary-serial")
      const layer = NodeCredentials.layerProfile({ profile: "a" })
      const error = yield* Effect.flip(Effect.provide(currentCredentials, Layer.provide(layer, http)))
      assert.strictEqual(
        error.message,
        "The source \"profile\" returned no credentials: the profile requires a multi-factor authentication code, which cannot be " +
          "entered here. Use a profile without mfa_serial, or temporary credentials."
      )
    }))
})

describe("A role assumed with the credentials in context", () => {
  const options = { roleArn: role, roleSessionName: "ours", externalId: "the-id", durationSeconds: 1_200 }

  it.scopedLive("calls STS of the region over the client's HTTP client", () =>
    Effect.gen(function*() {
      const sts = yield* stsOf("role")
      const { http, urls } = yield* recordingHttpClient
      yield* isolatedEnvironment({ AWS_ENDPOINT_URL_STS: sts.url })
      const layer = NodeCredentials.layerAssumeRole({ ...options, region: "eu-west-1" })
      assert.deepStrictEqual(
        yield* Effect.provide(currentCredentials, Layer.provide(layer, [http, master])),
        credentialsOf("role")
      )
      const [call] = sts.calls()
      assert.deepStrictEqual(form(call?.body ?? ""), {
        Action: "AssumeRole",
        Version: "2011-06-15",
        RoleArn: role,
        RoleSessionName: "ours",
        ExternalId: "the-id",
        DurationSeconds: "1200"
      })
      assert.match(
        String(call?.headers["authorization"]),
        /Credential=AKID-master\/[0-9]{8}\/eu-west-1\/sts\/aws4_request/
      )
      assert.deepStrictEqual(urls(), [`${sts.url}/`])
    }))

  it.scopedLive("takes the region from code, the environment, the profile, or us-east-1", () =>
    Effect.gen(function*() {
      const sts = yield* stsOf("role")
      const { http } = yield* recordingHttpClient
      const { config, set } = yield* isolatedEnvironment({ AWS_ENDPOINT_URL_STS: sts.url })
      const ask = (region?: string) =>
        Effect.provide(
          currentCredentials,
          Layer.provide(NodeCredentials.layerAssumeRole({ ...options, region }), [http, master])
        )
      yield* ask()
      config("[default]", "region = eu-west-2")
      yield* ask()
      set({ AWS_REGION: "eu-west-3" })
      yield* ask()
      yield* ask("eu-west-4")
      assert.deepStrictEqual(sts.calls().map(({ headers }) => String(headers["authorization"]).split("/")[2]), [
        "us-east-1",
        "eu-west-2",
        "eu-west-3",
        "eu-west-4"
      ])
    }))

  it.scopedLive("can be chained to another role", () =>
    Effect.gen(function*() {
      const sts = yield* serveResponses(({ headers }) => ({
        body: stsDocument(
          "AssumeRole",
          String(headers["authorization"]).includes("AKID-master/") ? "first" : "second"
        )
      }))
      const { http } = yield* recordingHttpClient
      yield* isolatedEnvironment({ AWS_ENDPOINT_URL_STS: sts.url })
      const layer = NodeCredentials.layerAssumeRole(options).pipe(
        Layer.provide(NodeCredentials.layerAssumeRole(options)),
        Layer.provide([http, master])
      )
      assert.deepStrictEqual(yield* Effect.provide(currentCredentials, layer), credentialsOf("second"))
      assert.deepStrictEqual(sts.calls().map(({ headers }) => headers["x-amz-security-token"]), [
        undefined,
        "token-first"
      ])
    }))

  it.scopedLive("that STS rejects fails with the status and without the text of STS", () =>
    Effect.gen(function*() {
      const sts = yield* refusing
      const { http } = yield* recordingHttpClient
      yield* isolatedEnvironment({ AWS_ENDPOINT_URL_STS: sts.url })
      const layer = Layer.provide(NodeCredentials.layerAssumeRole(options), [http, master])
      const { error, texts } = yield* captureOutput(Effect.provide(currentCredentials, layer))
      assert.deepInclude(error, {
        _tag: "CredentialsError",
        message:
          "The source \"assumed role\" returned no credentials: access was denied, status 403. Check the IAM permissions and the role's trust policy.",
        sources: ["assumed role"],
        status: 403
      })
      assert.deepStrictEqual(texts.filter(([, text]) => text.includes("canary")), [])
    }))

  it.scopedLive("fails if the credentials in context fail", () =>
    Effect.gen(function*() {
      const { http, urls } = yield* recordingHttpClient
      yield* isolatedEnvironment()
      const layer = Layer.provide(NodeCredentials.layerAssumeRole(options), [
        http,
        Layer.provide(NodeCredentials.layerEnvironment, http)
      ])
      const error = yield* Effect.flip(Effect.provide(currentCredentials, layer))
      assert.deepInclude(error, {
        message: "The source \"environment\" returned no credentials. Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.",
        sources: ["environment"]
      })
      assert.deepStrictEqual(urls(), [])
    }))

  it.scopedLive("fails if STS cannot be reached", () =>
    Effect.gen(function*() {
      const { http, urls } = yield* recordingHttpClient
      yield* isolatedEnvironment({ AWS_ENDPOINT_URL_STS: "http://127.0.0.1:9", AWS_MAX_ATTEMPTS: "2" })
      const layer = Layer.provide(NodeCredentials.layerAssumeRole(options), [http, master])
      const error = yield* Effect.flip(Effect.provide(currentCredentials, layer))
      assert.deepInclude(error, { _tag: "CredentialsError", sources: ["assumed role"] })
      assert.notProperty(error, "status")
      assert.deepStrictEqual(urls(), ["http://127.0.0.1:9/", "http://127.0.0.1:9/"])
    }))
})

describe("STS of the client's region is called:", () => {
  const layers = [
    { name: "by a profile with a role", credentials: NodeCredentials.layerProfile({ profile: "work" }) },
    {
      name: "for a role assumed with other credentials",
      credentials: Layer.provide(NodeCredentials.layerAssumeRole({ roleArn: role }), master)
    }
  ]

  it.scopedLive.each(layers)("$name", ({ credentials }) =>
    Effect.gen(function*() {
      const server = yield* scriptedHttpClient({
        status: 200,
        headers: { "content-type": "text/xml" },
        body: stsDocument("AssumeRole", "role")
      })
      const place = yield* isolatedEnvironment()
      place.credentials("[base]", ...profileLines("base"))
      place.config("[profile work]", `role_arn = ${role}`, "source_profile = base")
      const layer = NodeSageMaker.layer({ region: "cn-north-1", credentials, http: server.http })
      assert.deepStrictEqual(yield* Effect.provide(currentCredentials, layer), credentialsOf("role"))
      const requests = yield* server.requests
      assert.deepStrictEqual(requests.map(({ url }) => new URL(url).host), ["sts.cn-north-1.amazonaws.com.cn"])
      assert.include(requests[0]?.headers["authorization"], "/cn-north-1/sts/aws4_request")
    }))
})
