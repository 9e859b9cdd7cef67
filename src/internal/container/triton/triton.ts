/** Triton Inference Server: the KServe v2 protocol as codecs. */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type * as Codec from "../../../Codec.ts"
import type { TritonBytes, TritonOutputRequest, TritonRequest, TritonResponse } from "../../../Container.ts"
import type { CodecError } from "../../../SageMakerError.ts"
import { unencodable, unreadableValue } from "../../codec/codecError.ts"
import { isRecord } from "../wireJson.ts"
import { type Message, read, write } from "./message.ts"
import { type BytesMode, ofInputs, type Tensor } from "./tensor.ts"

const mediaType = "application/json"
const reads = [mediaType, "application/*+json"]

const parametersOf = (parameters: unknown): object => (isRecord(parameters) ? parameters : {})

const defined = (members: { readonly [member: string]: unknown }): { readonly [member: string]: unknown } =>
  Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined))

const nonEmpty = (parameters: object): object | undefined =>
  Object.keys(parameters).length === 0 ? undefined : parameters

const outputRequest = (output: string | TritonOutputRequest): object => {
  if (typeof output === "string") {
    return { name: output }
  }
  const { binary, classification, parameters, ...members } = output
  return defined({
    ...members,
    parameters: nonEmpty(defined({ binary_data: binary, classification, ...parametersOf(parameters) }))
  })
}

const toMessage = (request: TritonRequest, isBinary: boolean): Either.Either<Message, string> => {
  const { inputs, outputs, parameters, ...members } = request
  return Either.map(ofInputs(inputs), (tensors) => ({
    tensors,
    members: defined({
      ...members,
      outputs: outputs?.map(outputRequest),
      parameters: nonEmpty({ ...(isBinary ? { binary_data_output: true } : {}), ...parametersOf(parameters) })
    })
  }))
}

const tryRead = <A>(evaluate: () => Either.Either<A, string>): Effect.Effect<A, CodecError> =>
  Effect.try({ try: evaluate, catch: () => unreadableValue(mediaType) }).pipe(
    Effect.flatMap(Either.mapLeft((problem) => unencodable(mediaType, problem, [problem])))
  )

/** Encodes requests. Decodes them for an emulated container. */
export const requestCodec = (isBinary: boolean): Codec.Codec<TritonRequest> => ({
  mediaType,
  reads,
  encode: (request) =>
    Effect.flatMap(tryRead(() => toMessage(request, isBinary)), (message) => write("inputs", message, isBinary)),
  decode: (body, contentType) =>
    Effect.map(
      read("inputs", body, contentType, "text"),
      ({ members, tensors }) => ({ ...members, inputs: tensors }) as unknown as TritonRequest
    )
})

/** Decodes responses. Encodes them for an emulated container. */
export const responseCodec = <B extends TritonBytes>(
  isBinary: boolean,
  mode: BytesMode
): Codec.Codec<TritonResponse<B>> => ({
  mediaType,
  reads,
  encode: (response) =>
    Effect.flatMap(
      tryRead(() => {
        const { outputs, ...members } = response
        return Either.right({ members: defined(members), tensors: Object.values(outputs) as ReadonlyArray<Tensor> })
      }),
      (message) => write("outputs", message, isBinary)
    ),
  decode: (body, contentType) =>
    Effect.map(
      read("outputs", body, contentType, mode),
      ({ members, tensors }) =>
        ({
          ...members,
          outputs: Object.fromEntries(tensors.map((tensor) => [tensor.name, tensor]))
        }) as unknown as TritonResponse<B>
    )
})
