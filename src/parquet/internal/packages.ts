/** Imports the packages for Parquet when a file is read or written. */
import * as Effect from "effect/Effect"
import { undecodable, unencodable } from "../../internal/codec/codecError.ts"
import type { CodecError } from "../../SageMakerError.ts"

export const mediaType = "application/vnd.apache.parquet"

const noBytes = new Uint8Array()

const missing = (name: string): string =>
  `the package ${name} cannot be imported: npm install hyparquet hyparquet-writer`

export const unreadable = (problem: string): CodecError => undecodable(mediaType, noBytes, problem)

export const unwritable = (problem: string): CodecError => unencodable(mediaType, problem)

export const loadReader = Effect.tryPromise({
  try: async () => import("hyparquet"),
  catch: () => unreadable(missing("hyparquet"))
})

export const loadThrift = Effect.tryPromise({
  try: async () => import("hyparquet/src/thrift.js"),
  catch: () => unreadable(missing("hyparquet"))
})

export const loadWriter = Effect.tryPromise({
  try: async () => import("hyparquet-writer"),
  catch: () => unwritable(missing("hyparquet-writer"))
})
