import { FetchHttpClient } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { NodeCredentials } from "effect-sagemaker-runtime/node"
import { createHash } from "node:crypto"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { captureOutput } from "../support/captureOutput.ts"
import {
  credentialsOf,
  currentCredentials,
  farFuture,
  isolatedEnvironment,
  past,
  recordingHttpClient,
  type ScriptedResponse,
  serveResponses,
  soon
} from "../support/credentialServers.ts"

const startUrl = "https://example.awsapps.com/start"

const cacheFile = (name: string) => `.aws/sso/cache/${createHash("sha1").update(name).digest("hex")}.json`

const role = ["sso_account_id = 123456789012", "sso_role_name = reader"]

const legacy = ["[profile people]", `sso_start_url = ${startUrl}`, "sso_region = eu-west-1", ...role]

const sessionOf = (name: string) => [
  "[profile people]",
  `sso_session = ${name}`,
  ...role,
  `[sso-session ${name}]`,
  `sso_start_url = ${startUrl}`,
  "sso_region = eu-west-1"
]

const roleCredentials = (name: string): ScriptedResponse => {
  const { expiration, ...keys } = credentialsOf(name)
  return { body: { roleCredentials: { ...keys, expiration: Date.parse(expiration) } } }
}

const withSsoCache = (portal: { readonly url: string }) =>
  isolatedEnvironment({ AWS_ENDPOINT_URL_SSO: portal.url, AWS_ENDPOINT_URL_SSO_OIDC: portal.url })

const layers = [["SSO", NodeCredentials.layerSso], ["profile", NodeCredentials.layerProfile]] as const

for (const [source, layerOf] of layers) {
  const layer = layerOf({ profile: "people" })

  describe(`The session of aws sso login, with layer${source === "SSO" ? "Sso" : "Profile"}`, () => {
    it.scopedLive("is found by its sso-session name and gives credentials over the client's HTTP client", () =>
      Effect.gen(function*() {
        const portal = yield* serveResponses(() => roleCredentials("people"))
        const { http, urls } = yield* recordingHttpClient
        const { config, write } = yield* withSsoCache(portal)
        config(...sessionOf("corp"))
        write(cacheFile("corp"), { accessToken: "the-token", expiresAt: farFuture })
        assert.deepStrictEqual(
          yield* Effect.provide(currentCredentials, Layer.provide(layer, http)),
          credentialsOf("people")
        )
        assert.deepStrictEqual(
          portal.calls().map(({ headers, method, url }) => [method, url, headers["x-amz-sso_bearer_token"]]),
          [["GET", "/federation/credentials?account_id=123456789012&role_name=reader", "the-token"]]
        )
        assert.deepStrictEqual(urls(), [`${portal.url}${portal.calls()[0]?.url}`])
      }))

    it.scopedLive("is found by its start URL in the older format", () =>
      Effect.gen(function*() {
        const portal = yield* serveResponses(() => roleCredentials("people"))
        const { http } = yield* recordingHttpClient
        const { config, write } = yield* withSsoCache(portal)
        config(...legacy)
        write(cacheFile(startUrl), { accessToken: "the-token", expiresAt: farFuture })
        assert.deepStrictEqual(
          yield* Effect.provide(currentCredentials, Layer.provide(layer, http)),
          credentialsOf("people")
        )
      }))

    it.scopedLive("that is missing or has expired, in either format, names the command aws sso login", () =>
      Effect.gen(function*() {
        const portal = yield* serveResponses(() => roleCredentials("people"))
        const { http } = yield* recordingHttpClient
        const { config, write } = yield* withSsoCache(portal)
        for (const [lines, name] of [[sessionOf("corp"), "corp"], [legacy, startUrl]] as const) {
          for (const accessToken of [undefined, "canary-token"]) {
            config(...lines)
            if (accessToken !== undefined) {
              write(cacheFile(name), { accessToken, expiresAt: past })
            }
            const { error, texts } = yield* captureOutput(
              Effect.provide(currentCredentials, Layer.provide(layer, http))
            )
            assert.deepInclude(error, {
              _tag: "CredentialsError",
              message:
                `The source "${source}" returned no credentials: the SSO session is missing or expired. Run aws sso login.`,
              sources: [source]
            })
            assert.deepStrictEqual(texts.filter(([, text]) => text.includes("canary")), [])
          }
        }
        assert.deepStrictEqual(portal.calls(), [])
      }))

    it.scopedLive("is read from ~/.aws/config by default", () =>
      Effect.gen(function*() {
        const portal = yield* serveResponses(() => roleCredentials("people"))
        const { config, write } = yield* withSsoCache(portal)
        config(...sessionOf("corp"))
        delete process.env["AWS_CONFIG_FILE"]
        delete process.env["AWS_SHARED_CREDENTIALS_FILE"]
        write(cacheFile("corp"), { accessToken: "the-token", expiresAt: farFuture })
        assert.deepStrictEqual(
          yield* Effect.provide(currentCredentials, Layer.provide(layer, FetchHttpClient.layer)),
          credentialsOf("people")
        )
      }))

    it.scopedLive("is not sent to the target of a redirect", () =>
      Effect.gen(function*() {
        const other = yield* serveResponses(() => roleCredentials("stolen"))
        const portal = yield* serveResponses(() => ({ status: 307, headers: { location: other.url }, body: "" }))
        const { config, write } = yield* withSsoCache(portal)
        config(...sessionOf("corp"))
        write(cacheFile("corp"), { accessToken: "canary-token", expiresAt: farFuture })
        const error = yield* Effect.flip(
          Effect.provide(currentCredentials, Layer.provide(layer, FetchHttpClient.layer))
        )
        assert.deepInclude(error, { _tag: "CredentialsError", status: 307 })
        assert.isAbove(portal.calls().length, 0)
        assert.deepStrictEqual(other.calls(), [])
      }))

    it.scopedLive("that the portal rejects names the command aws sso login", () =>
      Effect.gen(function*() {
        const portal = yield* serveResponses(() => ({
          status: 401,
          body: { __type: "UnauthorizedException", message: "canary-message" }
        }))
        const { http } = yield* recordingHttpClient
        const { config, write } = yield* withSsoCache(portal)
        config(...sessionOf("corp"))
        write(cacheFile("corp"), { accessToken: "canary-token", expiresAt: farFuture })
        const { error, texts } = yield* captureOutput(Effect.provide(currentCredentials, Layer.provide(layer, http)))
        assert.deepInclude(error, {
          message:
            `The source "${source}" returned no credentials: the SSO session is missing or expired, status 401. Run aws sso login.`,
          status: 401
        })
        assert.deepStrictEqual(texts.filter(([, text]) => text.includes("canary")), [])
      }))

    it.scopedLive("without permission for the role fails with the status and without the text of the portal", () =>
      Effect.gen(function*() {
        const portal = yield* serveResponses(() => ({ status: 403, body: { message: "canary-message" } }))
        const { http } = yield* recordingHttpClient
        const { config, write } = yield* withSsoCache(portal)
        config(...sessionOf("corp"))
        write(cacheFile("corp"), { accessToken: "canary-token", expiresAt: farFuture })
        const { error, texts } = yield* captureOutput(Effect.provide(currentCredentials, Layer.provide(layer, http)))
        assert.deepInclude(error, { _tag: "CredentialsError", sources: [source], status: 403 })
        assert.deepStrictEqual(texts.filter(([, text]) => text.includes("canary")), [])
      }))

    it.scopedLive("that is about to expire is refreshed over the client's HTTP client and written to its file", () =>
      Effect.gen(function*() {
        const name = `renewed-${source}`
        const portal = yield* serveResponses(({ url }) =>
          url === "/token"
            ? {
              body: { accessToken: "new-token", tokenType: "Bearer", expiresIn: 28_800, refreshToken: "new-refresh" }
            }
            : roleCredentials("people")
        )
        const { http, urls } = yield* recordingHttpClient
        const { config, home, write } = yield* withSsoCache(portal)
        config(...sessionOf(name))
        const file = cacheFile(name)
        write(file, {
          accessToken: "old-token",
          expiresAt: soon(),
          clientId: "client",
          clientSecret: "client-secret",
          refreshToken: "old-refresh"
        })
        assert.deepStrictEqual(
          yield* Effect.provide(currentCredentials, Layer.provide(layer, http)),
          credentialsOf("people")
        )
        const [renewal, use] = portal.calls()
        assert.deepStrictEqual(JSON.parse(renewal?.body ?? ""), {
          clientId: "client",
          clientSecret: "client-secret",
          grantType: "refresh_token",
          refreshToken: "old-refresh"
        })
        assert.strictEqual(use?.headers["x-amz-sso_bearer_token"], "new-token")
        assert.strictEqual(urls().length, 2)
        assert.deepInclude(JSON.parse(readFileSync(join(home, file), "utf8")), {
          accessToken: "new-token",
          refreshToken: "new-refresh"
        })
      }))
  })
}
