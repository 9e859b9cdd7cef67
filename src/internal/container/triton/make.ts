/** The endpoint of the Triton preset. */
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import type { TritonBytes, TritonEndpoint, TritonGenerateRequest, TritonOptions } from "../../../Container.ts"
import * as Tokens from "../../../Tokens.ts"
import { ofLanguageModel } from "../../modelEndpoint/modelKind.ts"
import { readOptions } from "../../operation/readMembers.ts"
import { open } from "../../schema/fields.ts"
import { lazySchema } from "../../schema/lazySchema.ts"
import { makeEndpoint, ownOptions } from "../preset.ts"
import { wireJson } from "../wireJson.ts"
import { batcher } from "./batcher.ts"
import { requestCodec, responseCodec } from "./triton.ts"

const ownMembers = ["binary", "bytes"]

const generateRequest = lazySchema(() =>
  open({
    text_input: Schema.String,
    parameters: Schema.optional(Schema.Record({ key: Schema.String, value: Schema.Unknown }))
  })
)

const generateResponse = lazySchema(() =>
  open({
    text_output: Schema.optional(Schema.NullishOr(Schema.Union(Schema.String, Schema.Array(Schema.String))))
  })
)

export const make = (name: string, options?: TritonOptions): TritonEndpoint => {
  const { binary = false, bytes = "text" } = ownOptions(options)
  const endpoint = makeEndpoint(name, options, ownMembers, {
    request: requestCodec(binary),
    response: responseCodec<TritonBytes>(binary, bytes)
  })
  const generation = makeEndpoint(name, options, ownMembers, {
    request: wireJson(generateRequest),
    response: ofLanguageModel({ operation: "text_completion", usageOf: () => ({}) }, wireJson(generateResponse))
  })
  return {
    ...endpoint,
    infer: endpoint.invoke,
    batcher: batcher(),
    generate: generation.invoke,
    generateStream: (request, callOptions) =>
      Stream.unwrap(
        Either.map(readOptions(request, "request"), (members) =>
          generation.stream(
            { stream: true, ...members } as unknown as TritonGenerateRequest,
            Tokens.triton,
            callOptions
          ))
      )
  }
}
