/** Functions of all presets, for their own options and the input members that every call sends. */
import * as Either from "effect/Either"
import type * as Codec from "../../Codec.ts"
import * as ModelEndpoint from "../../ModelEndpoint.ts"
import { readOptions } from "../operation/readMembers.ts"

/** The members of options. Invalid options have none; `makeEndpoint` reports them. */
export const ownOptions = <O extends object>(options: O | undefined): Partial<O> =>
  Either.getOrElse(readOptions(options, "options"), () => ({})) as Partial<O>

/** A typed model with the options of a preset, without the preset's own options. */
export const makeEndpoint = <A, R1, B, R2>(
  name: string,
  options: object | undefined,
  own: ReadonlyArray<string>,
  codecs: { readonly request: Codec.Codec<A, R1>; readonly response: Codec.Codec<B, R2> }
): ModelEndpoint.ModelEndpoint<A, B, R1 | R2> =>
  Either.match(readOptions(options, "options"), {
    onLeft: () => ModelEndpoint.make(name, options as typeof codecs),
    onRight: (members) =>
      ModelEndpoint.make(name, {
        ...Object.fromEntries(Object.entries(members).filter(([member]) => !own.includes(member))),
        ...codecs
      })
  })
