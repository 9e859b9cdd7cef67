/** Encodes the requests of the real-time operations: the endpoint's name in the path, members in headers, a body. */
import type * as HttpBody from "@effect/platform/HttpBody"
import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Op from "../../Operation.ts"
import { memoize } from "../../protocol/function/memoize.ts"
import type { InvalidInputError, PayloadTooLargeError } from "../../SageMakerError.ts"
import { endpointName } from "./members.ts"
import { guardReads } from "./readMembers.ts"
import { post } from "./request.ts"

interface Invocation {
  readonly EndpointName: string
  readonly Body: Op.Payload
  readonly ContentType?: string | undefined
}

type Encoded = Effect.Effect<HttpClientRequest.HttpClientRequest, InvalidInputError | PayloadTooLargeError>

const encodeName = Op.label("EndpointName", endpointName)

/** Uses early returns instead of a generator for speed: most bodies need no effect. */
export const encodeInvocation = <T extends Op.HeaderTable>(
  { encode }: Op.HeaderCodec<T>,
  resource: string
) => {
  const pathOf = memoize((endpoint) => `/endpoints/${endpoint}/${resource}`)
  const encodeMembers = (
    { Body, EndpointName, ...fields }: Invocation & Op.HeaderMembers<T>,
    { maxBodyBytes, validation }: Op.OperationSettings
  ): Encoded => {
    const name = encodeName(EndpointName, validation)
    if (Either.isLeft(name)) {
      return Effect.fail(name.left)
    }
    const headers = encode(fields as unknown as Op.HeaderMembers<T>, validation)
    if (Either.isLeft(headers)) {
      return Effect.fail(headers.left)
    }
    const body = Op.payload("Body", Body, { limit: maxBodyBytes, contentType: fields.ContentType ?? undefined })
    const request = (content: HttpBody.Uint8Array) => post(pathOf(name.right), headers.right, content)
    return Either.isEither(body) && Either.isRight(body)
      ? Effect.succeed(request(body.right as HttpBody.Uint8Array))
      : Effect.map(body, request)
  }
  return (input: Invocation & Op.HeaderMembers<T>, settings: Op.OperationSettings): Encoded =>
    Either.getOrElse(guardReads("input", () => encodeMembers(input, settings)), Effect.fail)
}
