/** The options of an embedding endpoint and of its calls. */
import * as Either from "effect/Either"
import type { EmbeddingOptions, EmbedOptions, ModelEndpointOptions } from "../../../ModelEndpoint.ts"
import { InvalidInputError } from "../../../SageMakerError.ts"
import { guardReads, type Members, readOptions } from "../../operation/readMembers.ts"
import { definedMembers } from "../calls.ts"

/** The options that are not input members of the operation. */
export type Own = Omit<EmbeddingOptions, keyof ModelEndpointOptions>

export interface Settings {
  readonly own: Own
  /** Input members of the operation. */
  readonly members: ModelEndpointOptions
}

const isPositiveInteger = (value: unknown): boolean => Number.isInteger(value) && (value as number) >= 1

const isRecord = (value: unknown): boolean => typeof value === "object" && value !== null && !Array.isArray(value)

const oneOf = (...values: ReadonlyArray<string>) =>
  [`one of ${values.join(", ")}`, (value: unknown) => values.includes(value as string)] as const

const positiveInteger = ["a positive integer", isPositiveInteger] as const

const constraints: { readonly [Name in keyof Own]-?: readonly [string, (value: unknown) => boolean] } = {
  format: oneOf("openAi", "huggingFace"),
  pooling: oneOf("mean", "none"),
  maxBatchSize: positiveInteger,
  maxBatchBytes: positiveInteger,
  concurrency: ["a positive integer or \"unbounded\"", (value) => value === "unbounded" || isPositiveInteger(value)],
  model: ["a string", (value) => typeof value === "string"],
  dimensions: positiveInteger,
  encodingFormat: oneOf("float", "base64"),
  request: ["an object", isRecord]
}

const isOwn = (name: string): boolean => Object.hasOwn(constraints, name)

const pick = (members: Members, isPicked: (name: string) => boolean): Members =>
  Object.fromEntries(Object.entries(members).filter(([name]) => isPicked(name)))

const readRequest = (own: Members): Either.Either<Own, InvalidInputError> =>
  own["request"] === undefined
    ? Either.right(own)
    : Either.map(readOptions(own["request"], "request"), (request) => ({ ...(own as Own), request }))

/** Reads options once and checks those that belong to the embedding endpoint. */
export const readSettings = (options: EmbeddingOptions | EmbedOptions | undefined) =>
  Either.flatMap(readOptions(options, "options"), (members): Either.Either<Settings, InvalidInputError> => {
    const own = definedMembers(pick(members, isOwn))
    for (const [field, [constraint, isValid]] of Object.entries(constraints)) {
      const valid = guardReads(field, () => own[field] === undefined || isValid(own[field]))
      if (Either.isLeft(valid)) {
        return Either.left(valid.left)
      }
      if (!valid.right) {
        return Either.left(new InvalidInputError({ field, constraint }))
      }
    }
    return Either.map(readRequest(own), (checked) => ({
      own: checked,
      members: pick(members, (name) => !isOwn(name)) as ModelEndpointOptions
    }))
  })

/** Adds the options of a call to the options of the endpoint. */
export const withCallOptions = (base: Own, call: Own): Own => ({
  ...base,
  ...call,
  request: { ...base.request, ...call.request }
})

/** The member of an embedding endpoint with its settings. Copies of the endpoint have it, too. */
const endpointSettings = Symbol.for("effect-sagemaker-runtime/ModelEndpoint/embeddingSettings")

/** Adds settings to an embedding endpoint, for code that divides texts into requests itself. */
export const withEndpointSettings = <Endpoint extends object>(
  endpoint: Endpoint,
  settings: Either.Either<Settings, InvalidInputError>
): Endpoint => Object.assign(endpoint, { [endpointSettings]: settings })

/** Adds the settings of an embedding endpoint to an object with its calls. */
export const withSettingsOf = <Endpoint extends object>(endpoint: Endpoint, source: object): Endpoint =>
  Object.assign(endpoint, { [endpointSettings]: Reflect.get(source, endpointSettings) as unknown })

/** The settings of an embedding endpoint. Another endpoint has the default settings. */
export const settingsOf = (endpoint: object): Either.Either<Own, InvalidInputError> => {
  const settings = Reflect.get(endpoint, endpointSettings) as Either.Either<Settings, InvalidInputError> | undefined
  return settings === undefined ? Either.right({}) : Either.map(settings, ({ own }) => own)
}
