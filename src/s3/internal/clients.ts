/** AWS's S3 clients of a store: one per region, made when they are first needed. */
import type { S3Client, S3ClientConfig } from "@aws-sdk/client-s3"
import * as Effect from "effect/Effect"
import { identity } from "effect/Function"
import { serviceErrorOf, StoreFailure } from "./failure.ts"
import { loadS3, type S3Package } from "./packages.ts"

/** Options of one request: aborting the signal closes its connection. */
interface SendOptions {
  readonly abortSignal: AbortSignal
}

/** Makes a command and sends it. It runs again for another region. */
export type Send<A> = (client: S3Client, aws: S3Package, options: SendOptions) => Promise<A>

/** Where the S3 clients come from: the program's own client, or the settings of new ones. */
export type ClientSource = { readonly client: S3Client } | { readonly config: S3ClientConfig }

const redirectStatuses = new Set([301, 307, 400])

/** Aborts whatever is left of a request, such as a body that was not read. */
const withSignal = <A>(run: (signal: AbortSignal) => Promise<A>): Effect.Effect<A, unknown> =>
  Effect.suspend(() => {
    const controller = new AbortController()
    return Effect.ensuring(
      Effect.tryPromise({ try: () => run(controller.signal), catch: identity }),
      Effect.sync(() => controller.abort())
    )
  })

export class S3Clients {
  readonly #source: ClientSource
  readonly #byRegion = new Map<string, S3Client>()
  readonly #regionOfBucket = new Map<string, string>()
  #base: S3Client | undefined

  constructor(source: ClientSource) {
    this.#source = source
  }

  /** Sends a request to the region of the bucket. The request's connection is closed when the effect ends. */
  send<A>(bucket: string, send: Send<A>): Effect.Effect<A, unknown> {
    return this.#inRegion(bucket, (client, aws) => withSignal((abortSignal) => send(client, aws, { abortSignal })))
  }

  /** Sends a request whose response is a stream. The caller aborts it. */
  open<A>(bucket: string, send: Send<A>, abortSignal: AbortSignal): Effect.Effect<A, unknown> {
    return this.#inRegion(
      bucket,
      (client, aws) => Effect.tryPromise({ try: () => send(client, aws, { abortSignal }), catch: identity })
    )
  }

  /** The client for the region of a bucket, as far as it is known. */
  clientFor(bucket: string): Effect.Effect<readonly [client: S3Client, aws: S3Package], StoreFailure> {
    return Effect.flatMap(
      loadS3,
      (aws) => Effect.map(this.#client(aws, this.#regionOfBucket.get(bucket)), (client) => [client, aws] as const)
    )
  }

  /** Closes the clients that this store made. */
  readonly close: Effect.Effect<void> = Effect.sync(() => {
    if (!("client" in this.#source) && !isHandler(this.#source.config.requestHandler)) {
      this.#base?.destroy()
    }
  })

  #inRegion<A>(
    bucket: string,
    send: (client: S3Client, aws: S3Package) => Effect.Effect<A, unknown>
  ): Effect.Effect<A, unknown> {
    return Effect.flatMap(
      this.clientFor(bucket),
      ([client, aws]) =>
        Effect.catchAll(send(client, aws), (error) =>
          Effect.flatMap(this.#otherRegion(client, error), (region) => {
            if (region === undefined) {
              return Effect.fail(error)
            }
            this.#regionOfBucket.set(bucket, region)
            return Effect.flatMap(this.#client(aws, region), (regional) => send(regional, aws))
          }))
    )
  }

  /** The region of the bucket, if it is the reason for an error. A client of the program follows its own settings. */
  #otherRegion(client: S3Client, error: unknown): Effect.Effect<string | undefined> {
    const { bucketRegion, status } = serviceErrorOf(error)
    if (bucketRegion === undefined || !redirectStatuses.has(status ?? 0) || "client" in this.#source) {
      return Effect.succeed(undefined)
    }
    return Effect.promise(() => client.config.region().catch(() => bucketRegion)).pipe(
      Effect.map((region) => (region === bucketRegion ? undefined : bucketRegion))
    )
  }

  #client(aws: S3Package, region: string | undefined): Effect.Effect<S3Client, StoreFailure> {
    return Effect.try({
      try: () => this.#makeClient(aws, region),
      catch: () => new StoreFailure("other", "AWS's client rejects the options of S3ObjectStore.layer")
    })
  }

  #makeClient(aws: S3Package, region: string | undefined): S3Client {
    if ("client" in this.#source) {
      return this.#source.client
    }
    const { config } = this.#source
    this.#base ??= new aws.S3Client(config)
    if (region === undefined) {
      return this.#base
    }
    const { requestHandler } = this.#base.config
    const client = this.#byRegion.get(region) ?? new aws.S3Client({ ...config, region, requestHandler })
    this.#byRegion.set(region, client)
    return client
  }
}

/** A request handler of the program, which the program closes. */
const isHandler = (handler: unknown): boolean =>
  typeof handler === "object" && handler !== null && typeof Reflect.get(handler, "handle") === "function"
