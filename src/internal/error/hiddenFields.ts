/** Hidden error fields: a program can read them, but nothing prints them. */
import { globalState } from "../global/globalState.ts"

/** The property in which Effect's errors keep their constructor's arguments. */
const plainArgs = Symbol.for("effect/Data/Error/plainArgs")

const hiddenByPrototype = globalState("hiddenByPrototype", () => new WeakMap<object, ReadonlySet<string>>())

/** The hidden values of each error. */
const hiddenValues = globalState("hiddenValues", () => new WeakMap<object, Map<string, unknown>>())

/** Whether a field of an error class, or of a class it extends, is hidden. */
export const isHiddenField = ({ prototype }: { readonly prototype: object }, field: string): boolean => {
  for (let current: object | null = prototype; current !== null; current = Reflect.getPrototypeOf(current)) {
    if (hiddenByPrototype.get(current)?.has(field) === true) {
      return true
    }
  }
  return false
}

/** Defines a field whose value is not a property of the error. */
const defineHidden = (prototype: object, field: string): void => {
  Object.defineProperty(prototype, field, {
    configurable: true,
    enumerable: false,
    get(this: object) {
      return hiddenValues.get(this)?.get(field)
    },
    set(this: object, value: unknown) {
      const values = hiddenValues.get(this) ?? new Map<string, unknown>()
      hiddenValues.set(this, values.set(field, value))
    }
  })
}

/** `inspect` with `showHidden` and `getters` prints the accessors of three prototypes. This is the next one. */
const unprintedPrototype = ({ prototype }: { readonly prototype: object }): object => {
  const parent = Reflect.getPrototypeOf(prototype) ?? prototype
  return Reflect.getPrototypeOf(parent) ?? parent
}

/**
 * Sets a hidden field of an error, whose class need not declare it.
 *
 * Effect gives every class of `Schema.TaggedError` its own prototype with the property `name`. The field is
 * defined there, so that it is not printed.
 */
export const setHiddenField = (error: unknown, field: string, value: unknown): void => {
  if (value === undefined || typeof error !== "object" || error === null) {
    return
  }
  const prototype = unprintedPrototype({
    prototype: Reflect.getPrototypeOf(Reflect.getPrototypeOf(error) ?? error) ?? error
  })
  if (!(field in error) && Object.hasOwn(prototype, "name")) {
    defineHidden(prototype, field)
  }
  if (field in error) {
    Reflect.set(error, field, value)
  }
}

/**
 * Hides fields of an error class from `inspect` with any options, `%o`, `JSON.stringify`, spread and `Schema.encode`.
 *
 * `errorClass` must be a new class of `Schema.TaggedError`, which another class extends.
 */
export const hiddenFields = <C extends { readonly prototype: object }>(
  errorClass: C,
  ...fields: ReadonlyArray<string>
): C => {
  hiddenByPrototype.set(errorClass.prototype, new Set(fields))
  const prototype = unprintedPrototype(errorClass)
  for (const field of fields) {
    defineHidden(prototype, field)
  }
  return new Proxy(errorClass, {
    construct(target, args, newTarget) {
      const error: object = Reflect.construct(target as never, args, newTarget)
      const given: unknown = Reflect.get(error, plainArgs)
      if (typeof given === "object" && given !== null) {
        for (const field of fields) {
          Reflect.deleteProperty(given, field)
        }
      }
      return error
    }
  })
}
