import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { NodeCredentials } from "effect-sagemaker-runtime/node"
import { createHash, generateKeyPairSync } from "node:crypto"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { captureOutput } from "../support/captureOutput.ts"
import {
  credentialsOf,
  currentAccessKeyId,
  currentCredentials,
  farFuture,
  isolatedEnvironment,
  past,
  recordingHttpClient,
  type ScriptedResponse,
  serveResponses,
  soon
} from "../support/credentialServers.ts"

const session = "arn:aws:iam::123456789012:user/the-user"

const file = `.aws/login/cache/${createHash("sha256").update(session).digest("hex")}.json`

const { privateKey } = generateKeyPairSync("ec", {
  namedCurve: "P-256",
  privateKeyEncoding: { type: "sec1", format: "pem" },
  publicKeyEncoding: { type: "spki", format: "pem" }
})

const token = (name: string, expiresAt: string) => {
  const { expiration: _, ...keys } = credentialsOf(name)
  return {
    accessToken: { ...keys, accountId: "123456789012", expiresAt },
    tokenType: "urn:aws:params:oauth:token-type:access_token_sigv4",
    clientId: "arn:aws:signin:::devtools/same-device",
    refreshToken: "old-refresh",
    dpopKey: privateKey
  }
}

const renewed = (name: string): ScriptedResponse => {
  const { expiration: _, ...accessToken } = credentialsOf(name)
  return { body: { accessToken, tokenType: "aws_sigv4", expiresIn: 3_600, refreshToken: "new-refresh" } }
}

const withSignInCache = (signIn: { readonly url: string }) =>
  Effect.tap(isolatedEnvironment({ AWS_ENDPOINT_URL_SIGNIN: signIn.url, AWS_REGION: "eu-west-1" }), ({ config }) => {
    config("[profile people]", `login_session = ${session}`)
    return Effect.void
  })

const layers = [["login session", NodeCredentials.layerLogin], ["profile", NodeCredentials.layerProfile]] as const

for (const [source, layerOf] of layers) {
  const layer = layerOf({ profile: "people" })
  const wantsLogin =
    `The source "${source}" returned no credentials: the login session is missing or expired. Run aws login.`

  describe(`The session of aws login, with layer${source === "profile" ? "Profile" : "Login"}`, () => {
    it.scopedLive("gives its stored credentials", () =>
      Effect.gen(function*() {
        const signIn = yield* serveResponses(() => renewed("people"))
        const { http, urls } = yield* recordingHttpClient
        const { write } = yield* withSignInCache(signIn)
        write(file, token("people", farFuture))
        assert.deepStrictEqual(
          yield* Effect.provide(currentCredentials, Layer.provide(layer, http)),
          credentialsOf("people")
        )
        assert.deepStrictEqual(urls(), [])
      }))

    it.scopedLive("that has expired is refreshed over the client's HTTP client and written to its file", () =>
      Effect.gen(function*() {
        const signIn = yield* serveResponses(() => renewed("renewed"))
        const { http, urls } = yield* recordingHttpClient
        const { home, write } = yield* withSignInCache(signIn)
        write(file, token("people", past))
        assert.strictEqual(yield* Effect.provide(currentAccessKeyId, Layer.provide(layer, http)), "AKID-renewed")
        const [call] = signIn.calls()
        assert.deepStrictEqual(JSON.parse(call?.body ?? ""), {
          clientId: "arn:aws:signin:::devtools/same-device",
          grantType: "refresh_token",
          refreshToken: "old-refresh"
        })
        assert.match(String(call?.headers["dpop"]), /^[\w-]+\.[\w-]+\.[\w-]+$/)
        assert.deepStrictEqual(urls(), [`${signIn.url}/v1/token`])
        assert.strictEqual(JSON.parse(readFileSync(join(home, file), "utf8")).refreshToken, "new-refresh")
      }))

    it.scopedLive("that cannot be refreshed is used until it expires", () =>
      Effect.gen(function*() {
        const signIn = yield* serveResponses(() => ({ status: 400, body: { error: "INVALID_REQUEST", message: "no" } }))
        const { http } = yield* recordingHttpClient
        const { write } = yield* withSignInCache(signIn)
        write(file, token("people", soon()))
        assert.strictEqual(yield* Effect.provide(currentAccessKeyId, Layer.provide(layer, http)), "AKID-people")
      }))

    it.scopedLive("that is missing names the command aws login", () =>
      Effect.gen(function*() {
        const signIn = yield* serveResponses(() => renewed("renewed"))
        const { http } = yield* recordingHttpClient
        yield* withSignInCache(signIn)
        const error = yield* Effect.flip(Effect.provide(currentCredentials, Layer.provide(layer, http)))
        assert.deepInclude(error, { _tag: "CredentialsError", message: wantsLogin, sources: [source] })
      }))

    it.scopedLive("that the sign-in service rejects names the command aws login, without the text of the service", () =>
      Effect.gen(function*() {
        for (const reason of ["TOKEN_EXPIRED", "USER_CREDENTIALS_CHANGED", "canary-reason"]) {
          const signIn = yield* serveResponses(() => ({
            status: 403,
            body: { __type: "AccessDeniedException", error: reason, message: "canary-message" }
          }))
          const { http } = yield* recordingHttpClient
          const { write } = yield* withSignInCache(signIn)
          write(file, token("canary", past))
          const { error, texts } = yield* captureOutput(Effect.provide(currentCredentials, Layer.provide(layer, http)))
          const message = wantsLogin.replace("expired.", "expired, status 403.")
          assert.deepInclude(error, { message, sources: [source], status: 403 })
          assert.deepStrictEqual(texts.filter(([, text]) => text.includes("canary")), [])
        }
      }))
  })
}
