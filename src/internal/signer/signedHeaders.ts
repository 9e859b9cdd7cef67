/**
 * Selects the headers of a request that are signed.
 *
 * This module has the headers of AWS's operations. For other headers, it loads the rules of `@smithy/signature-v4`, so that
 * a program without such headers starts faster.
 */
import type { Awaitable } from "../../protocol/bytes/sha256.ts"
import { memoize } from "../../protocol/function/memoize.ts"

/** The signed headers in their order, and their names joined with `;`. */
export interface SignedHeaders {
  readonly signedNames: ReadonlyArray<string>
  readonly signedHeaders: string
}

/** Headers of this package's operations and of AWS's authentication. All are signed, except `user-agent`. */
const knownName = /^(?:accept|amz-sdk-(?:invocation-id|request)|content-(?:length|type)|host|x-amz(?:n-sagemaker)?-.+)$/

/** Whether a header is signed; `undefined` if the rules are needed. */
export const isKnownSigned = (name: string): boolean | undefined => {
  if (name === "user-agent") {
    return false
  }
  return knownName.test(name) ? true : undefined
}

const select = (names: ReadonlyArray<string>, isSigned: (name: string) => boolean): SignedHeaders => {
  const signedNames = names.filter(isSigned).toSorted()
  return { signedNames, signedHeaders: signedNames.join(";") }
}

const selectKnown = (names: string): SignedHeaders | undefined => {
  const all = names.split(";")
  return all.some((name) => isKnownSigned(name) === undefined)
    ? undefined
    : select(all, (name) => isKnownSigned(name) === true)
}

type Select = (names: string) => SignedHeaders | undefined

/** Memoized by the header names of a request, because most requests of a client have equal names. */
let selectIfPossible: Select = memoize(selectKnown)

const loadRules = async (): Promise<void> => {
  const { isSigned } = await import("./signingRules.ts")
  selectIfPossible = memoize((names) => select(names.split(";"), isSigned))
}

/** Selects the signed headers from the names of all headers, in lowercase, joined with `;`. */
export const selectSignedHeaders = (names: string): Awaitable<SignedHeaders> =>
  selectIfPossible(names) ?? loadRules().then(() => selectIfPossible(names)!)
