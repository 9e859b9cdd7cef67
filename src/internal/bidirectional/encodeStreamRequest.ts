/** Encodes the request of a bidirectional stream: the endpoint's name in the path, members in headers. */
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { identity } from "effect/Function"
import * as Op from "../../Operation.ts"
import { InvalidInputError } from "../../SageMakerError.ts"
import { endpointName } from "../operation/members.ts"
import { guardReads } from "../operation/readMembers.ts"
import { isStream } from "./message.ts"

const encodeName = Op.label("EndpointName", endpointName)

const mediaType = "application/vnd.amazon.eventstream"

type Encoded = Either.Either<HttpClientRequest.HttpClientRequest, InvalidInputError>

export const encodeStreamRequest = <T extends Op.HeaderTable>({ encode }: Op.HeaderCodec<T>) => {
  const encodeMembers = (
    { Body, EndpointName, ...fields }: { readonly Body: unknown; readonly EndpointName: string },
    { validation }: Op.OperationSettings
  ): Encoded =>
    Either.gen(function*() {
      const name = yield* encodeName(EndpointName, validation)
      const headers = yield* encode(fields, validation)
      if (!isStream(Body)) {
        return yield* Either.left(new InvalidInputError({ field: "Body", constraint: "a Stream of parts" }))
      }
      return HttpClientRequest.post(`/endpoints/${name}/invocations-bidirectional-stream`, {
        headers: { ...headers, "content-type": mediaType }
      })
    })
  return (
    input: { readonly Body: unknown; readonly EndpointName: string },
    settings: Op.OperationSettings
  ): Effect.Effect<HttpClientRequest.HttpClientRequest, InvalidInputError> =>
    Either.flatMap(guardReads("input", () => encodeMembers(input, settings)), identity)
}
