import { makeProducer } from "@effect/opentelemetry/Metrics"
import * as Resource from "@effect/opentelemetry/Resource"
import { assert, describe, it } from "@effect/vitest"
import { PrometheusSerializer } from "@opentelemetry/exporter-prometheus"
import { Effect, Exit } from "effect"
import { readFileSync } from "node:fs"
import { catalog } from "../../src/internal/telemetry/metrics/catalog.ts"
import { make } from "../../src/internal/telemetry/metrics/clientMetrics.ts"
import { ModelCall } from "../../src/internal/telemetry/modelCall.ts"
import type { CallResult } from "../../src/internal/telemetry/observer.ts"

const read = (file: string) => readFileSync(new URL(`../../docs/dashboards/${file}`, import.meta.url), "utf8")

interface Panel {
  readonly title: string
  readonly targets?: ReadonlyArray<{ readonly expr: string; readonly legendFormat: string }>
}

const dashboard: { readonly panels: ReadonlyArray<Panel> } = JSON.parse(read("grafana.json"))
const panels = dashboard.panels.flatMap(({ targets = [], title }) =>
  targets.map(({ expr, legendFormat }) => [`panel ${title}: ${expr}`, expr, legendFormat] as const)
)
const alerts = Array.from(
  read("alerts.yaml").matchAll(/alert: (\w+)\n\s+expr: (.+)/g),
  ([, name, expr]) => [`alert ${name}`, expr!, ""] as const
)
const queries = [...panels, ...alerts]

const answered: CallResult = {
  exit: Exit.void,
  status: 200,
  requestId: undefined,
  variant: undefined,
  attempts: 1,
  totalRetryDelay: 0,
  stream: undefined
}

/** Records a value of every metric, with every dimension. */
const recordAll = Effect.scoped(Effect.gen(function*() {
  const { monitor, observe } = yield* make({})
  const throttled = Exit.fail({ _tag: "ThrottlingError", retry: "throttling" })
  yield* Effect.withFiberRuntime((fiber) =>
    Effect.forEach([throttled, Exit.void], (exit) => {
      const modelCall = new ModelCall("chat", "llama-3")
      modelCall.setUsage(() => ({ inputTokens: 1, outputTokens: 2 }))
      const input = { EndpointName: "llama" }
      const observer = observe({ operation: "InvokeEndpoint", input, fiber, modelCall, span: undefined })
      observer.requestEncoded?.(1)
      observer.attemptStarted?.(1)
      observer.attemptEnded?.(exit, answered, 1)
      observer.responseRead?.(1)
      observer.partsReceived?.({ parts: 1, bytes: 1, isComplete: false })
      return observer.ended({ ...answered, exit })
    })
  )
  monitor.retryQuota(500)
  monitor.connections(1)
  monitor.queued("rate", "llama", 1)
  monitor.circuit("llama", 0)
  monitor.credentialsRefreshed(throttled)
  const batch = monitor.batch("llama", [])
  batch.rows(1, undefined)
  batch.rows(1, "ModelError")
  batch.requests(1)
  batch.divided(1)
  batch.concurrency(1)
}))

/** The label names of each time series, as OpenTelemetry's Prometheus exporter writes it. */
const exported = Effect.gen(function*() {
  yield* recordAll
  const producer = yield* Effect.provide(makeProducer, Resource.layer({ serviceName: "test" }))
  const { resourceMetrics } = yield* Effect.promise(() => producer.collect())
  // The two packages use different versions of the types.
  const copy: Parameters<PrometheusSerializer["serialize"]>[0] = JSON.parse(JSON.stringify(resourceMetrics))
  const text = new PrometheusSerializer(undefined, false, undefined, true, true).serialize(copy)
  const series = new Map<string, Set<string>>()
  for (const [, name = "", labels = ""] of text.matchAll(/^(\w+)\{(.*)\} \S+$/gm)) {
    const known = series.get(name) ?? new Set(["instance"])
    Array.from(labels.matchAll(/(\w+)="/g), ([, label = ""]) => known.add(label))
    series.set(name, known)
  }
  return series
})

/** The selectors of a query: patterns of names, with the labels of their matchers. */
const selectorsOf = (query: string) => [
  ...Array.from(
    query.matchAll(/\{__name__=~"([^"]+)"([^}]*)\}/g),
    ([, name = "", matchers = ""]) => [name, matchers] as const
  ),
  ...Array.from(
    query.matchAll(/\b((?:sagemaker_runtime|gen_ai_client)_\w+)\b(?![^{}]*\})(?:\{([^}]*)\})?/g),
    ([, name = "", matchers = ""]) => [name, matchers] as const
  ).filter(([name]) => name !== "sagemaker_runtime_limit")
]

const labelsOf = (matchers: string) => Array.from(matchers.matchAll(/(\w+)(?:=~|!~|!=|=)"/g), ([, label = ""]) => label)

const groupedBy = (query: string) =>
  Array.from(query.matchAll(/by \(([^)]+)\)/g), ([, labels = ""]) => labels.split(", ")).flat()

const inLegend = (legend: string) => Array.from(legend.matchAll(/\{\{(\w+)\}\}/g), ([, label = ""]) => label)

describe("The dashboard and the alert rules", () => {
  it.effect.each(queries)("use exported names and labels: %s", ([, query, legend]) =>
    Effect.gen(function*() {
      const series = yield* exported
      const selectors = selectorsOf(query)
      assert.isNotEmpty(selectors)
      for (const [name, matchers] of selectors) {
        const pattern = new RegExp(`^(?:${name})$`)
        const found = [...series].filter(([exportedName]) => pattern.test(exportedName))
        assert.lengthOf(found, 1, name)
        for (const label of [...labelsOf(matchers), ...groupedBy(query), ...inLegend(legend)]) {
          assert.isTrue(found[0]![1].has(label), `${name} has no label ${label}`)
        }
      }
      assert.strictEqual(query.split("(").length, query.split(")").length)
    }))

  it("contain every metric", () => {
    const text = queries.map(([, query]) => query).join("\n")
    for (const name of Object.keys(catalog)) {
      assert.include(text, name.replaceAll(".", "_"))
    }
  })

  it("have a panel for every row and an alert for every rule", () => {
    assert.isAtLeast(panels.length, 15)
    assert.lengthOf(alerts, read("alerts.yaml").split("- alert:").length - 1)
  })
})
