/** The emulated S3: authenticates requests and routes them to the operations. */
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Random from "effect/Random"
import type * as Scope from "effect/Scope"
import type { ObjectStoreService } from "../../../ObjectStore.ts"
import type { ObjectStoreError } from "../../../SageMakerError.ts"
import { type HttpResponseMessage, type HttpStreamRequest, pathOf, queryOf } from "../emulator/httpMessage.ts"
import type { PlainCredentials } from "../emulator/verifySignature.ts"
import { errorResponse, type S3Error, s3Error } from "./error.ts"
import { fromStoreError, makeObjects } from "./objects.ts"
import { createBucket, deleteBucket, getBucketLocation, headBucket, listBuckets } from "./operation/buckets.ts"
import { abortMultipartUpload, completeMultipartUpload } from "./operation/completeMultipartUpload.ts"
import { createMultipartUpload } from "./operation/createMultipartUpload.ts"
import { deleteObject, deleteObjects } from "./operation/deleteObjects.ts"
import { getObject } from "./operation/getObject.ts"
import { listObjects } from "./operation/listObjects.ts"
import { listMultipartUploads, listParts } from "./operation/listUploads.ts"
import type { S3Context, S3Operation } from "./operation/operation.ts"
import { copyObject, putObject } from "./operation/putObject.ts"
import { uploadPart } from "./operation/uploadPart.ts"
import { authenticate, isPresigned } from "./request/authentication.ts"
import { loadHashes } from "./request/checksum.ts"
import { locationOf, type OperationName, operationOf, resourceOf } from "./route.ts"
import { makeUploads } from "./uploads.ts"

/** Options of the service. */
export interface S3ServiceOptions {
  /** The objects. */
  readonly store: ObjectStoreService
  /** The credentials that requests must be signed with. `undefined` accepts requests without verifying signatures. */
  readonly credentials: PlainCredentials | undefined
  /** The region that requests must be signed for. `undefined` accepts any region. */
  readonly region: string | undefined
}

/** The emulated S3. */
export interface S3Service {
  /** Handles one request. Errors of the service are responses, so the effect never fails. */
  readonly handle: (request: HttpStreamRequest) => Effect.Effect<HttpResponseMessage>
  /**
   * The same objects as the store of the options. The service knows the entity tag, the content type and the time of
   * modification of an object that is put here.
   */
  readonly store: ObjectStoreService
}

const defaultRegion = "us-east-1"

const operations: Record<OperationName, S3Operation> = {
  AbortMultipartUpload: abortMultipartUpload,
  CompleteMultipartUpload: completeMultipartUpload,
  CopyObject: copyObject,
  CreateBucket: createBucket,
  CreateMultipartUpload: createMultipartUpload,
  DeleteBucket: deleteBucket,
  DeleteObject: deleteObject,
  DeleteObjects: deleteObjects,
  GetBucketLocation: getBucketLocation,
  GetObject: getObject,
  HeadBucket: headBucket,
  ListBuckets: listBuckets,
  ListMultipartUploads: listMultipartUploads,
  ListObjects: listObjects,
  ListParts: listParts,
  PutObject: putObject,
  UploadPart: uploadPart
}

/** A presigned URL can have headers as query parameters, such as `x-amz-meta-name`. */
const withQueryHeaders = (request: HttpStreamRequest): HttpStreamRequest => {
  if (!isPresigned(request)) {
    return request
  }
  const found = [...queryOf(request)]
    .map(([name, value]) => [name.toLowerCase(), value] as const)
    .filter(([name]) =>
      /^x-amz-(?!(?:algorithm|credential|date|expires|signature|signedheaders|security-token)$)/.test(name)
    )
  return { ...request, headers: { ...Object.fromEntries(found), ...request.headers } }
}

const respond = (
  context: S3Context,
  { credentials, region }: S3ServiceOptions,
  request: HttpStreamRequest
): Effect.Effect<HttpResponseMessage, S3Error | ObjectStoreError> =>
  Effect.gen(function*() {
    const authenticated = yield* authenticate(request, credentials, region)
    const resource = yield* resourceOf(request)
    const operation = yield* operationOf(request, resource)
    const location = operation === "ListBuckets" ? "" : yield* locationOf(resource.bucket, resource.key)
    const query = queryOf(request)
    return yield* operations[operation](context, {
      ...withQueryHeaders(request),
      ...resource,
      authenticated,
      location,
      query
    })
  })

const requestId: Effect.Effect<string> = Effect.map(
  Effect.zip(Random.nextIntBetween(0, 2 ** 32), Random.nextIntBetween(0, 2 ** 32)),
  (words) => words.map((word) => word.toString(16).toUpperCase().padStart(8, "0")).join("")
)

/** The error of a failed request. A defect or an interruption of a store is an internal error. */
const errorOf = (cause: Cause.Cause<S3Error | ObjectStoreError>): S3Error => {
  const error = Cause.failureOption(cause)
  if (error._tag === "None") {
    return s3Error("InternalError")
  }
  return error.value._tag === "S3Error" ? error.value : fromStoreError(error.value)
}

/** Runs an operation in a separate fiber, so that a defect or interruption of the store fails only its own request. */
const inSeparateFiber = <A, E>(effect: Effect.Effect<A, E>): Effect.Effect<Exit.Exit<A, E>> =>
  Effect.flatMap(
    Effect.fork(effect),
    (fiber) => Effect.onInterrupt(Fiber.await(fiber), () => Fiber.interrupt(fiber))
  )

/** Makes the service. Uploads that are unfinished when the scope closes are aborted. */
export const makeS3Service = (options: S3ServiceOptions): Effect.Effect<S3Service, never, Scope.Scope> =>
  Effect.gen(function*() {
    yield* loadHashes
    const objects = makeObjects(options.store)
    const uploads = yield* makeUploads(options.store)
    const context: S3Context = { objects, uploads, store: options.store, region: options.region ?? defaultRegion }

    const handle = (request: HttpStreamRequest): Effect.Effect<HttpResponseMessage> =>
      Effect.gen(function*() {
        const id = yield* requestId
        const exit = yield* inSeparateFiber(respond(context, options, request))
        const { body, headers, status } = Exit.getOrElse(exit, (cause) =>
          errorResponse(errorOf(cause), { method: request.method, requestId: id, resource: pathOf(request) }))
        const date = new Date(yield* Clock.currentTimeMillis).toUTCString()
        return {
          status,
          headers: { date, "x-amz-request-id": id, "x-amz-id-2": id, ...headers },
          body
        }
      })

    return { handle, store: objects.store }
  })
