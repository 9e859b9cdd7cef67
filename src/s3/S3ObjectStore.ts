/**
 * An `ObjectStore` on Amazon S3, or a store with an API that is compatible with Amazon S3.
 *
 * It needs the packages `@aws-sdk/client-s3` and `@aws-sdk/lib-storage`, which are imported when a method of the store is
 * first called: `npm install @aws-sdk/client-s3 @aws-sdk/lib-storage`. If one of them is missing, the method fails with
 * `ObjectStoreError`, whose message has this command.
 *
 * The client of AWS signs, retries and checks the requests. By default they use the `HttpClient`, the `Credentials` and
 * the region of the SageMaker client.
 *
 * @example
 * ```ts
 * import { Layer } from "effect"
 * import { NodeSageMaker } from "effect-sagemaker-runtime/node"
 * import { S3ObjectStore } from "effect-sagemaker-runtime/s3"
 *
 * export const live = S3ObjectStore.layer().pipe(Layer.provideMerge(NodeSageMaker.layer()))
 * ```
 *
 * @since 0.1.0
 */
import type { PutObjectCommandInput, S3Client, S3ClientConfig } from "@aws-sdk/client-s3"
import * as HttpClient from "@effect/platform/HttpClient"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Runtime from "effect/Runtime"
import { Credentials } from "../Credentials.ts"
import { ClientProfile, ClientRegion } from "../internal/config/clientRegion.ts"
import { positiveDurationMillis } from "../internal/config/duration.ts"
import { ObjectStore } from "../ObjectStore.ts"
import type { ConfigurationError } from "../SageMakerError.ts"
import * as Timeouts from "../Timeouts.ts"
import { S3Clients } from "./internal/clients.ts"
import { anonymousConfig, credentialProvider } from "./internal/credentials.ts"
import { makeRequestHandler } from "./internal/http/requestHandler.ts"
import { readSettings, type Settings } from "./internal/settings.ts"
import { S3Store } from "./internal/store.ts"

/**
 * Settings of the requests that store objects, by AWS's names.
 *
 * They are members of `PutObject` and `CreateMultipartUpload`. `ExpectedBucketOwner` and `RequestPayer` apply to all
 * requests.
 *
 * @since 0.1.0
 * @category models
 */
export interface S3PutSettings {
  /** The encryption of new objects, such as `aws:kms`. Default: the default of the bucket. */
  readonly ServerSideEncryption?: PutObjectCommandInput["ServerSideEncryption"]
  /** ID or ARN of the AWS KMS key that encrypts new objects. Default: the AWS managed key, if `aws:kms` is used. */
  readonly SSEKMSKeyId?: string | undefined
  /** The encryption context for AWS KMS: JSON, Base64-encoded. Default: none. */
  readonly SSEKMSEncryptionContext?: string | undefined
  /** Whether the bucket's key is used to encrypt with AWS KMS, which makes fewer requests. Default: as the bucket. */
  readonly BucketKeyEnabled?: boolean | undefined
  /** Account ID of the owner of the bucket. For another owner, requests fail with `access-denied`. Default: any owner. */
  readonly ExpectedBucketOwner?: string | undefined
  /** `requester` if the bucket is a Requester Pays bucket. Default: not sent. */
  readonly RequestPayer?: PutObjectCommandInput["RequestPayer"]
  /** The storage class of new objects. Default: `STANDARD`. */
  readonly StorageClass?: PutObjectCommandInput["StorageClass"]
  /** The canned ACL of new objects, such as `bucket-owner-full-control`. Default: none. */
  readonly ACL?: PutObjectCommandInput["ACL"]
  /** The tags of new objects, as URL query parameters. Default: none. */
  readonly Tagging?: string | undefined
  /** The user-defined metadata of new objects. Default: none. */
  readonly Metadata?: Record<string, string> | undefined
  /** The `Cache-Control` header of new objects. Default: none. */
  readonly CacheControl?: string | undefined
  /** The algorithm of the checksum that requests contain. Default: `CRC32`, see `requestChecksumCalculation`. */
  readonly ChecksumAlgorithm?: PutObjectCommandInput["ChecksumAlgorithm"]
}

/**
 * Limits of uploads in parts. An invalid value fails the layer with `ConfigurationError`.
 *
 * @since 0.1.0
 * @category models
 */
export interface S3UploadOptions {
  /**
   * The largest object in bytes that is stored with one request. Larger objects are uploaded in parts.
   *
   * Up to this many bytes of a stream are kept in memory. Default: 16 MiB, or `partSize` if it is larger. Range: from
   * `partSize` to 5 GiB.
   */
  readonly multipartThreshold?: number | undefined
  /**
   * Size in bytes of the parts of an upload. Default: 8 MiB. Range: 5 MiB to 5 GiB.
   *
   * An upload has at most 10,000 parts: with the default, objects up to 78 GiB can be stored.
   */
  readonly partSize?: number | undefined
  /**
   * The number of parts that are uploaded at the same time. All of them are kept in memory. Default: 4. Range: 1 to
   * 1,000.
   */
  readonly queueSize?: number | undefined
}

/**
 * Options of the layer: all members of `S3ClientConfig`, settings of new objects and limits of uploads.
 *
 * A member of `S3ClientConfig` that is not set has AWS's default: an environment variable, such as
 * `AWS_ENDPOINT_URL_S3`, then the profile. AWS's client reads them from `process.env`. The differences are listed here.
 *
 * @since 0.1.0
 * @category models
 */
export interface S3ObjectStoreOptions
  extends Omit<S3ClientConfig, "credentials" | "profile" | "region" | "requestHandler">, S3PutSettings, S3UploadOptions
{
  /**
   * The region of the client. A bucket in another region is found with one more request, once per bucket.
   *
   * Default: the region of the `NodeSageMaker` layer that provides the `HttpClient`, then `AWS_REGION`, then the profile.
   */
  readonly region?: S3ClientConfig["region"] | undefined
  /** The profile of the shared config files. Default: the profile set for the `NodeSageMaker` layer, then `AWS_PROFILE`. */
  readonly profile?: string | undefined
  /**
   * The AWS credentials, as AWS's client takes them.
   *
   * Default: the `Credentials` in the context. Without them, the credential chain of AWS's client.
   */
  readonly credentials?: S3ClientConfig["credentials"] | undefined
  /**
   * The request handler of AWS's client. The layer does not close it.
   *
   * Default: one that uses the `HttpClient` in the context, with the `firstByte` and `idle` timeouts of `Timeouts`. The
   * timeout for response headers is longer by one second per 64 KB of the request body. Without an `HttpClient`, the
   * request handler of AWS's client, which has no timeouts.
   */
  readonly requestHandler?: S3ClientConfig["requestHandler"] | undefined
  /** Whether requests are sent without a signature, for public objects. Default: `false`. */
  readonly anonymous?: boolean | undefined
}

/**
 * Options of the layer with a client of the program.
 *
 * @since 0.1.0
 * @category models
 */
export interface S3ObjectStoreClientOptions extends S3PutSettings, S3UploadOptions {
  /**
   * The client to send all requests with. The layer does not close it.
   *
   * Its own settings apply. For buckets in other regions, set its `followRegionRedirects`.
   */
  readonly client: S3Client
}

/** Whether requests are signed, and with which credentials, is set by the options. */
type OwnAuthentication =
  | { readonly credentials: NonNullable<S3ClientConfig["credentials"]> }
  | { readonly anonymous: true }

type OwnRequestHandler = { readonly requestHandler: NonNullable<S3ClientConfig["requestHandler"]> }

/** The settings of AWS's client: the options first, then what the context has, then AWS's defaults. */
const clientConfig = (
  { anonymous, config }: Settings,
  runtime: Runtime.Runtime<never>
): Effect.Effect<S3ClientConfig, ConfigurationError> =>
  Effect.gen(function*() {
    const credentials = yield* Effect.serviceOption(Credentials)
    const httpClient = yield* Effect.serviceOption(HttpClient.HttpClient)
    const region = config.region ?? (yield* ClientRegion)
    const profile = config.profile ?? (yield* ClientProfile)
    const { firstByte, idle } = { ...Timeouts.defaults, ...yield* Timeouts.Timeouts }
    const timeouts = {
      firstByte: yield* timeoutMillis("firstByte", firstByte),
      idle: yield* timeoutMillis("idle", idle)
    }
    return {
      ...(anonymous ? anonymousConfig : {}),
      ...(Option.isSome(credentials) ? { credentials: credentialProvider(credentials.value, runtime) } : {}),
      ...(Option.isSome(httpClient)
        ? { requestHandler: makeRequestHandler(httpClient.value, runtime, timeouts) }
        : {}),
      ...config,
      ...(region === undefined ? {} : { region }),
      ...(profile === undefined ? {} : { profile })
    }
  })

const timeoutMillis = (name: string, value: unknown): Effect.Effect<number, ConfigurationError> =>
  positiveDurationMillis(`Timeouts.${name}`, value, "a positive duration", Infinity)

const make = (options: unknown) =>
  Effect.gen(function*() {
    const settings = yield* readSettings(options)
    const runtime = yield* Effect.interruptible(Effect.runtime())
    const source = settings.client === undefined
      ? { config: yield* clientConfig(settings, runtime) }
      : { client: settings.client }
    const clients = yield* Effect.acquireRelease(Effect.sync(() => new S3Clients(source)), ({ close }) => close)
    return new S3Store(clients, settings, runtime)
  })

/**
 * Provides an `ObjectStore` on Amazon S3.
 *
 * `Credentials` and `HttpClient` are required by the type unless the options replace them. A program without types can
 * omit both: the defaults of AWS's client are used.
 *
 * - Keys are sent as they are. An `HttpClient` cannot send a key with a segment `.` or `..`: the method fails with reason
 *   `other`, before any request.
 * - `get` continues a body that is cut with a request for the rest of the same version of the object. After 4 cuts
 *   without progress it fails with reason `unavailable`. A wrong checksum fails it with reason `unavailable`.
 * - `get` returns the bytes as they are stored. `fetch` decodes an object that has a content encoding such as `gzip`:
 *   its decoded bytes are returned, without a check of the checksum, and a cut is not continued.
 * - `put` uses one request up to `multipartThreshold`, then parts. If it fails or is interrupted, the upload is aborted,
 *   so that no part is left. It waits up to 30 seconds for that.
 * - An object without a content type is stored as `binary/octet-stream`.
 * - `head` makes one more request per bucket for the first object that is not found, because only a bucket that exists
 *   can have reason `not-found`.
 * - Reasons: 403 and missing credentials are `access-denied`; 404 of a key is `not-found`; 429, 500 and other server
 *   errors, lost connections and timeouts are `unavailable`, after the retries of AWS's client; all others are `other`.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer: {
  (options: S3ObjectStoreClientOptions): Layer.Layer<ObjectStore, ConfigurationError>
  (
    options: S3ObjectStoreOptions & OwnAuthentication & OwnRequestHandler
  ): Layer.Layer<ObjectStore, ConfigurationError>
  (
    options: S3ObjectStoreOptions & OwnRequestHandler
  ): Layer.Layer<ObjectStore, ConfigurationError, Credentials>
  (
    options: S3ObjectStoreOptions & OwnAuthentication
  ): Layer.Layer<ObjectStore, ConfigurationError, HttpClient.HttpClient>
  (
    options?: S3ObjectStoreOptions
  ): Layer.Layer<ObjectStore, ConfigurationError, Credentials | HttpClient.HttpClient>
} = (options?: unknown): Layer.Layer<ObjectStore, ConfigurationError> =>
  Layer.scoped(ObjectStore, make(options === undefined ? {} : options))
