/** AWS's packages for Amazon S3, imported when they are first needed. */
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import type * as S3 from "./aws/clientS3.ts"
import type * as Storage from "./aws/libStorage.ts"
import { StoreFailure } from "./failure.ts"

export type S3Package = typeof S3

export type StoragePackage = typeof Storage

const install = "npm install @aws-sdk/client-s3 @aws-sdk/lib-storage"

const notFoundCodes = new Set<unknown>(["ERR_MODULE_NOT_FOUND", "MODULE_NOT_FOUND"])

const importFailure = (name: string) => (error: unknown): StoreFailure => {
  const code = Predicate.hasProperty(error, "code") ? error.code : undefined
  const problem = notFoundCodes.has(code) ? "is not installed" : "cannot be imported"
  return new StoreFailure("other", `the package ${name} ${problem}; run: ${install}`)
}

/** `import` itself memoizes the module. */
export const loadS3: Effect.Effect<S3Package, StoreFailure> = Effect.tryPromise({
  try: () => import("./aws/clientS3.ts"),
  catch: importFailure("@aws-sdk/client-s3")
})

export const loadStorage: Effect.Effect<StoragePackage, StoreFailure> = Effect.tryPromise({
  try: () => import("./aws/libStorage.ts"),
  catch: importFailure("@aws-sdk/lib-storage")
})
