/** Hidden error fields: a program can read them, but loggers do not print them. */

/** The property in which Effect's errors keep their constructor's arguments. */
const plainArgs = Symbol.for("effect/Data/Error/plainArgs")

const hiddenByPrototype = new WeakMap<object, ReadonlySet<string>>()

/** Whether a field of an error class, or of a class it extends, is hidden. */
export const isHiddenField = ({ prototype }: { readonly prototype: object }, field: string): boolean => {
  for (let current: object | null = prototype; current !== null; current = Reflect.getPrototypeOf(current)) {
    if (hiddenByPrototype.get(current)?.has(field) === true) {
      return true
    }
  }
  return false
}

/** A getter, because `%o` and `inspect` with `showHidden` print the value of a property that is not enumerable. */
const hide = (object: unknown, fields: ReadonlyArray<string>): void => {
  if (typeof object !== "object" || object === null) {
    return
  }
  for (const field of fields.filter((name) => Object.hasOwn(object, name))) {
    const value: unknown = Reflect.get(object, field)
    Object.defineProperty(object, field, { get: () => value, configurable: true, enumerable: false })
  }
}

/**
 * Hides fields of an error class from `inspect`, `%o`, `JSON.stringify` and spread.
 *
 * They are own properties, so that a schema can still encode them.
 */
export const hiddenFields = <C extends { readonly prototype: object }>(
  errorClass: C,
  ...fields: ReadonlyArray<string>
): C => {
  hiddenByPrototype.set(errorClass.prototype, new Set(fields))
  return new Proxy(errorClass, {
    construct(target, args, newTarget) {
      const error: object = Reflect.construct(target as never, args, newTarget)
      hide(error, fields)
      hide(Reflect.get(error, plainArgs), fields)
      return error
    }
  })
}
