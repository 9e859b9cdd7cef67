import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Schedule, Stream } from "effect"
import { invokeEndpoint } from "effect-sagemaker-runtime"
import { NodeEmulator, NodeHttpClient } from "effect-sagemaker-runtime/node"
import { Emulator } from "effect-sagemaker-runtime/testing"
import { anonymousClient } from "../support/anonymousClient.ts"
import { chromiumPath, openPage } from "../support/browser.ts"
import { serveContainer } from "../support/container.ts"
import { serve } from "../support/server.ts"

const markup = "<img src=x onerror=alert(1)><script>alert(2)</script>"

const hostileName = `"'>${markup}`

const endpoints = [
  Emulator.endpoint(
    "echo",
    ({ Body, ContentType, CustomAttributes }) => Effect.succeed({ Body, ContentType, CustomAttributes })
  ),
  Emulator.endpoint(hostileName, () => Effect.succeed({ Body: markup, ContentType: "text/html" })),
  Emulator.endpoint("ticks", () =>
    Effect.succeed(
      Stream.map(Stream.repeatValue("tick "), (tick) => tick).pipe(
        Stream.schedule(Schedule.spaced("20 millis"))
      )
    ))
]

const emulator = NodeEmulator.layer({ endpoints })

const emulatorUrl = Effect.map(NodeEmulator.NodeEmulator, ({ url }) => url)

describe.skipIf(chromiumPath === undefined)("The page of the emulator, in Chromium", () => {
  it.live(
    "sends a request without a signature, lists it and shows its payloads on request",
    () =>
      Effect.gen(function*() {
        const url = yield* emulatorUrl
        const { page, problems } = yield* openPage(url)
        yield* Effect.promise(async () => {
          await page.getByLabel("Record payloads").check()
          await page.getByLabel("Custom attributes").fill("tenant=7")
          await page.getByLabel("Body", { exact: true }).fill("{\"héllo\":1}")
          await page.keyboard.press("Control+Enter")
          await page.getByText(/^Status 200 after \d+ ms$/).waitFor()
          const response = await page.getByLabel("Response", { exact: true }).textContent()
          assert.include(response, "x-amzn-sagemaker-custom-attributes: tenant=7")
          assert.include(response, "{\"héllo\":1}")
          await page.getByRole("button", { name: "Show the payloads of request 1" }).click()
          await page.getByLabel("Payloads", { exact: true }).waitFor()
          const payloads = await page.getByLabel("Payloads", { exact: true }).textContent()
          assert.include(payloads, "Request (12 B, application/json):\n{\"héllo\":1}")
          await page.getByLabel("Record payloads").uncheck()
          await page.getByRole("button", { name: "Show the payloads of request 1" }).waitFor({ state: "detached" })
        })
        assert.deepStrictEqual(problems, [])
      }).pipe(Effect.scoped, Effect.provide(emulator)),
    60_000
  )

  it.live("streams a response, and stops it", () =>
    Effect.gen(function*() {
      const { page, problems } = yield* openPage(yield* emulatorUrl)
      yield* Effect.promise(async () => {
        await page.getByLabel("Endpoint", { exact: true }).selectOption("ticks")
        await page.getByLabel("Operation").selectOption("InvokeEndpointWithResponseStream")
        await page.getByRole("button", { name: "Send" }).click()
        await page.getByLabel("Response", { exact: true }).getByText(/tick tick tick/).waitFor()
        await page.getByRole("button", { name: "Stop" }).click()
        await page.getByText("Stopped").waitFor()
        await page.getByRole("cell", { name: "200, interrupted" }).waitFor()
      })
      assert.deepStrictEqual(problems, [])
    }).pipe(Effect.scoped, Effect.provide(emulator)), 60_000)

  it.live("shows names, headers and payloads as text", () =>
    Effect.gen(function*() {
      const { page, problems } = yield* openPage(yield* emulatorUrl)
      yield* Effect.promise(async () => {
        await page.getByLabel("Record payloads").check()
        await page.getByLabel("Endpoint", { exact: true }).selectOption(hostileName)
        await page.getByLabel("Content type").fill(markup)
        await page.getByLabel("Body", { exact: true }).fill(markup)
        await page.getByRole("button", { name: "Send" }).click()
        await page.getByText(/^Status 200 after/).waitFor()
        assert.include(await page.getByLabel("Response", { exact: true }).textContent(), markup)
        await page.getByRole("button", { name: "Show the payloads of request 1" }).click()
        await page.getByLabel("Payloads", { exact: true }).waitFor()
        assert.include(await page.getByLabel("Payloads", { exact: true }).textContent(), `Request (53 B, ${markup})`)
        await page.waitForTimeout(1_500)
        assert.strictEqual(await page.locator("img").count(), 0)
        assert.strictEqual(await page.locator("script").count(), 1)
      })
      assert.deepStrictEqual(problems, [])
    }).pipe(Effect.scoped, Effect.provide(emulator)), 60_000)

  it.live("lists the requests of clients, with their errors, and the containers", () =>
    Effect.gen(function*() {
      const container = yield* serveContainer((response) => response.writeHead(500).end("failed"))
      const layer = NodeEmulator.layer({
        endpoints: [Emulator.container("model", container.url)],
        credentials: "anonymous"
      }).pipe(Layer.provide(NodeHttpClient.layer({ proxy: false })))
      yield* Effect.gen(function*() {
        const url = yield* emulatorUrl
        yield* Effect.flip(
          Effect.provide(invokeEndpoint({ EndpointName: "model", Body: "12345" }), anonymousClient(url))
        )
        const { page, problems } = yield* openPage(url, "dark")
        yield* Effect.promise(async () => {
          await page.getByRole("cell", { name: container.url }).waitFor()
          const cells = await page.locator("#requests tr").first().locator("td").allTextContents()
          assert.deepStrictEqual(cells.slice(1, 4), ["model", "InvokeEndpoint", "424 ModelError"])
          assert.strictEqual(cells[5], "5 B")
          const background = await page.evaluate(() => getComputedStyle(document.documentElement).colorScheme)
          assert.strictEqual(background, "light dark")
        })
        assert.deepStrictEqual(problems, [])
      }).pipe(Effect.provide(layer))
    }).pipe(Effect.scoped), 60_000)

  it.live("cannot be used or framed by a page of another origin", () =>
    Effect.gen(function*() {
      const url = yield* emulatorUrl
      const other = yield* serve((_, response) =>
        response.writeHead(200, { "content-type": "text/html" }).end(`<iframe src="${url}/"></iframe>`)
      )
      const { page } = yield* openPage(other.url)
      const results = yield* Effect.promise(() =>
        page.evaluate(async (target) => {
          const attempts = [
            fetch(`${target}/`, { headers: { accept: "text/html" } }),
            fetch(`${target}/_emulator/state`),
            fetch(`${target}/_emulator/send?endpoint=echo&operation=InvokeEndpoint`, { method: "POST", body: "{}" }),
            fetch(`${target}/_emulator/state`, { headers: { "x-emulator-token": "guess" } })
          ]
          return (await Promise.allSettled(attempts)).map(({ status }) => status)
        }, url)
      )
      assert.deepStrictEqual(results, ["rejected", "rejected", "rejected", "rejected"])
      const framed = page.frames()[1]
      assert.notInclude(framed === undefined ? "" : yield* Effect.promise(() => framed.content()), "Last requests")
      const opened = yield* openPage(url)
      yield* Effect.promise(() => opened.page.getByRole("cell", { name: "echo" }).waitFor())
      assert.strictEqual(yield* Effect.promise(() => opened.page.locator("#requests tr").count()), 0)
    }).pipe(Effect.scoped, Effect.provide(emulator)), 60_000)
})
