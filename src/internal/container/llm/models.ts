/** The models of one container: they share the name of the endpoint and the options. */
import * as Either from "effect/Either"
import type { Codec } from "../../../Codec.ts"
import * as ModelEndpoint from "../../../ModelEndpoint.ts"
import { readOptions } from "../../operation/readMembers.ts"
import { makeEndpoint } from "../preset.ts"

/** Reads the options once. Every call of a model with invalid options fails with `InvalidInputError`. */
export const modelsOf = (name: string, given: ModelEndpoint.ModelEndpointOptions | undefined) => {
  const read = readOptions(given, "options")
  const options = Either.getOrElse(read, () => given) as ModelEndpoint.ModelEndpointOptions
  return {
    chat: ModelEndpoint.chat(name, options),
    embeddings: (format: "openAi" | "huggingFace") =>
      ModelEndpoint.embeddings(name, Either.isRight(read) ? { ...options, format } : options),
    make: <A, B>(codecs: { readonly request: Codec<A>; readonly response: Codec<B> }) =>
      makeEndpoint(name, options, [], codecs)
  }
}
