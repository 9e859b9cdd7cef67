/** The requests of Hugging Face's containers: JSON, or the bytes of an image or a recording. */
import { encodeBase64 } from "#base64"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import * as Codec from "../../../Codec.ts"
import type { CodecError } from "../../../SageMakerError.ts"
import { unencodable, unreadableValue } from "../../codec/codecError.ts"
import { type Members, readMembers } from "../../operation/readMembers.ts"
import { lazySchema } from "../../schema/lazySchema.ts"
import { mediaTypeOf } from "./mediaType.ts"

const json = Codec.json(lazySchema(() => Schema.Record({ key: Schema.String, value: Schema.Unknown })))

const fileTypes = ["image/*", "audio/*"]

/** `instanceof` throws for a revoked proxy. */
const isBytes = (value: unknown): value is Uint8Array => ArrayBuffer.isView(value) && value instanceof Uint8Array

const isPlain = (value: object): boolean => {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === null || prototype === Object.prototype
}

/** Replaces bytes with Base64 text. `JSON.stringify` would write them as an object. Throws for a value that contains itself. */
const withoutBytes = (value: unknown): unknown => {
  if (isBytes(value)) {
    return encodeBase64(value)
  }
  if (Array.isArray(value)) {
    return value.map(withoutBytes)
  }
  return typeof value === "object" && value !== null && isPlain(value)
    ? Object.fromEntries(Object.entries(value).map(([name, member]) => [name, withoutBytes(member)]))
    : value
}

const encodeJson = (members: Members): Effect.Effect<Uint8Array | Codec.EncodedValue, CodecError> =>
  Effect.try({
    try: () => withoutBytes(members) as Members,
    catch: () => unreadableValue(json.mediaType)
  }).pipe(Effect.flatMap(json.encode))

/** The kind of the files of a task, `undefined` for a task without files as request bodies. */
export type FileKind = "image" | "audio" | undefined

const encodeFile = (
  file: Uint8Array,
  contentType: unknown,
  kind: "image" | "audio"
): Effect.Effect<Codec.EncodedValue, CodecError> => {
  const type = contentType ?? mediaTypeOf(file, kind)
  return typeof type === "string"
    ? Effect.succeed({ body: file, contentType: type })
    : Effect.fail(unencodable(json.mediaType, "contentType must be a string"))
}

const encode = (members: Members, kind: FileKind) => {
  const { contentType, ...body } = members
  if (kind === undefined) {
    return encodeJson(members)
  }
  const { inputs, parameters } = body
  return isBytes(inputs) && (parameters === undefined || parameters === null)
    ? encodeFile(inputs, contentType, kind)
    : encodeJson(body)
}

/** The members of a request. Bytes alone are a file. Another value that is not an object has no inputs. */
const membersOf = (value: unknown, kind: FileKind): Either.Either<Members, CodecError> => {
  if (kind !== undefined && isBytes(value)) {
    return Either.right({ inputs: value })
  }
  return typeof value !== "object" || value === null || isBytes(value)
    ? Either.left(unencodable(json.mediaType, "expected an object with inputs"))
    : Either.mapLeft(readMembers(value, "request"), () => unreadableValue(json.mediaType))
}

const isFile = (contentType: string | undefined): boolean => /^\s*(?:image|audio)\//i.test(contentType ?? "")

export const requestCodec = <A>(kind: FileKind): Codec.Codec<A> => ({
  mediaType: json.mediaType,
  reads: [...json.reads ?? [], ...fileTypes],
  encode: (value) => Effect.flatMap(membersOf(value, kind), (members) => encode(members, kind)),
  decode: (body, contentType) =>
    (isFile(contentType)
      ? Effect.succeed({ inputs: body, contentType })
      : json.decode(body, contentType)) as Effect.Effect<
        A,
        CodecError
      >
})
