/** What the operations of the emulated S3 share: their input, their responses and the reading of XML. */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Stream from "effect/Stream"
import { firstBytes } from "../../../../internal/objectStore/firstBytes.ts"
import type { ObjectStoreService } from "../../../../ObjectStore.ts"
import type { ObjectStoreError } from "../../../../SageMakerError.ts"
import type { HttpResponseMessage, HttpStreamRequest } from "../../emulator/httpMessage.ts"
import { type S3Error, s3Error } from "../error.ts"
import { fromStoreError, type ObjectProperties, type S3Objects } from "../objects.ts"
import type { Authenticated } from "../request/authentication.ts"
import { checksumElement, checksumHeader } from "../request/checksum.ts"
import { type Payload, payloadOf } from "../request/payload.ts"
import type { Part, Upload, Uploads } from "../uploads.ts"
import { element, parseXml, xmlDocument, type XmlElement, type XmlNode } from "../xml.ts"

/** The state of the service. */
export interface S3Context {
  readonly objects: S3Objects
  readonly uploads: Uploads
  /** The underlying store. */
  readonly store: ObjectStoreService
  readonly region: string
}

/** A request whose signature is valid. */
export interface S3Request extends HttpStreamRequest {
  readonly bucket: string
  /** Empty for an operation of a bucket. */
  readonly key: string
  /** The location of the object in the store. */
  readonly location: string
  readonly query: URLSearchParams
  readonly authenticated: Authenticated
}

/** Handles the requests of one operation. */
export type S3Operation = (
  context: S3Context,
  request: S3Request
) => Effect.Effect<HttpResponseMessage, S3Error | ObjectStoreError>

export const emptyResponse = (status: number, headers: HttpResponseMessage["headers"] = {}): HttpResponseMessage => ({
  status,
  headers: status === 204 || status === 304 ? headers : { "content-length": "0", ...headers },
  body: new Uint8Array()
})

export const xmlResponse = (
  root: string,
  children: ReadonlyArray<XmlNode>,
  headers: HttpResponseMessage["headers"] = {}
): HttpResponseMessage => ({
  status: 200,
  headers: { "content-type": "application/xml", ...headers },
  body: xmlDocument(root, children)
})

/** The body of a request, verified while it is read. */
export const readPayload = (request: S3Request): Either.Either<Payload, S3Error> =>
  payloadOf(request, request.authenticated)

const maxXmlBytes = 4 * 1024 * 1024

const decoder = new TextDecoder("utf-8", { fatal: true })

const decodeText = (bytes: Uint8Array): Either.Either<string, S3Error> =>
  Either.try({ try: () => decoder.decode(bytes), catch: () => s3Error("MalformedXML") })

/** The XML document in the body of a request. */
export const readXml = (request: S3Request, root: string): Effect.Effect<XmlElement, S3Error> =>
  Effect.gen(function*() {
    const { size, stream } = yield* readPayload(request)
    if (size > maxXmlBytes) {
      return yield* s3Error("MaxMessageLengthExceeded")
    }
    const document = parseXml(yield* decodeText(yield* firstBytes(stream)))
    return yield* Either.filterOrLeft(
      Either.mapLeft(document, () => s3Error("MalformedXML")),
      ({ name }) => name === root,
      () => s3Error("MalformedXML")
    )
  })

/** The number in a query parameter, from 0; `fallback` if the parameter is absent. */
export const countIn = (query: URLSearchParams, name: string, fallback: number): Either.Either<number, S3Error> => {
  const text = query.get(name) ?? ""
  if (text === "") {
    return Either.right(fallback)
  }
  return /^\d{1,10}$/.test(text)
    ? Either.right(Number(text))
    : Either.left(s3Error("InvalidArgument", `Provided ${name} not an integer or within integer range`))
}

/** The headers that state a checksum. */
export const checksumHeaders = (checksum: ObjectProperties["checksum"]): Record<string, string> =>
  checksum === undefined
    ? {}
    : { [checksumHeader(checksum.algorithm)]: checksum.value, "x-amz-checksum-type": checksum.type }

/** The element of the checksum of a part. */
export const partChecksumElement = ({ checksum }: Part): ReadonlyArray<XmlNode> =>
  checksum === undefined ? [] : [element(checksumElement(checksum.algorithm), checksum.value)]

/** The headers that state the encryption of an object. */
export const encryptionHeaders = (headers: ObjectProperties["headers"]): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => name.startsWith("x-amz-server-side-encryption")))

export const isoDate = (millis: number): string => new Date(millis).toISOString()

/** A stream that fails unless it has this number of bytes. No byte beyond them is emitted. */
export const exactly = (
  stream: Stream.Stream<Uint8Array, ObjectStoreError>,
  length: number
): Stream.Stream<Uint8Array, S3Error> =>
  Stream.suspend(() => {
    const changed = s3Error("InternalError", "The object was changed while it was read.")
    let remaining = length
    return stream.pipe(
      Stream.mapError(fromStoreError),
      Stream.mapChunksEffect((chunk) => {
        for (const bytes of chunk) {
          remaining -= bytes.byteLength
        }
        return remaining < 0 ? Effect.fail(changed) : Effect.succeed(chunk)
      }),
      Stream.concat(Stream.execute(Effect.suspend(() => (remaining === 0 ? Effect.void : changed))))
    )
  })

/** The upload that a request names. */
export const findUpload = (
  { uploads }: S3Context,
  { bucket, key, query }: S3Request
): Either.Either<Upload, S3Error> => uploads.find(query.get("uploadId") ?? "", bucket, key)
