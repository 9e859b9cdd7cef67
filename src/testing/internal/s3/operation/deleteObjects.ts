/** DeleteObject and DeleteObjects. */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { headerOf } from "../../emulator/httpMessage.ts"
import { errorElements, type S3Error, s3Error } from "../error.ts"
import { fromStoreError } from "../objects.ts"
import { isChecksumHeader } from "../request/checksum.ts"
import { locationOf } from "../route.ts"
import { childrenOf, element, parent, textOf, type XmlElement, type XmlNode } from "../xml.ts"
import { emptyResponse, readXml, type S3Context, type S3Operation, type S3Request, xmlResponse } from "./operation.ts"

const maxObjects = 1_000

/** Removes an object. Succeeds if there is none. */
export const deleteObject: S3Operation = ({ objects }, { location }) =>
  Effect.as(objects.remove(location), emptyResponse(204))

const requestedKeys = (document: XmlElement): Either.Either<ReadonlyArray<string>, S3Error> => {
  const keys = childrenOf(document, "Object").map((object) => textOf(object, "Key") ?? "")
  return keys.length > 0 && keys.length <= maxObjects && !keys.includes("")
    ? Either.right(keys)
    : Either.left(s3Error("MalformedXML"))
}

const remove = (
  { objects }: S3Context,
  bucket: string,
  key: string,
  isQuiet: boolean
): Effect.Effect<ReadonlyArray<XmlNode>> =>
  Effect.flatMap(locationOf(bucket, key), (location) => Effect.mapError(objects.remove(location), fromStoreError)).pipe(
    Effect.match({
      onSuccess: () => (isQuiet ? [] : [parent("Deleted", [element("Key", key)])]),
      onFailure: (error) => [parent("Error", [element("Key", key), ...errorElements(error)])]
    })
  )

const hasDigest = (request: S3Request): boolean =>
  headerOf(request, "content-md5") !== undefined ||
  headerOf(request, "x-amz-trailer") !== undefined ||
  Object.keys(request.headers).some(isChecksumHeader)

/** Removes up to 1,000 objects. */
export const deleteObjects: S3Operation = (context, request) =>
  Effect.gen(function*() {
    if (!hasDigest(request)) {
      return yield* s3Error(
        "InvalidRequest",
        "Missing required header for this request: Content-MD5 OR x-amz-checksum-*"
      )
    }
    const document = yield* readXml(request, "Delete")
    const isQuiet = textOf(document, "Quiet")?.trim() === "true"
    const keys = yield* requestedKeys(document)
    const results = yield* Effect.forEach(keys, (key) => remove(context, request.bucket, key, isQuiet), {
      concurrency: 8
    })
    return xmlResponse("DeleteResult", results.flat())
  })
