import { Effect } from "effect"
import { SageMakerError, type SageMakerRuntime } from "effect-sagemaker-runtime"
import { credentials, isGone, score } from "./program.cjs"
import * as Credentials from "effect-sagemaker-runtime/Credentials"

/** Types of the CommonJS declarations and of the declarations of ES modules are interchangeable. */
export const error = Effect.flip(score) satisfies Effect.Effect<unknown, Uint8Array>

export const get = Effect.provide(Effect.flatMap(Credentials.Credentials, (_) => _.get), credentials)

export const handle = (failure: SageMakerError.ValidationError): boolean => isGone(failure)

export type Client = SageMakerRuntime.SageMakerRuntime
