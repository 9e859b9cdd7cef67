/** ListMultipartUploads and ListParts. */
import * as Effect from "effect/Effect"
import { compareKeys } from "../../../../internal/objectStore/location.ts"
import { hex } from "../../../../protocol/bytes/bytes.ts"
import type { Upload } from "../uploads.ts"
import { element, parent } from "../xml.ts"
import { countIn, findUpload, isoDate, partChecksumElement, type S3Operation, xmlResponse } from "./operation.ts"

const maxItems = 1_000

const compareUploads = (a: Upload, b: Upload): number => compareKeys(a.key, b.key) || compareKeys(a.id, b.id)

/** Lists the unfinished uploads of a bucket. */
export const listMultipartUploads: S3Operation = ({ uploads }, { bucket, query }) =>
  Effect.gen(function*() {
    const [prefix, marker] = [query.get("prefix") ?? "", query.get("key-marker") ?? ""]
    const idMarker = query.get("upload-id-marker") ?? ""
    const limit = Math.min(maxItems, yield* countIn(query, "max-uploads", maxItems))
    const isAfterMarker = ({ id, key }: Upload) => {
      const order = compareKeys(key, marker)
      return marker === "" || order > 0 || (order === 0 && idMarker !== "" && id > idMarker)
    }
    const found = (yield* uploads.all)
      .filter((upload) => upload.bucket === bucket && upload.key.startsWith(prefix) && isAfterMarker(upload))
      .toSorted(compareUploads)
    const page = found.slice(0, limit)
    const last = page.at(-1)
    const isTruncated = found.length > page.length && last !== undefined
    return xmlResponse("ListMultipartUploadsResult", [
      element("Bucket", bucket),
      element("Prefix", prefix),
      element("KeyMarker", marker),
      element("UploadIdMarker", idMarker),
      ...(isTruncated ? [element("NextKeyMarker", last.key), element("NextUploadIdMarker", last.id)] : []),
      element("MaxUploads", limit),
      element("IsTruncated", isTruncated),
      ...page.map(({ id, initiated, key }) =>
        parent("Upload", [
          element("Key", key),
          element("UploadId", id),
          element("StorageClass", "STANDARD"),
          element("Initiated", isoDate(initiated))
        ])
      )
    ])
  })

/** Lists the parts of an upload. */
export const listParts: S3Operation = (context, request) =>
  Effect.gen(function*() {
    const { bucket, key, query } = request
    const upload = yield* findUpload(context, request)
    const marker = yield* countIn(query, "part-number-marker", 0)
    const limit = Math.min(maxItems, yield* countIn(query, "max-parts", maxItems))
    const found = [...upload.parts.values()]
      .filter(({ number }) => number > marker)
      .toSorted((a, b) => a.number - b.number)
    const page = found.slice(0, limit)
    const last = page.at(-1)
    const isTruncated = found.length > page.length && last !== undefined
    return xmlResponse("ListPartsResult", [
      element("Bucket", bucket),
      element("Key", key),
      element("UploadId", upload.id),
      element("PartNumberMarker", marker),
      ...(last === undefined ? [] : [element("NextPartNumberMarker", last.number)]),
      element("MaxParts", limit),
      element("IsTruncated", isTruncated),
      element("StorageClass", "STANDARD"),
      ...page.map((part) =>
        parent("Part", [
          element("PartNumber", part.number),
          element("LastModified", isoDate(part.lastModified)),
          element("ETag", `"${hex(part.md5)}"`),
          element("Size", part.size),
          ...partChecksumElement(part)
        ])
      )
    ])
  })
