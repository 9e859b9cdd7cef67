/**
 * An object store on Amazon S3.
 *
 * @since 0.1.0
 */

/**
 * An `ObjectStore` on Amazon S3, or a store with an API that is compatible with Amazon S3.
 *
 * @since 0.1.0
 */
export * as S3ObjectStore from "./S3ObjectStore.ts"
