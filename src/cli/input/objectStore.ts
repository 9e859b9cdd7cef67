/** Amazon S3, for asynchronous inference. Its client is an optional package. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { CommandError } from "../output/failure.ts"

const missing = new CommandError({
  message: "Amazon S3 needs two packages: npm install @aws-sdk/client-s3 @aws-sdk/lib-storage"
})

/** Stores objects in Amazon S3 with the credentials of the client. */
export const layer = Layer.unwrapEffect(
  Effect.tryPromise({ try: () => import("effect-sagemaker-runtime/s3"), catch: () => missing }).pipe(
    Effect.map(({ S3ObjectStore }) => S3ObjectStore.layer())
  )
)
