import { CreateBucketCommand, ListMultipartUploadsCommand, S3Client } from "@aws-sdk/client-s3"
import { Context, Effect, Layer, type Redacted, type Scope } from "effect"
import { NodeEmulator } from "effect-sagemaker-runtime/node"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import S3rver from "s3rver"

/** A running server of the Amazon S3 API with one bucket. */
export interface S3Server {
  readonly url: string
  readonly bucket: string
  readonly credentials: {
    readonly accessKeyId: string | Redacted.Redacted
    readonly secretAccessKey: string | Redacted.Redacted
  }
  /** Uploads in parts that are neither completed nor aborted. */
  readonly unfinishedUploads?: Effect.Effect<number>
}

/** A server that the suite of the store runs against. */
export interface S3ServerKind {
  readonly name: string
  /** Whether it keeps every key, and not only those that are paths of files. */
  readonly keepsAllKeys: boolean
  /** Whether it can list more than 1,000 objects. s3rver encrypts its tokens with DES, which OpenSSL 3 does not have. */
  readonly hasPages: boolean
  /** Whether a bucket must be created before it is used. */
  readonly hasBuckets: boolean
  readonly start: Effect.Effect<S3Server, never, Scope.Scope>
}

const s3rver: S3ServerKind = {
  name: "s3rver",
  keepsAllKeys: false,
  hasPages: false,
  hasBuckets: true,
  start: Effect.gen(function*() {
    const directory = yield* Effect.acquireRelease(
      Effect.promise(() => mkdtemp(join(tmpdir(), "s3rver-"))),
      (path) => Effect.promise(() => rm(path, { recursive: true, force: true, maxRetries: 5 }))
    )
    const server = new S3rver({
      address: "127.0.0.1",
      port: 0,
      silent: true,
      directory,
      configureBuckets: [{ name: "models" }]
    })
    const { port } = yield* Effect.acquireRelease(
      Effect.promise(() => server.run()),
      () =>
        Effect.promise(() => {
          const closed = server.close()
          server.httpServer?.closeAllConnections()
          return closed
        })
    )
    return {
      url: `http://127.0.0.1:${port}`,
      bucket: "models",
      credentials: { accessKeyId: "S3RVER", secretAccessKey: "S3RVER" }
    }
  })
}

const credentials = { accessKeyId: "AKIDEMULATOR", secretAccessKey: "emulator-secret-access-key" }

const emulator: S3ServerKind = {
  name: "the emulator",
  keepsAllKeys: true,
  hasPages: true,
  hasBuckets: false,
  start: Effect.gen(function*() {
    const context = yield* Layer.build(NodeEmulator.layer({ region: "us-east-1", endpoints: [], credentials })).pipe(
      Effect.orDie
    )
    const { url } = Context.get(context, NodeEmulator.NodeEmulator)
    const client = new S3Client({ region: "us-east-1", endpoint: url, credentials })
    yield* Effect.promise(() => client.send(new CreateBucketCommand({ Bucket: "models" })))
    return {
      url,
      bucket: "models",
      credentials,
      unfinishedUploads: Effect.map(
        Effect.promise(() => client.send(new ListMultipartUploadsCommand({ Bucket: "models" }))),
        ({ Uploads = [] }) => Uploads.length
      )
    }
  })
}

/** The servers that the suite of the store runs against. */
export const servers: ReadonlyArray<S3ServerKind> = [s3rver, emulator]
