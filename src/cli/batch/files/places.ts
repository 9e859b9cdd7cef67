/** Files and objects of Amazon S3. */
import type { PlatformError } from "@effect/platform/Error"
import type { FileSystem } from "@effect/platform/FileSystem"
import { Batch, type ObjectStore, type SageMakerError } from "effect-sagemaker-runtime"

/** The errors of files and objects. */
export type PlaceError =
  | PlatformError
  | SageMakerError.CodecError
  | SageMakerError.InvalidInputError
  | SageMakerError.ObjectStoreError

/** The services that files and objects need. */
export type PlaceContext = FileSystem | ObjectStore.ObjectStore

/** Whether a path is the location of an object. */
export const isObject = (path: string): boolean => path.startsWith("s3://")

/** A folder, or the objects below a prefix. */
export const placedFolder = (path: string): Batch.RowFolder<PlaceError, PlaceContext> =>
  isObject(path) ? Batch.objects(path) : Batch.folder(path)

/** The rows of a file or of an object. */
export const placed = <A>(path: string, format: Batch.RowFormat<A>): Batch.RowFile<A, PlaceError, PlaceContext> =>
  isObject(path) ? Batch.object(path, format) : Batch.file(path, format)
