import * as Context from "effect/Context"

/** The region of the client around a layer of credentials. */
export class ClientRegion extends Context.Reference<ClientRegion>()("effect-sagemaker-runtime/node/RegionInUse", {
  defaultValue: (): string | undefined => undefined
}) {}
