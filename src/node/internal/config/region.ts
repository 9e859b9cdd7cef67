import * as Context from "effect/Context"

/** The client's region, provided to its credentials layer so that STS is called in the same region. */
export class ClientRegion extends Context.Reference<ClientRegion>()("effect-sagemaker-runtime/node/ClientRegion", {
  defaultValue: (): string | undefined => undefined
}) {}
