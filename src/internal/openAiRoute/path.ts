/** The path of SageMaker's OpenAI-compatible route, below the service URL. */
import * as Either from "effect/Either"
import * as Op from "../../Operation.ts"
import type { InvalidInputError } from "../../SageMakerError.ts"
import { endpointName, routing } from "../operation/members.ts"

/** The component is always checked, because a path with another one would be another resource. */
const allChecks: Op.Validation = { min: true, max: true, pattern: true }

const [, componentName] = routing.InferenceComponentName

const encodeEndpoint = Op.label("EndpointName", endpointName)
const encodeMember = Op.label("InferenceComponentName", componentName)
const encodeOption = Op.label("inferenceComponent", componentName)

/** Checks the option `inferenceComponent`. */
export const checkComponent = (component: unknown): Either.Either<string, InvalidInputError> =>
  encodeOption(component, allChecks)

/** The path of an endpoint, or of an inference component. */
export const routePath = (
  endpoint: unknown,
  component: unknown,
  validation: Op.Validation = allChecks
): Either.Either<string, InvalidInputError> =>
  Either.gen(function*() {
    const name = yield* encodeEndpoint(endpoint, validation)
    const suffix = component === undefined || component === null
      ? ""
      : `/inference-components/${yield* encodeMember(component, allChecks)}`
    return `/endpoints/${name}${suffix}/openai/v1`
  })

/** The resource of the route, below the path. */
export const chatCompletions = "/chat/completions"
