import { assert, describe, it } from "@effect/vitest"
import * as incubating from "@opentelemetry/semantic-conventions/incubating"
import { catalog, dimensionNames, type MetricDefinition } from "../../../../src/internal/telemetry/metrics/catalog.ts"

const conventions = new Set<unknown>(Object.values(incubating))

const boundariesOf = (name: keyof typeof catalog): ReadonlyArray<number> => {
  const definition: MetricDefinition = catalog[name]
  return definition.kind === "histogram" ? definition.boundaries.values.filter(Number.isFinite) : []
}

describe("The metrics", () => {
  it("of language models have names of OpenTelemetry", () => {
    const names = [...Object.keys(catalog), ...dimensionNames].filter((name) => name.startsWith("gen_ai."))
    assert.lengthOf(names, 7)
    for (const name of names) {
      assert.isTrue(conventions.has(name), name)
    }
  })

  it("of language models have the boundaries of OpenTelemetry", () => {
    const seconds = [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92]
    assert.deepStrictEqual(boundariesOf("gen_ai.client.operation.duration"), seconds)
    assert.deepStrictEqual(boundariesOf("gen_ai.client.operation.time_to_first_chunk"), seconds)
    assert.deepStrictEqual(
      boundariesOf("gen_ai.client.token.usage"),
      [1, 4, 16, 64, 256, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304, 16777216, 67108864]
    )
  })

  it("have boundaries from 1 ms to more than four minutes, and from 64 bytes to 64 MiB", () => {
    const seconds = boundariesOf("sagemaker_runtime.call.duration")
    assert.deepStrictEqual([seconds[0], seconds.at(-1)], [0.001, 262.144])
    const bytes = boundariesOf("sagemaker_runtime.response.size")
    assert.deepStrictEqual([bytes[0], bytes.at(-1)], [64, 64 * 1024 * 1024])
  })
})
