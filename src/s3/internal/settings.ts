/** The options of the layer, in their parts: AWS's client, requests, uploads. */
import type { PutObjectCommandInput, S3Client, S3ClientConfig } from "@aws-sdk/client-s3"
import * as Effect from "effect/Effect"
import { invalidSetting } from "../../internal/config/invalidSetting.ts"
import { ConfigurationError } from "../../SageMakerError.ts"

/** The members of requests that store an object, by their names in `PutObject` and `CreateMultipartUpload`. */
const putMembers = [
  "ACL",
  "BucketKeyEnabled",
  "CacheControl",
  "ChecksumAlgorithm",
  "ExpectedBucketOwner",
  "Metadata",
  "RequestPayer",
  "SSEKMSEncryptionContext",
  "SSEKMSKeyId",
  "ServerSideEncryption",
  "StorageClass",
  "Tagging"
] as const

type PutMembers = Partial<Pick<PutObjectCommandInput, typeof putMembers[number]>>

/** The members that every request has. */
export type CommonMembers = Partial<Pick<PutObjectCommandInput, "ExpectedBucketOwner" | "RequestPayer">>

/** Limits of uploads in parts, in bytes and in requests at the same time. */
export interface UploadSettings {
  readonly partSize: number
  readonly queueSize: number
  readonly multipartThreshold: number
}

/** The options, in their parts. */
export interface Settings {
  readonly client: S3Client | undefined
  readonly anonymous: boolean
  readonly config: S3ClientConfig
  readonly put: PutMembers
  readonly common: CommonMembers
  readonly upload: UploadSettings
}

type Options = S3ClientConfig & PutMembers & Partial<UploadSettings> & {
  readonly client?: S3Client | undefined
  readonly anonymous?: boolean | undefined
}

const mebibyte = 1024 * 1024

/** The limits of Amazon S3. */
const minPartSize = 5 * mebibyte
const maxPartSize = 5 * 1024 * mebibyte

const defaultPartSize = 8 * mebibyte
const defaultThreshold = 16 * mebibyte
const defaultQueueSize = 4
const maxQueueSize = 1_000

const isIntegerBetween = (value: number, min: number, max: number): boolean =>
  Number.isInteger(value) && value >= min && value <= max

const uploadSettings = (
  { multipartThreshold, partSize = defaultPartSize, queueSize = defaultQueueSize }: Partial<UploadSettings>
): Effect.Effect<UploadSettings, ConfigurationError> => {
  const threshold = multipartThreshold ?? Math.max(defaultThreshold, partSize)
  if (!isIntegerBetween(partSize, minPartSize, maxPartSize)) {
    return Effect.fail(invalidSetting("partSize", "an integer from 5 MiB (5242880) to 5 GiB (5368709120)"))
  }
  if (!isIntegerBetween(queueSize, 1, maxQueueSize)) {
    return Effect.fail(invalidSetting("queueSize", `an integer from 1 to ${maxQueueSize}`))
  }
  return isIntegerBetween(threshold, partSize, maxPartSize)
    ? Effect.succeed({ partSize, queueSize, multipartThreshold: threshold })
    : Effect.fail(invalidSetting("multipartThreshold", "an integer from partSize to 5 GiB (5368709120)"))
}

const isS3Client = (client: unknown): boolean =>
  typeof client === "object" && client !== null && typeof Reflect.get(client, "send") === "function" &&
  typeof Reflect.get(client, "config") === "object"

const defined = <A extends object>(value: A): Partial<A> =>
  Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as Partial<A>

const clientProblem = (client: unknown, config: S3ClientConfig, anonymous: unknown): ConfigurationError | undefined => {
  if (!isS3Client(client)) {
    return invalidSetting("client", "an S3Client of @aws-sdk/client-s3")
  }
  const [other] = [...Object.keys(config), ...(anonymous === undefined ? [] : ["anonymous"])]
  return other === undefined
    ? undefined
    : new ConfigurationError({ setting: other, problem: "cannot be combined with client, which has its own settings" })
}

/** Splits and checks the options. AWS's client checks its own when it is made. */
export const readSettings = (options: unknown): Effect.Effect<Settings, ConfigurationError> =>
  Effect.gen(function*() {
    if (typeof options !== "object" || options === null) {
      return yield* invalidSetting("options", "an object")
    }
    const { anonymous, client, multipartThreshold, partSize, queueSize, ...rest } = defined(options as Options)
    const put: PutMembers = Object.fromEntries(Object.entries(rest).filter(([name]) => isPutMember(name)))
    const config: S3ClientConfig = Object.fromEntries(Object.entries(rest).filter(([name]) => !isPutMember(name)))
    const problem = client === undefined ? undefined : clientProblem(client, config, anonymous)
    if (problem !== undefined) {
      return yield* problem
    }
    const upload = yield* uploadSettings({
      ...defined({ multipartThreshold, partSize, queueSize }) as Partial<UploadSettings>
    })
    const { ExpectedBucketOwner, RequestPayer } = put
    return {
      client,
      anonymous: anonymous === true,
      config,
      put,
      common: defined({ ExpectedBucketOwner, RequestPayer }),
      upload
    }
  })

const isPutMember = (name: string): boolean => putMembers.some((member) => member === name)
