import {
  InvokeEndpointCommand,
  InvokeEndpointWithResponseStreamCommand,
  SageMakerRuntimeClient
} from "@aws-sdk/client-sagemaker-runtime"
import { assert, describe, it } from "@effect/vitest"
import { type Duration, Effect, Either, Layer, Random, Schedule, Stream } from "effect"
import {
  Credentials,
  type InvokeEndpoint,
  invokeEndpoint,
  type InvokeEndpointWithResponseStream,
  invokeEndpointWithResponseStream,
  RetryPolicy,
  type SageMakerError,
  SageMakerRuntime,
  Signer,
  Timeouts
} from "effect-sagemaker-runtime"
import { NodeHttpClient } from "effect-sagemaker-runtime/node"
import { readFileSync, writeFileSync } from "node:fs"
import { Agent } from "node:https"
import { afterAll } from "vitest"
import { captureOutput } from "../support/captureOutput.ts"
import { certificates } from "../support/certificates.ts"
import { type Case, faults } from "../support/faults.ts"
import { type FaultServer, faultServer } from "../support/faultServer.ts"

const keys = {
  accessKeyId: "AKIACANARYKEYID",
  secretAccessKey: "canary-secret-access-key",
  sessionToken: "canary/token"
}
const timeout = 300

/** The outcome of a call during a fault. */
interface Measured {
  readonly attempts: number | undefined
  readonly executions: number
  readonly result: string
  readonly millis: number
  readonly leaked: number
}

const inputOf = ({ kind }: Case) => ({
  EndpointName: "anomaly-v2",
  ContentType: "text/plain",
  CustomAttributes: "canary-attributes",
  Body: kind === "upload" ? "canary! ".repeat(1024 * 1024) : "canary body"
})

type CallError =
  | InvokeEndpoint.InvokeEndpointError
  | InvokeEndpointWithResponseStream.InvokeEndpointWithResponseStreamError
  | SageMakerError.StreamError

const layerOf = ({ url }: FaultServer) =>
  Layer.unwrapEffect(
    Effect.map(certificates, ({ ca }) =>
      SageMakerRuntime.layer({ region: "eu-west-1", endpoint: url }).pipe(
        Layer.provide([
          Signer.layer,
          NodeHttpClient.layer({ connectTimeout: timeout / 2, connections: 1, proxy: false, ca })
        ]),
        Layer.provide(Credentials.layer(keys))
      ))
  )

const callOf = (fault: Case) => {
  const input = inputOf(fault)
  const streamed = Effect.scoped(Effect.gen(function*() {
    const { $metadata, Body } = yield* invokeEndpointWithResponseStream(input)
    yield* Stream.runDrain(Body)
    return $metadata.attempts
  }))
  const whole = Effect.map(invokeEndpoint(input), ({ $metadata }) => $metadata.attempts)
  return (fault.kind === "stream" ? streamed : Effect.mapError(whole, (error): CallError => error)).pipe(
    Timeouts.use({ firstByte: fault.kind === "connect" ? 10 * timeout : timeout, idle: timeout })
  )
}

/** The number of sockets that are still open after `limit`: those have leaked. */
const remaining = (sockets: ReadonlySet<unknown>, limit: Duration.DurationInput = "1 second") =>
  Effect.sync(() => sockets.size).pipe(
    Effect.repeat({ until: (size) => size === 0, schedule: Schedule.spaced("10 millis") }),
    Effect.timeoutTo({ duration: limit, onSuccess: () => 0, onTimeout: () => sockets.size })
  )

const detailOf = (error: CallError): string | number | undefined => {
  if ("phase" in error) {
    return error.phase
  }
  if ("reason" in error) {
    return error.reason
  }
  return "status" in error ? error.status : undefined
}

const resultOf = (error: CallError): string => {
  const detail = detailOf(error)
  return detail === undefined ? error._tag : `${error._tag} (${detail})`
}

const measureOurs = (fault: Case, server: FaultServer) =>
  Effect.gen(function*() {
    const [measured, error] = yield* Effect.gen(function*() {
      yield* Effect.replicateEffect(callOf(fault), fault.before ?? 0)
      const already = server.executions()
      const start = performance.now()
      const end = yield* Effect.either(callOf(fault))
      const millis = performance.now() - start
      const pending = yield* remaining(server.pending)
      return [{
        attempts: Either.match(end, {
          onLeft: (error) => ("attempts" in error ? error.attempts : undefined),
          onRight: (attempts) => attempts
        }),
        executions: server.executions() - already,
        result: Either.match(end, { onLeft: resultOf, onRight: () => "success" }),
        millis,
        pending
      }, Either.isLeft(end) ? end.left : undefined] as const
    }).pipe(Effect.provide(layerOf(server)))
    const { pending, ...rest } = measured
    return { error, measured: { ...rest, leaked: pending + (yield* remaining(server.sockets)) } satisfies Measured }
  })

const sdkCall = async (client: SageMakerRuntimeClient, fault: Case): Promise<number | undefined> => {
  if (fault.kind !== "stream") {
    return (await client.send(new InvokeEndpointCommand(inputOf(fault)))).$metadata.attempts
  }
  const { $metadata, Body = [] } = await client.send(new InvokeEndpointWithResponseStreamCommand(inputOf(fault)))
  for await (const part of Body) {
    assert.isDefined(part)
  }
  return $metadata.attempts
}

const sdkError = (error: unknown): Pick<Measured, "result" | "attempts"> => {
  const { $metadata: { attempts, httpStatusCode } = {}, name } = error as {
    readonly name: string
    readonly $metadata?: { readonly attempts?: number; readonly httpStatusCode?: number }
  }
  return { result: httpStatusCode === undefined ? name : `${name} (${httpStatusCode})`, attempts }
}

/** Measures AWS SDK v3 with the same timeouts, for at most eight seconds. */
const measureSdk = (fault: Case, server: FaultServer) =>
  Effect.gen(function*() {
    const { ca } = yield* certificates
    const client = new SageMakerRuntimeClient({
      region: "eu-west-1",
      endpoint: server.url,
      credentials: keys,
      requestHandler: {
        connectionTimeout: timeout / 2,
        requestTimeout: timeout,
        socketTimeout: timeout,
        throwOnRequestTimeout: true,
        httpsAgent: new Agent({ ca, keepAlive: true })
      }
    })
    yield* Effect.promise(() => Promise.all(Array.from({ length: fault.before ?? 0 }, () => sdkCall(client, fault))))
    const already = server.executions()
    const start = performance.now()
    const end = yield* Effect.promise(() =>
      sdkCall(client, fault).then(
        (attempts): Pick<Measured, "result" | "attempts"> => ({ result: "success", attempts }),
        sdkError
      )
    ).pipe(
      Effect.disconnect,
      Effect.timeoutTo({
        duration: "8 seconds",
        onSuccess: (end) => end,
        onTimeout: () => ({ result: "no result after 8 s", attempts: undefined })
      })
    )
    const millis = performance.now() - start
    client.destroy()
    return { ...end, executions: server.executions() - already, millis, leaked: yield* remaining(server.sockets) }
  })

const page = new URL("../../docs/failure-behaviour.md", import.meta.url)
const [tableStart, tableEnd] = ["<!-- faults -->\n", "<!-- /faults -->"]

const columns = ({ attempts, result, executions, leaked, millis }: Measured) =>
  [attempts ?? "?", executions, result, `${(millis / 1_000).toFixed(1)} s`, leaked].join(" | ")

const rows = new Map<string, readonly [ours: Measured, sdk: Measured]>()

const table = () =>
  [
    "| fault | attempts | executions | result | time | leaked | AWS SDK v3: attempts | executions | result | time | leaked |",
    "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ...[...rows].map(([name, [ours, sdk]]) => `| ${name} | ${columns(ours)} | ${columns(sdk)} |`),
    ""
  ].join("\n")

const tableOf = (text: string) => text.slice(text.indexOf(tableStart) + tableStart.length, text.indexOf(tableEnd))

/** Our columns except the time, which differs between runs. */
const stable = (text: string) =>
  text.split("\n").slice(2).map((row) => row.split(" | ").filter((_, index) => index < 6 && index !== 4).join(" | "))

describe("a call has the expected result and leaks no connection:", () => {
  afterAll(() => {
    const text = readFileSync(page, "utf8")
    if (process.env["RESILIENCE_TABLE"] === "write") {
      writeFileSync(
        page,
        text.replace(`${tableStart}${tableOf(text)}${tableEnd}`, () => `${tableStart}${table()}${tableEnd}`)
      )
    } else if (rows.size === faults.length) {
      assert.deepStrictEqual(
        stable(tableOf(text)),
        stable(table()),
        "docs/failure-behaviour.md is out of date: run npm run docs:resilience"
      )
    }
  })

  for (const fault of faults) {
    it.live(`${fault.name}: ${fault.result}`, () =>
      Effect.gen(function*() {
        const { error, measured } = yield* Effect.scoped(
          Effect.flatMap(fault.server, (server) => measureOurs(fault, server))
        )
        const { attempts, result, executions } = fault
        assert.deepInclude(measured, { attempts, executions, result, leaked: 0 })
        if (fault.kind === "upload" && result.startsWith("TransportError")) {
          assert.match(error?.message ?? "", /8388608 bytes; SageMaker accepts 25 MB, a serverless endpoint 4 MB/)
        }
        if (error !== undefined) {
          const { texts } = yield* Effect.scoped(
            Effect.flatMap(fault.server, (server) => captureOutput(Effect.provide(callOf(fault), layerOf(server))))
          )
          assert.deepStrictEqual(texts.filter(([, text]) => /canary/i.test(text)).map(([way]) => way), [])
        }
        const sdk = yield* Effect.scoped(Effect.flatMap(fault.server, (server) => measureSdk(fault, server)))
        rows.set(fault.name, [measured, sdk])
      }), 60_000)
  }
})

describe("an expired timeout aborts the request:", () => {
  for (
    const [name, timeouts, policy, attempts] of [
      ["attempt, one execution", { attempt: timeout }, RetryPolicy.standard(), 1],
      ["total, one execution", { total: timeout }, RetryPolicy.standard(), 1],
      [
        "attempt with retryTimeouts, three executions",
        { attempt: timeout },
        RetryPolicy.standard({
          retryTimeouts: true
        }),
        3
      ],
      [
        "total limits the second attempt to the remaining time",
        { attempt: timeout, total: 1.5 * timeout },
        RetryPolicy
          .standard({ retryTimeouts: true }),
        2
      ]
    ] as const
  ) {
    it.scopedLive(name, () =>
      Effect.gen(function*() {
        const server = yield* faultServer({})
        yield* Effect.gen(function*() {
          const error = yield* invokeEndpoint({ EndpointName: "anomaly-v2", Body: "" }).pipe(
            Timeouts.use(timeouts),
            RetryPolicy.use(policy),
            Effect.withRandom(Random.fixed([0])),
            Effect.flip
          )
          const phase = "total" in timeouts ? "total" : "attempt"
          assert.deepInclude(error, { _tag: "TimeoutError", phase, attempts, requestSent: true })
          assert.strictEqual(server.executions(), attempts)
          assert.strictEqual(yield* remaining(server.pending), 0)
        }).pipe(Effect.provide(layerOf(server)))
      }))
  }
})
