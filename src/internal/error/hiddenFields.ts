/** Where Effect's errors keep what they were made of. */
const plainArgs = Symbol.for("effect/Data/Error/plainArgs")

const concealedBy = new WeakMap<object, ReadonlySet<string>>()

/** Whether a member of an error class is kept out of what prints the error. */
export const isHiddenField = ({ prototype }: { readonly prototype: object }, member: string): boolean => {
  for (let at: object | null = prototype; at !== null; at = Reflect.getPrototypeOf(at)) {
    if (concealedBy.get(at)?.has(member) === true) {
      return true
    }
  }
  return false
}

/** Makes own members of an object ones that are read by a function, which nothing calls that prints: not even `%o`. */
const hide = (object: unknown, members: ReadonlyArray<string>): void => {
  if (typeof object === "object" && object !== null) {
    for (const member of members.filter((name) => Object.hasOwn(object, name))) {
      const value: unknown = Reflect.get(object, member)
      Object.defineProperty(object, member, { get: () => value, configurable: true, enumerable: false })
    }
  }
}

/**
 * An error class some of whose members are readable but kept out of everything that prints an error: `inspect`, `%o`,
 * `JSON.stringify`, spread.
 *
 * The members stay own properties, so a schema still encodes them when the caller asks for that.
 */
export const hiddenFields = <C extends abstract new(...args: never) => object>(
  errorClass: C,
  ...members: ReadonlyArray<string>
): C => {
  concealedBy.set(errorClass.prototype, new Set(members))
  Object.defineProperty(errorClass.prototype, "toJSON", {
    configurable: true,
    value(this: object) {
      return { ...this, message: Reflect.get(this, "message") }
    }
  })
  return new Proxy(errorClass, {
    construct(target, args, newTarget) {
      const error: object = Reflect.construct(target as never, args, newTarget)
      hide(error, members)
      hide(Reflect.get(error, plainArgs), members)
      return error
    }
  })
}
