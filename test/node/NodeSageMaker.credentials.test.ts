import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { platform, release } from "node:os"
import { afterEach, vi } from "vitest"
import type * as Runtime from "../../src/node/internal/platform/runtime.ts"
import { token } from "../../src/protocol/userAgent/headerToken.ts"
import type * as UserAgent from "../../src/protocol/userAgent/userAgent.ts"
import { version } from "../../src/protocol/userAgent/userAgent.ts"
import { requestsWith } from "../support/nodeConfiguration.ts"

vi.hoisted(() => {
  delete process.env["AWS_EXECUTION_ENV"]
})

const system = `os/${platform()}#${token(release())} lang/js md/nodejs#${process.versions.node}`
const identity = `effect-sagemaker-runtime/${version} ua/2.1 ${system} api/sagemaker-runtime#${version}`

const region = { AWS_REGION: "eu-west-1" }

describe("The user agent of a request", () => {
  it.effect("has the values of AWS's clients, in both headers", () =>
    Effect.gen(function*() {
      const [request] = yield* requestsWith({ env: region })
      assert.strictEqual(request?.headers["user-agent"], identity)
      assert.strictEqual(request?.headers["x-amz-user-agent"], identity)
    }))

  it.effect.each([
    { appId: "scoring", app: "scoring" },
    { appId: "my app/1.2 (blue)\r\nx: é", app: "my-app-1.2--blue---x---" },
    { appId: "!#$%&'*+.^_`|~-", app: "!#$%&'*+.^_`|~-" }
  ])("has the application id: $app", ({ app, appId }) =>
    Effect.gen(function*() {
      const [request] = yield* requestsWith({ env: region }, { appId })
      assert.strictEqual(request?.headers["user-agent"], `${identity} app/${app}`)
      assert.strictEqual(request?.headers["x-amz-user-agent"], `${identity} app/${app}`)
    }))

  it.effect("has no application name if appId is an empty string", () =>
    Effect.gen(function*() {
      const [request] = yield* requestsWith({ env: { ...region, AWS_SDK_UA_APP_ID: "scoring" } }, { appId: "" })
      assert.strictEqual(request?.headers["user-agent"], identity)
    }))
})

describe("The execution environment", () => {
  afterEach(() => {
    vi.unstubAllEnvs()
    vi.resetModules()
  })

  const agentIn = async (environment: string | undefined): Promise<string> => {
    vi.resetModules()
    vi.stubEnv("AWS_EXECUTION_ENV", environment)
    const { userAgent }: typeof UserAgent = await import("../../src/protocol/userAgent/userAgent.ts")
    return userAgent("scoring")
  }

  it.each([
    { environment: "AWS_Lambda_nodejs20.x", said: " exec-env/AWS_Lambda_nodejs20.x" },
    { environment: "a b/c", said: " exec-env/a-b-c" },
    { environment: "", said: "" },
    { environment: undefined, said: "" }
  ])("precedes the application id: $environment", async ({ environment, said }) => {
    assert.strictEqual(await agentIn(environment), `${identity}${said} app/scoring`)
  })
})

describe("The JavaScript runtime", () => {
  afterEach(() => {
    vi.unstubAllGlobals()
    vi.resetModules()
  })

  it.each(["bun", "deno", "llrt"])("is named: %s", async (engine) => {
    vi.resetModules()
    vi.stubGlobal("process", { ...process, env: {}, versions: { ...process.versions, [engine]: "1.2.3" } })
    const { runtimeParts }: typeof Runtime = await import("../../src/node/internal/platform/runtime.ts")
    assert.strictEqual(runtimeParts().platform.at(-1), `md/${engine}#1.2.3`)
  })
})
