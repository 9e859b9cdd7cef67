/** Finds the endpoint and the operation of a request to SageMaker Runtime. */
import { type HttpRequestHead, pathOf } from "../emulator/httpMessage.ts"

export const chatCompletionsOperation = "openai/v1/chat/completions"

const routePattern =
  /^\/endpoints\/([^/?]+)\/(?:inference-components\/([^/?]+)\/(?=openai\/))?([a-z-]+|openai\/v1\/chat\/completions)$/

const decodeSegment = (segment: string): string => {
  try {
    return decodeURIComponent(segment)
  } catch {
    return segment
  }
}

/** The endpoint, the inference component in the path, and the operation; empty texts for any other path. */
export const parseRoute = (request: HttpRequestHead) => {
  const [, endpoint = "", component, operation = ""] = request.method === "POST"
    ? routePattern.exec(pathOf(request)) ?? []
    : []
  return {
    EndpointName: decodeSegment(endpoint),
    InferenceComponentName: component === undefined ? undefined : decodeSegment(component),
    operation
  }
}
