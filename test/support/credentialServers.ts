import { HttpClient } from "@effect/platform"
import { Effect, Layer, Redacted } from "effect"
import { Credentials } from "effect-sagemaker-runtime"
import { NodeHttpClient } from "effect-sagemaker-runtime/node"
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { vi } from "vitest"
import { serve } from "./server.ts"

/** A request that a credentials server received. */
export interface RecordedRequest {
  readonly method: string | undefined
  readonly url: string
  readonly headers: { readonly [name: string]: string | ReadonlyArray<string> | undefined }
  readonly body: string
}

/** A response of a credentials server; the default status is 200. */
export interface ScriptedResponse {
  readonly status?: number
  readonly headers?: { readonly [name: string]: string }
  readonly body: string | object
}

/** A server on a free port that records its requests. */
export const serveResponses = (reply: (call: RecordedRequest, before: number) => ScriptedResponse) =>
  Effect.suspend(() => {
    const calls: Array<RecordedRequest> = []
    return Effect.map(
      serve((request, response) => {
        const chunks: Array<Buffer> = []
        request.on("data", (chunk: Buffer) => chunks.push(chunk))
        request.on("end", () => {
          const { headers, method, url = "" } = request
          const call = { method, url, headers, body: Buffer.concat(chunks).toString() }
          const { body, headers: own, status = 200 } = reply(call, calls.length)
          calls.push(call)
          const text = typeof body === "string" ? body : JSON.stringify(body)
          const type = text.startsWith("<") ? "text/xml" : "application/json"
          response.writeHead(status, { "content-type": type, ...own })
          response.end(text)
        })
      }),
      ({ url }) => ({ url, calls: (): ReadonlyArray<RecordedRequest> => calls })
    )
  })

const isOurs = (name: string) => name.startsWith("AWS_") && !name.startsWith("AWS_SDK_JS_")

/** Replaces the environment variables of the process and the home folder until the scope closes. */
export const isolatedEnvironment = (variables: { readonly [name: string]: string } = {}) =>
  Effect.map(
    Effect.acquireRelease(
      Effect.sync(() => {
        const home = mkdtempSync(join(tmpdir(), "credentials-"))
        const before = { ...process.env }
        for (const name of Object.keys(before).filter(isOurs)) {
          delete process.env[name]
        }
        Object.assign(process.env, {
          HOME: home,
          AWS_CONFIG_FILE: join(home, ".aws/config"),
          AWS_SHARED_CREDENTIALS_FILE: join(home, ".aws/credentials"),
          AWS_EC2_METADATA_DISABLED: "true",
          ...variables
        })
        return { home, before }
      }),
      ({ before, home }) =>
        Effect.sync(() => {
          for (const name of Object.keys(process.env).filter((name) => !(name in before))) {
            delete process.env[name]
          }
          Object.assign(process.env, before)
          rmSync(home, { recursive: true, force: true })
        })
    ),
    ({ home }) => {
      const write = (path: string, text: string | object) => {
        const file = join(home, path)
        mkdirSync(dirname(file), { recursive: true })
        writeFileSync(file, typeof text === "string" ? text : JSON.stringify(text))
        return file
      }
      return {
        home,
        write,
        config: (...lines: ReadonlyArray<string>) => write(".aws/config", lines.join("\n")),
        credentials: (...lines: ReadonlyArray<string>) => write(".aws/credentials", lines.join("\n")),
        set: (variables: { readonly [name: string]: string }) => Object.assign(process.env, variables)
      }
    }
  )

/** This package's HTTP client, which records its URLs. */
export const recordingHttpClient = Effect.sync(() => {
  const urls: Array<string> = []
  return {
    http: Layer.scoped(
      HttpClient.HttpClient,
      NodeHttpClient.make({ proxy: false }).pipe(
        Effect.map(HttpClient.tapRequest(({ url }) => Effect.sync(() => urls.push(url)))),
        Effect.orDie
      )
    ),
    urls: (): ReadonlyArray<string> => urls
  }
})

const plain = ({ accessKeyId, expiration, secretAccessKey, sessionToken }: Credentials.AwsCredentials) => ({
  accessKeyId: Redacted.value(accessKeyId),
  secretAccessKey: Redacted.value(secretAccessKey),
  ...(sessionToken && { sessionToken: Redacted.value(sessionToken) }),
  ...(expiration && { expiration: expiration.toISOString() })
})

/** The credentials in context as plain text. */
export const currentCredentials = Effect.flatMap(Credentials.Credentials, ({ get }) => Effect.map(get, plain))

export const currentAccessKeyId = Effect.map(currentCredentials, ({ accessKeyId }) => accessKeyId)

/** An expiry far in the future. */
export const farFuture = "2099-01-01T00:00:00.000Z"

/** The life of credentials that expire soon, in milliseconds. */
const shortLife = 120_000

/** The expiry of credentials that expire soon. */
export const soon = () => new Date(Date.now() + shortLife).toISOString()

/** Advances the system time by milliseconds until the scope closes. */
const advanceSystemTime = (millis: number) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const now = Date.now.bind(Date)
      return vi.spyOn(Date, "now").mockImplementation(() => now() + millis)
    }),
    (spy) => Effect.sync(() => spy.mockRestore())
  )

/** Advances the system time to the refresh of credentials that expire soon. */
export const advanceToRefresh = advanceSystemTime(shortLife / 2)

/** Advances the system time beyond the expiry of credentials that expire soon. */
export const advanceToExpiry = advanceSystemTime(shortLife)

export const past = "2020-01-01T00:00:00.000Z"

/** The credentials that a source of this name gives. */
export const credentialsOf = (name: string, expiration: string = farFuture) => ({
  accessKeyId: `AKID-${name}`,
  secretAccessKey: `secret-${name}`,
  sessionToken: `token-${name}`,
  expiration
})

/** `credentialsOf` as a document of a metadata service or a credential process. */
export const credentialsDocument = (name: string, Expiration: string = farFuture) => ({
  Code: "Success",
  Version: 1,
  AccessKeyId: `AKID-${name}`,
  SecretAccessKey: `secret-${name}`,
  Token: `token-${name}`,
  SessionToken: `token-${name}`,
  Expiration
})

/** `credentialsOf` as lines of a profile. */
export const profileLines = (name: string): ReadonlyArray<string> => [
  `aws_access_key_id = AKID-${name}`,
  `aws_secret_access_key = secret-${name}`
]

/** `credentialsOf` as an STS response. */
export const stsDocument = (action: string, name: string, expiration: string = farFuture) =>
  `<${action}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><${action}Result><Credentials>` +
  `<AccessKeyId>AKID-${name}</AccessKeyId><SecretAccessKey>secret-${name}</SecretAccessKey>` +
  `<SessionToken>token-${name}</SessionToken><Expiration>${expiration}</Expiration></Credentials></${action}Result>` +
  `<ResponseMetadata><RequestId>request-1</RequestId></ResponseMetadata></${action}Response>`

export const stsError = (code: string, message: string) =>
  `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>${code}</Code>` +
  `<Message>${message}</Message></Error><RequestId>request-1</RequestId></ErrorResponse>`

/** An STS server that gives the credentials of `name` for any action. */
export const stsOf = (name: string) =>
  serveResponses(({ body }) => ({ body: stsDocument(new URLSearchParams(body).get("Action") ?? "", name) }))

/** An instance metadata service (IMDSv2) with one role. */
export const metadataService = (credentials: (before: number) => ScriptedResponse, region: string = "ap-southeast-2") =>
  Effect.suspend(() => {
    let given = 0
    return serveResponses(({ headers, method, url }) =>
      url === "/latest/api/token"
        ? { status: method === "PUT" ? 200 : 405, body: "imds-token" }
        : headers["x-aws-ec2-metadata-token"] !== "imds-token"
        ? { status: 401, body: "" }
        : url === "/latest/meta-data/placement/region"
        ? { body: region }
        : url === "/latest/meta-data/iam/security-credentials/"
        ? { body: "the-role" }
        : url === "/latest/meta-data/iam/security-credentials/the-role"
        ? credentials(given++)
        : { status: 404, body: "" }
    )
  })
