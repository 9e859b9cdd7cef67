/** Uploads an object in parts. An upload that does not complete is aborted, so that no part is left. */
import type {
  CreateMultipartUploadCommandInput,
  CreateMultipartUploadCommandOutput,
  PutObjectCommandInput,
  S3Client
} from "@aws-sdk/client-s3"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import { timeout } from "../../internal/time/timeout.ts"
import { noop } from "../../internal/time/timer.ts"
import type { S3Clients } from "./clients.ts"
import { StoreFailure } from "./failure.ts"
import { loadStorage, type S3Package, type StoragePackage } from "./packages.ts"
import type { CommonMembers, UploadSettings } from "./settings.ts"

/** An object to be uploaded in parts. */
export interface PartsRequest {
  readonly clients: S3Clients
  readonly bucket: string
  readonly key: string
  readonly input: Omit<PutObjectCommandInput, "Body" | "Bucket" | "Key">
  readonly common: CommonMembers
  readonly body: Uint8Array | ReadableStream<Uint8Array>
  readonly settings: UploadSettings
}

/** How long an upload that ended waits for its requests that are under way, and for the request that aborts it. */
const cleanupMillis = 15_000

const aborted = (): Error => Object.assign(new Error("The upload was aborted"), { name: "AbortError" })

type Command = Parameters<S3Client["send"]>[0]

/** The requests of an upload, so that they can be aborted and their upload as well. */
class UploadRequests {
  readonly #request: PartsRequest
  #client: S3Client
  readonly #aws: S3Package
  readonly #running = new Set<Promise<unknown>>()
  readonly #controller = new AbortController()
  readonly #fail: (error: unknown) => void
  #uploadId: string | undefined

  constructor(request: PartsRequest, [client, aws]: readonly [S3Client, S3Package], fail: (error: unknown) => void) {
    this.#request = request
    this.#client = client
    this.#aws = aws
    this.#fail = fail
  }

  /** The part of AWS's client that `Upload` uses. */
  get client(): S3Client {
    const { config } = this.#client
    return { config, send: (command: Command) => this.#track(this.#send(command)) } as unknown as S3Client
  }

  #send(command: Command): Promise<unknown> {
    if (this.#controller.signal.aborted) {
      return Promise.reject(aborted())
    }
    return command instanceof this.#aws.CreateMultipartUploadCommand
      ? this.#create(command.input)
      : this.#client.send(command as never, { abortSignal: this.#controller.signal })
  }

  /** The first request finds the region of the bucket. It is not aborted: its response has the ID of the upload. */
  #create(input: CreateMultipartUploadCommandInput): Promise<CreateMultipartUploadCommandOutput> {
    const { bucket, clients } = this.#request
    const created = clients.send(
      bucket,
      (client, { CreateMultipartUploadCommand }, options) =>
        client.send(new CreateMultipartUploadCommand(input), options)
    )
    return Effect.runPromise(Effect.either(Effect.zip(created, clients.clientFor(bucket)))).then((result) => {
      if (Either.isLeft(result)) {
        throw result.left
      }
      const [output, [client]] = result.right
      this.#uploadId = output.UploadId
      this.#client = client
      return output
    })
  }

  /** Reports the first failure, although `Upload` waits for the other parts. */
  #track(sent: Promise<unknown>): Promise<unknown> {
    const settled = sent.then(noop, (error: unknown) => this.#fail(error))
    this.#running.add(settled)
    void settled.then(() => this.#running.delete(settled))
    return sent
  }

  /** Aborts the requests, and the upload once none of them is under way. */
  readonly abort: Effect.Effect<void> = Effect.suspend(() => {
    this.#controller.abort()
    return Effect.promise(() => Promise.all(this.#running))
  }).pipe(
    timeout(cleanupMillis, noop),
    Effect.ignore,
    Effect.zipRight(Effect.suspend(() => this.#abortUpload())),
    timeout(2 * cleanupMillis, noop),
    Effect.ignore
  )

  #abortUpload(): Effect.Effect<unknown, unknown> {
    const { bucket, clients, common, key } = this.#request
    const UploadId = this.#uploadId
    return UploadId === undefined
      ? Effect.void
      : clients.send(
        bucket,
        (client, { AbortMultipartUploadCommand }, options) =>
          client.send(new AbortMultipartUploadCommand({ ...common, Bucket: bucket, Key: key, UploadId }), options)
      )
  }
}

const startUpload = (
  { body, bucket, input, key, settings: { partSize, queueSize } }: PartsRequest,
  { Upload }: StoragePackage,
  client: S3Client
): Promise<unknown> => {
  const params = { ...input, Bucket: bucket, Key: key, Body: body }
  // `UploadRequests` aborts the upload, because `Upload` does not if its last request fails.
  return new Upload({ client, params, partSize, queueSize, leavePartsOnError: true }).done()
}

export const uploadParts = (request: PartsRequest): Effect.Effect<void, unknown> =>
  Effect.gen(function*() {
    const storage = yield* loadStorage
    const base = yield* request.clients.clientFor(request.bucket)
    let requests: UploadRequests | undefined
    const upload = Effect.async<void, unknown>((resume) => {
      const fail = (error: unknown) => resume(Effect.fail(error))
      requests = new UploadRequests(request, base, fail)
      try {
        startUpload(request, storage, requests.client).then(() => resume(Effect.void), fail)
      } catch (error) {
        fail(error)
      }
    })
    yield* Effect.onExit(upload, (exit) => (Exit.isSuccess(exit) ? Effect.void : requests?.abort ?? Effect.void))
  })

/** The limit of Amazon S3. AWS's client reports it with an error that has no code. */
export const isTooManyParts = (error: unknown): boolean =>
  error instanceof Error && /^Exceeded \d+ parts/.test(error.message)

export const tooManyParts = (): StoreFailure =>
  new StoreFailure("other", "the object needs more than 10,000 parts; set a larger partSize")
