import { assert, describe, it } from "@effect/vitest"
import { FastCheck, Schema } from "effect"
import { partitionOf } from "../../../src/protocol/endpoint/partitions.ts"
import { hasCorpora, needsCorpora } from "../../support/corpora.ts"
import { decodeCorpus } from "../../support/corpus.ts"

const Partitions = Schema.Struct({
  partitions: Schema.Array(Schema.Struct({
    id: Schema.String,
    regionRegex: Schema.String,
    regions: Schema.Record({ key: Schema.String, value: Schema.Unknown }),
    outputs: Schema.Struct({
      name: Schema.String,
      dnsSuffix: Schema.String,
      dualStackDnsSuffix: Schema.String,
      supportsDualStack: Schema.Boolean,
      supportsFIPS: Schema.Boolean
    })
  }))
})

const partitions = decodeCorpus("models/partitions.sdk3-2026-11.json", Partitions)?.partitions ?? []

/** AWS's rule: a listed region, else the first pattern that matches, else partition `aws`. */
const expected = (region: string) =>
  partitions.find((_) => region in _.regions) ??
    partitions.find((_) => new RegExp(_.regionRegex).test(region)) ??
    partitions.find((_) => _.id === "aws")

const assertSame = (region: string) => {
  const { dnsSuffix, dualStackDnsSuffix, name } = partitionOf(region)
  const outputs = expected(region)?.outputs
  assert.deepStrictEqual(
    { dnsSuffix, dualStackDnsSuffix, name },
    { dnsSuffix: outputs?.dnsSuffix, dualStackDnsSuffix: outputs?.dualStackDnsSuffix, name: outputs?.name },
    region
  )
}

describe.skipIf(!hasCorpora)(
  needsCorpora("The partition of a region is the one in AWS's partitions of November 2026"),
  () => {
    it.each(partitions)("for every region listed in $id", ({ regions }) => {
      for (const region of Object.keys(regions)) {
        assertSame(region)
      }
    })

    it.each(partitions)("for every region that matches the pattern of $id", ({ regionRegex }) => {
      FastCheck.assert(FastCheck.property(FastCheck.stringMatching(new RegExp(regionRegex)), assertSame))
    })

    it("for text that is almost a region", () => {
      const part = FastCheck.constantFrom(
        "",
        ..."us eu cn gov iso isob isoe isof eusc de east north_west 1 22 aws global xx".split(" ")
      )
      FastCheck.assert(
        FastCheck.property(
          FastCheck.array(part, { minLength: 1, maxLength: 5 }),
          (parts) => assertSame(parts.join("-"))
        ),
        { numRuns: 2_000 }
      )
    })

    it("Every partition has FIPS and dual-stack endpoints, as the service URL requires", () => {
      assert.isTrue(partitions.every(({ outputs }) => outputs.supportsDualStack && outputs.supportsFIPS))
    })
  }
)
