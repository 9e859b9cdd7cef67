/**
 * The operations of buckets.
 *
 * Every bucket exists, because asynchronous inference requests can name any location. `ListBuckets` lists the buckets
 * that were created, or that an object was put into.
 */
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { s3Error } from "../error.ts"
import { element, escapeText, parent } from "../xml.ts"
import { emptyResponse, isoDate, type S3Operation, xmlResponse } from "./operation.ts"

/** The region whose location constraint is empty. */
const defaultRegion = "us-east-1"

const account = "123456789012"

export const listBuckets: S3Operation = ({ objects }) =>
  Effect.map(objects.buckets, (buckets) =>
    xmlResponse("ListAllMyBucketsResult", [
      parent("Owner", [element("ID", account), element("DisplayName", account)]),
      parent(
        "Buckets",
        buckets.map(([name, created]) =>
          parent("Bucket", [element("Name", name), element("CreationDate", isoDate(created))])
        )
      )
    ]))

export const createBucket: S3Operation = ({ objects }, { bucket }) =>
  Effect.as(objects.createBucket(bucket), emptyResponse(200, { location: `/${bucket}` }))

export const headBucket: S3Operation = ({ region }) =>
  Effect.succeed(emptyResponse(200, { "x-amz-bucket-region": region }))

export const getBucketLocation: S3Operation = ({ region }) =>
  Effect.succeed(xmlResponse("LocationConstraint", [region === defaultRegion ? "" : escapeText(region)]))

export const deleteBucket: S3Operation = ({ objects }, { bucket, location }) =>
  Effect.gen(function*() {
    const first = yield* Stream.runCollect(Stream.take(objects.list(location), 1))
    if (Chunk.isNonEmpty(first)) {
      return yield* s3Error("BucketNotEmpty")
    }
    yield* objects.deleteBucket(bucket)
    return emptyResponse(204)
  })
