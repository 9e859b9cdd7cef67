import * as S3 from "@aws-sdk/client-s3"
import { Upload } from "@aws-sdk/lib-storage"
import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { NodeEmulator } from "effect-sagemaker-runtime/node"
import { createHash } from "node:crypto"
import { Readable } from "node:stream"
import { describe } from "vitest"
import { keys, region, s3Emulator } from "../support/s3Emulator.ts"

const Bucket = "data"
const mebibyte = 1024 * 1024

/** Runs calls of AWS SDK v3 against the emulator. */
const withS3 = (
  run: (client: S3.S3Client) => Promise<void>,
  config: S3.S3ClientConfig = {},
  options: Partial<NodeEmulator.NodeEmulatorOptions> = {}
) =>
  Effect.flatMap(NodeEmulator.NodeEmulator, ({ url }) =>
    Effect.acquireUseRelease(
      Effect.sync(() =>
        new S3.S3Client({ endpoint: url, region, forcePathStyle: true, credentials: keys, maxAttempts: 1, ...config })
      ),
      (client) => Effect.promise(() => run(client)),
      (client) => Effect.sync(() => client.destroy())
    )).pipe(Effect.provide(s3Emulator(options)))

const failureOf = (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    () => undefined,
    ({ name, $metadata }: { readonly name: string; readonly $metadata: S3.GetObjectCommandOutput["$metadata"] }) => [
      name,
      $metadata.httpStatusCode
    ]
  )

/** Bytes that are different at each position, in chunks. */
function* generate(size: number, chunkSize = 65_536) {
  for (let at = 0; at < size; at += chunkSize) {
    yield Buffer.alloc(Math.min(chunkSize, size - at), at / chunkSize)
  }
}

const textOf = async ({ Body }: S3.GetObjectCommandOutput): Promise<string> => Body!.transformToString()

/** The number of bytes and the hash of a body, which is not kept in memory. */
const summaryOf = async (body: AsyncIterable<Uint8Array> | Iterable<Uint8Array>) => {
  const hash = createHash("sha256")
  let size = 0
  for await (const bytes of body) {
    hash.update(bytes)
    size += bytes.byteLength
  }
  return `${size} ${hash.digest("hex")}`
}

describe("AWS SDK v3 and the emulated S3", () => {
  it.live("every call of an object store", () =>
    withS3(async (client) => {
      const Key = "a b/ü+%.txt"
      await client.send(
        new S3.PutObjectCommand({ Bucket, Key, Body: "0123456789", Metadata: { a: "1" }, ContentType: "text/plain" })
      )
      const whole = await client.send(new S3.GetObjectCommand({ Bucket, Key }))
      assert.deepInclude(whole, { ContentType: "text/plain", Metadata: { a: "1" }, ServerSideEncryption: "AES256" })
      assert.strictEqual(await textOf(whole), "0123456789")
      assert.strictEqual(
        await textOf(await client.send(new S3.GetObjectCommand({ Bucket, Key, Range: "bytes=2-4" }))),
        "234"
      )
      assert.strictEqual((await client.send(new S3.HeadObjectCommand({ Bucket, Key }))).ContentLength, 10)
      await client.send(new S3.CopyObjectCommand({ Bucket, Key: "copy", CopySource: encodeURI(`${Bucket}/${Key}`) }))
      const list = await client.send(new S3.ListObjectsV2Command({ Bucket }))
      assert.deepStrictEqual(list.Contents?.map((object) => object.Key), [Key, "copy"])
      const deleted = await client.send(
        new S3.DeleteObjectsCommand({ Bucket, Delete: { Objects: [{ Key }, { Key: "absent" }] } })
      )
      assert.lengthOf(deleted.Deleted ?? [], 2)
      await client.send(new S3.DeleteObjectCommand({ Bucket, Key: "copy" }))
      assert.deepStrictEqual(await failureOf(client.send(new S3.GetObjectCommand({ Bucket, Key }))), ["NoSuchKey", 404])
      assert.deepStrictEqual(await failureOf(client.send(new S3.HeadObjectCommand({ Bucket, Key }))), ["NotFound", 404])
    }))

  const algorithms = ["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"] as const
  for (const ChecksumAlgorithm of algorithms) {
    it.live(`bodies and parts with ${ChecksumAlgorithm}`, () =>
      withS3(async (client) => {
        const Body = Buffer.concat([...generate(200_000)])
        const put = await client.send(new S3.PutObjectCommand({ Bucket, Key: "bytes", Body, ChecksumAlgorithm }))
        const stream = Readable.from(generate(200_000))
        const input = { Bucket, Key: "stream", Body: stream, ContentLength: 200_000, ChecksumAlgorithm }
        const streamed = await client.send(new S3.PutObjectCommand(input))
        assert.isString(put[`Checksum${ChecksumAlgorithm}`])
        assert.strictEqual(streamed[`Checksum${ChecksumAlgorithm}`], put[`Checksum${ChecksumAlgorithm}`])
        const parts = { Bucket, Key: "parts", Body: Readable.from(generate(6 * mebibyte)), ChecksumAlgorithm }
        const { ETag } = await new Upload({ client, params: parts }).done()
        assert.match(ETag ?? "", /-2"$/)
        const found = await client.send(new S3.GetObjectCommand({ Bucket, Key: "parts", ChecksumMode: "ENABLED" }))
        assert.strictEqual(
          await summaryOf(found.Body as AsyncIterable<Uint8Array>),
          await summaryOf(generate(6 * mebibyte))
        )
        assert.isString(found[`Checksum${ChecksumAlgorithm}`])
      }))
  }

  it.live("without checksums, with virtual hosts, and with server-side encryption", () =>
    withS3(async (client) => {
      const encryption = { ServerSideEncryption: "aws:kms", SSEKMSKeyId: "key", BucketKeyEnabled: true } as const
      const put = await client.send(new S3.PutObjectCommand({ Bucket, Key: "k", Body: "a", ...encryption }))
      assert.deepInclude(put, encryption)
      assert.deepInclude(await client.send(new S3.HeadObjectCommand({ Bucket, Key: "k" })), encryption)
    }, { requestChecksumCalculation: "WHEN_REQUIRED", responseChecksumValidation: "WHEN_REQUIRED" }))

  it.live("another region, other credentials", () =>
    withS3(async (client) => {
      const put = () => client.send(new S3.PutObjectCommand({ Bucket, Key: "k", Body: Buffer.alloc(8 * mebibyte) }))
      assert.deepStrictEqual(await failureOf(put()), ["AuthorizationHeaderMalformed", 400])
    }, { region: "us-west-2" }).pipe(
      Effect.zipRight(withS3(async (client) => {
        const put = () => client.send(new S3.PutObjectCommand({ Bucket, Key: "k", Body: Buffer.alloc(8 * mebibyte) }))
        assert.deepStrictEqual(await failureOf(put()), ["SignatureDoesNotMatch", 403])
      }, { credentials: { ...keys, secretAccessKey: "other" } }))
    ))

  it.live("300 MB in constant memory, both ways", () =>
    withS3(
      async (client) => {
        const size = 300 * mebibyte
        const expected = await summaryOf(generate(size))
        const start = process.memoryUsage().rss
        let peak = start
        const timer = setInterval(() => {
          peak = Math.max(peak, process.memoryUsage().rss)
        }, 20)
        await client.send(
          new S3.PutObjectCommand({ Bucket, Key: "big", Body: Readable.from(generate(size)), ContentLength: size })
        )
        const found = await client.send(new S3.GetObjectCommand({ Bucket, Key: "big" }))
        assert.strictEqual(await summaryOf(found.Body as AsyncIterable<Uint8Array>), expected)
        await new Upload({ client, params: { Bucket, Key: "parts", Body: Readable.from(generate(size)) } }).done()
        const parts = await client.send(new S3.GetObjectCommand({ Bucket, Key: "parts" }))
        assert.strictEqual(await summaryOf(parts.Body as AsyncIterable<Uint8Array>), expected)
        clearInterval(timer)
        console.info(`peak memory: ${Math.round((peak - start) / mebibyte)} MiB above the start`)
        assert.isBelow(peak - start, 200 * mebibyte)
      },
      {},
      { requestTimeout: "3 minutes" }
    ), 180_000)
})
