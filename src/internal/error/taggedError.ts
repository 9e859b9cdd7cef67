/**
 * Error classes whose schema is built by the first error, or when a program uses the class as a schema.
 *
 * Building the schemas of all error classes at import would take half of the time of the modules of a client.
 */
import * as Data from "effect/Data"
import * as Schema from "effect/Schema"
import { lazy } from "../../protocol/function/lazy.ts"

/**
 * The prototypes that `Schema.TaggedError` gives to an error class, except the `message` of a class without the field.
 *
 * Effect finds an instance of the same class in another copy of this package by the symbol.
 */
const prototypesOf = (tag: string): object => {
  const symbol = Symbol.for(`effect/Schema/TaggedError/${tag}`)
  class Named extends Data.Error {}
  Named.prototype.name = tag
  class Identified extends Named {
    get [symbol]() {
      return symbol
    }
  }
  return Object.create(Identified.prototype) as object
}

/** As `Schema.TaggedError`. Each class must have the field `message` or override it. */
export const taggedError = <Self>() =>
<Tag extends string, Fields extends Schema.Struct.Fields>(
  tag: Tag,
  fields: () => Fields
): Schema.TaggedErrorClass<Self, Tag, { readonly _tag: Schema.tag<Tag> } & Fields> => {
  const built = lazy((): Function => Schema.TaggedError<Error>(tag)(tag, fields()))
  // `instanceof` reads the symbol from every class.
  const statics = new Proxy(Function.prototype, {
    get: (target, key, self) => Reflect.get(key === Symbol.hasInstance ? target : built(), key, self) as unknown,
    has: (_, key) => Reflect.has(built(), key)
  })
  const lazyClass = function(...args: ReadonlyArray<unknown>): object {
    return Reflect.construct(built(), args, new.target) as object
  }
  lazyClass._tag = tag
  lazyClass.prototype = Object.defineProperty(prototypesOf(tag), "constructor", {
    configurable: true,
    writable: true,
    value: lazyClass
  })
  return Object.setPrototypeOf(lazyClass, statics) as never
}
