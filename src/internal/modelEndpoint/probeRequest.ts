/** The request with which `warmUp` tests a model that is not called by InvokeEndpoint. */
import type * as Effect from "effect/Effect"
import type { InvokeEndpointError, InvokeEndpointInput } from "../../InvokeEndpoint.ts"
import type { SageMakerRuntime } from "../../SageMakerRuntime.ts"
import { globalState } from "../global/globalState.ts"

export interface ProbeRequest {
  /** Models of one endpoint do not share probes on different routes. */
  readonly route: string
  readonly members: Pick<InvokeEndpointInput, "Body" | "ContentType">
  /** What it needs in addition to the client, `invoke` of the endpoint needs too. */
  readonly send: (input: InvokeEndpointInput) => Effect.Effect<unknown, InvokeEndpointError, SageMakerRuntime>
}

/** By the function `invoke` of an endpoint, because an endpoint can be a copy. */
const requests = globalState("probeRequests", () => new WeakMap<object, ProbeRequest>())

export const setProbeRequest = <Endpoint extends { readonly invoke: object }>(
  endpoint: Endpoint,
  request: ProbeRequest
): Endpoint => {
  requests.set(endpoint.invoke, request)
  return endpoint
}

export const probeRequestOf = ({ invoke }: { readonly invoke: object }): ProbeRequest | undefined =>
  requests.get(invoke)
