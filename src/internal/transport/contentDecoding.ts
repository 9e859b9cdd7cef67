/** Whether an HTTP client decodes the content encoding of response bodies. */
import * as Context from "effect/Context"

/** `true` unless a request reads bytes as they are stored. The HTTP client of Node reads it from the request's fiber. */
export class ContentDecoding extends Context.Reference<ContentDecoding>()("effect-sagemaker-runtime/ContentDecoding", {
  defaultValue: (): boolean => true
}) {}
