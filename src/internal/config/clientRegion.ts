/** The region and the profile of a client, for the services that its credentials and its objects need. */
import * as Context from "effect/Context"

/** The client's region, provided to its credentials layer so that STS is called in the same region. */
export class ClientRegion extends Context.Reference<ClientRegion>()("effect-sagemaker-runtime/ClientRegion", {
  defaultValue: (): string | undefined => undefined
}) {}

/** The client's profile of the shared config files, if the program sets one. */
export class ClientProfile extends Context.Reference<ClientProfile>()("effect-sagemaker-runtime/ClientProfile", {
  defaultValue: (): string | undefined => undefined
}) {}
