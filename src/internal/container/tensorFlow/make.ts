/** The endpoint of the TensorFlow Serving preset. */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Predicate from "effect/Predicate"
import * as Stream from "effect/Stream"
import type * as Codec from "../../../Codec.ts"
import type {
  TensorFlowCallOptions,
  TensorFlowEndpoint,
  TensorFlowInputs,
  TensorFlowInstances,
  TensorFlowOptions,
  TensorFlowSelection
} from "../../../Container.ts"
import type { ModelEndpoint, ModelEndpointOptions } from "../../../ModelEndpoint.ts"
import { instances } from "../../batch/batchers.ts"
import { guardReads } from "../../operation/readMembers.ts"
import { makeEndpoint, ownOptions } from "../preset.ts"
import { membersOf, type Method } from "./attributes.ts"
import {
  classesCodec,
  examplesCodec,
  inputsCodec,
  instancesCodec,
  outputsCodec,
  predictionsCodec,
  regressionCodec,
  unknownSchema
} from "./codecs.ts"

const ownMembers = ["instance", "prediction", "model", "version", "format"]

type Defaults = ModelEndpointOptions & TensorFlowSelection

const call =
  <A, B, R>({ invoke }: ModelEndpoint<A, B, R>, defaults: Defaults, method?: Method) =>
  (request: A, options?: TensorFlowCallOptions) =>
    Effect.flatMap(membersOf<ModelEndpointOptions>(defaults, options, method), (members) => invoke(request, members))

/** A typed model whose calls select the model of the defaults. */
const withSelection = <A, B, R>(endpoint: ModelEndpoint<A, B, R>, defaults: Defaults): ModelEndpoint<A, B, R> => ({
  ...endpoint,
  invoke: call(endpoint, defaults),
  invokeWithResponse: (request, options) =>
    Effect.flatMap(membersOf(defaults, options), (members) => endpoint.invokeWithResponse(request, members)),
  stream: (request, framing, options) =>
    Stream.unwrap(Either.map(membersOf(defaults, options), (members) => endpoint.stream(request, framing, members))),
  invokeAsync: (request, options) =>
    Effect.flatMap(membersOf(defaults, options), (members) => endpoint.invokeAsync(request, members))
})

/** The options with the selection, for requests that are sent with the defaults alone. */
const withAttributes = (options: object | undefined, own: Defaults): object | undefined =>
  Either.match(membersOf<ModelEndpointOptions>(own, {}), {
    onLeft: () => options,
    onRight: ({ CustomAttributes }) => (CustomAttributes === undefined ? options : { ...own, CustomAttributes })
  })

const hasInputs = (request: object): request is TensorFlowInputs =>
  Either.getOrElse(guardReads("request", () => Predicate.hasProperty(request, "inputs")), () => false)

export const make = <A, I, R1, B, J, R2>(
  name: string,
  options?: TensorFlowOptions<A, I, R1, B, J, R2>
): TensorFlowEndpoint<A, B, R1 | R2> => {
  const own = ownOptions(options)
  const defaults = withAttributes(options, own)
  const endpoint = <A2, R3, B2, R4>(request: Codec.Codec<A2, R3>, response: Codec.Codec<B2, R4>) =>
    makeEndpoint(name, defaults, ownMembers, { request, response })
  const rows = withSelection(
    endpoint(
      instancesCodec(unknownSchema(own.instance), own.format),
      predictionsCodec(unknownSchema(own.prediction))
    ),
    own
  )
  const predictColumns = call(endpoint(inputsCodec, outputsCodec), own)
  const predict = (request: TensorFlowInstances<A> | TensorFlowInputs, given?: TensorFlowCallOptions) =>
    hasInputs(request) ? predictColumns(request, given) : rows.invoke(request, given)
  return {
    ...rows,
    predict: predict as TensorFlowEndpoint<A, B, R1 | R2>["predict"],
    classify: call(endpoint(examplesCodec, classesCodec), own, "classify"),
    regress: call(endpoint(examplesCodec, regressionCodec), own, "regress"),
    batcher: instances<A, B>()
  }
}
