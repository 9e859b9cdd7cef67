/** A request of the browser page to an endpoint, as a request of a client. */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { requestHeaders as invokeHeaders } from "../../../InvokeEndpoint.ts"
import { requestHeaders as asyncHeaders } from "../../../InvokeEndpointAsync.ts"
import { requestHeaders as streamHeaders } from "../../../InvokeEndpointWithResponseStream.ts"
import type { InvalidInputError } from "../../../SageMakerError.ts"
import { type HttpRequestMessage, queryOf } from "../emulator/httpMessage.ts"
import { allConstraints } from "../emulator/operationHandler.ts"

interface Members {
  readonly ContentType: string | undefined
  readonly Accept: string | undefined
  readonly CustomAttributes: string | undefined
}

type Encoded = Either.Either<Record<string, string>, InvalidInputError>

const operations: ReadonlyMap<string, { readonly path: string; readonly encode: (members: Members) => Encoded }> =
  new Map([
    ["InvokeEndpoint", {
      path: "invocations",
      encode: (members) => invokeHeaders.encode(members, allConstraints)
    }],
    ["InvokeEndpointWithResponseStream", {
      path: "invocations-response-stream",
      encode: (members) => streamHeaders.encode(members, allConstraints)
    }],
    ["InvokeEndpointAsync", {
      path: "async-invocations",
      encode: (members) => asyncHeaders.encode(members, allConstraints)
    }]
  ])

/** The request of a client. Fails with the problem of an invalid parameter. */
export const toInvocation = (request: HttpRequestMessage): Effect.Effect<HttpRequestMessage, string> =>
  Effect.gen(function*() {
    const query = queryOf(request)
    const member = (name: string) => query.get(name) || undefined
    const operation = operations.get(query.get("operation") ?? "")
    if (operation === undefined) {
      return yield* Effect.fail("The operation does not exist.")
    }
    const headers = yield* Either.mapLeft(
      operation.encode({
        ContentType: member("contentType"),
        Accept: member("accept"),
        CustomAttributes: member("customAttributes")
      }),
      ({ constraint, field }) => `${field} must be ${constraint}.`
    )
    return {
      method: "POST",
      target: `/endpoints/${encodeURIComponent(query.get("endpoint") ?? "")}/${operation.path}`,
      headers,
      body: request.body
    }
  })
