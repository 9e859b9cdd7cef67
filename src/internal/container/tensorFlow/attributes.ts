/** The model, the version and the method that a call selects in its custom attributes. */
import * as Either from "effect/Either"
import type { TensorFlowCallOptions, TensorFlowSelection } from "../../../Container.ts"
import type { ModelEndpointOptions } from "../../../ModelEndpoint.ts"
import { InvalidInputError } from "../../../SageMakerError.ts"
import { readOptions } from "../../operation/readMembers.ts"

export type Method = "classify" | "regress"

/** The container reads attributes up to the next comma and drops those with a second equals sign. */
const valuePattern = /^[^,=\s]+$/

const names = { model: "tfs-model-name", version: "tfs-model-version", method: "tfs-method" }

const attribute = (
  field: keyof typeof names,
  value: unknown
): Either.Either<ReadonlyArray<string>, InvalidInputError> => {
  if (value === undefined || value === null) {
    return Either.right([])
  }
  return (typeof value === "string" || typeof value === "number") && valuePattern.test(String(value))
    ? Either.right([`${names[field]}=${value}`])
    : Either.left(new InvalidInputError({ field, constraint: "text without commas, equals signs and spaces" }))
}

/** The input members of a call. The selection follows the caller's own attributes. */
export const membersOf = <O extends ModelEndpointOptions>(
  defaults: ModelEndpointOptions & TensorFlowSelection,
  options: (O & TensorFlowSelection) | undefined,
  method?: Method
): Either.Either<O, InvalidInputError> =>
  Either.gen(function*() {
    const { model, version, ...members }: TensorFlowCallOptions = yield* readOptions(options, "options")
    const own = members.CustomAttributes ?? defaults.CustomAttributes
    const selection = [
      yield* attribute("model", model ?? defaults.model),
      yield* attribute("version", version ?? defaults.version),
      yield* attribute("method", method)
    ].flat()
    return (selection.length === 0
      ? members
      : { ...members, CustomAttributes: [...(own === undefined ? [] : [own]), ...selection].join(",") }) as O
  })
