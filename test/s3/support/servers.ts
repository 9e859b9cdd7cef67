import { Effect, type Scope } from "effect"
import type { Redacted } from "effect"
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
  readonly start: Effect.Effect<S3Server, never, Scope.Scope>
}

const s3rver: S3ServerKind = {
  name: "s3rver",
  keepsAllKeys: false,
  hasPages: false,
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

/** The servers that the suite of the store runs against. */
export const servers: ReadonlyArray<S3ServerKind> = [s3rver]
