/** The difference between the service's clock and the system clock. */
import * as Context from "effect/Context"

/** The offset that a client has learned, in milliseconds. Tokens are made with the corrected time. */
export class ClockOffset extends Context.Reference<ClockOffset>()("effect-sagemaker-runtime/BearerToken/ClockOffset", {
  defaultValue: (): number => 0
}) {}
