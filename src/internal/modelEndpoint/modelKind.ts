/** Which models are language models, and what their responses report. Telemetry reads it; no call depends on it. */
import * as Either from "effect/Either"
import * as Predicate from "effect/Predicate"
import type { Codec } from "../../Codec.ts"
import { globalState } from "../global/globalState.ts"
import { guardReads } from "../operation/readMembers.ts"
import { checkedUsage, ModelCall, type ModelOperation, type ModelUsage } from "../telemetry/modelCall.ts"

/** A kind of language model. */
export interface ModelKind<in B> {
  readonly operation: ModelOperation
  /** What a whole response reports. */
  readonly usageOf: (response: B) => ModelUsage
}

/** By the response codec of a model, because an endpoint can be a copy. */
const kinds = globalState("modelKinds", () => new WeakMap<object, unknown>())

/** Marks a response codec as that of a language model. */
export const ofLanguageModel = <B, R>(kind: ModelKind<B>, codec: Codec<B, R>): Codec<B, R> => {
  kinds.set(codec, kind)
  return codec
}

/** The kind of the model with a response codec; `undefined` if it is no language model. */
export const kindOf = <B, R>(response: Codec<B, R>): ModelKind<B> | undefined =>
  Predicate.isObject(response) ? kinds.get(response) as ModelKind<B> | undefined : undefined

/** Names of models and paths to them. Another text is not a name. */
const modelName = /^[\w./:@+-]{1,256}$/

/** The name of the model in a request. Default: the name of the endpoint. */
const nameOf = (request: unknown, endpoint: string): string => {
  const name = Predicate.hasProperty(request, "model") ? request.model : undefined
  return typeof name === "string" && modelName.test(name) ? name : endpoint
}

/** The language-model call of a request; `undefined` if the model is no language model. */
export const modelCallOf = <B>(
  kind: ModelKind<B> | undefined,
  request: unknown,
  endpoint: string
): ModelCall | undefined =>
  kind === undefined
    ? undefined
    : new ModelCall(
      kind.operation,
      Either.getOrElse(guardReads("request", () => nameOf(request, endpoint)), () => endpoint)
    )

/** What a whole response reports. */
export const usageOf = <B>(kind: ModelKind<B> | undefined, response: B): ModelUsage =>
  kind === undefined
    ? {}
    : Either.getOrElse(guardReads("response", () => checkedUsage(kind.usageOf(response))), () => ({}))

/** Lets the observers of a call read what a whole response reports. */
export const reportResponse = <B>(kind: ModelKind<B> | undefined, call: ModelCall | undefined, response: B): void =>
  call?.setUsage(() => usageOf(kind, response))
