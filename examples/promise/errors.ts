import { SageMakerError } from "effect-sagemaker-runtime"

export const statusOf = (error: unknown): number => {
  if (error instanceof SageMakerError.CodecError && error.direction === "encode") {
    return 400
  }
  return SageMakerError.isRetryable(error) ? 503 : 502
}
