/** The endpoints of an emulator, by name. */
import * as Effect from "effect/Effect"
import type { EmulatorEndpoint } from "../../Emulator.ts"
import { ContainerFailure } from "./errorResponse.ts"

/** The handler of an endpoint that supports bidirectional streams only: its container has no route for other requests. */
export const noHandler: EmulatorEndpoint["handler"] = () =>
  Effect.fail(new ContainerFailure({ status: 404, body: "Not Found", contentType: undefined }))

/** Joins the endpoints with the same name. The last handler of each kind is used. */
export const joinEndpoints = <R>(
  endpoints: ReadonlyArray<EmulatorEndpoint<R>>
): ReadonlyMap<string, EmulatorEndpoint<R>> => {
  const joined = new Map<string, EmulatorEndpoint<R>>()
  for (const endpoint of endpoints) {
    const before = joined.get(endpoint.name)
    const handled = endpoint.handler === noHandler ? before ?? endpoint : endpoint
    joined.set(endpoint.name, { ...handled, bidirectional: endpoint.bidirectional ?? before?.bidirectional })
  }
  return joined
}
