/** `instanceof` across copies of this package. */
import * as Predicate from "effect/Predicate"

const isInstance = Function.prototype[Symbol.hasInstance]

/** Whether a value has a member with a value. `false` if it cannot be read, as of a proxy that throws. */
export const hasMember = (value: unknown, key: symbol, expected: unknown): boolean => {
  try {
    return Predicate.isObject(value) && Reflect.get(value, key) === expected
  } catch {
    return false
  }
}

/**
 * Makes `instanceof` of each class that extends `base` also true for instances of the class in other copies.
 *
 * A program that imports ES modules and requires CommonJS modules loads two copies. A class of the user that extends such
 * a class has only its own instances.
 */
export const sharedInstances = <C extends { readonly prototype: object }>(base: C, name: string): C => {
  const key = Symbol.for(`effect-sagemaker-runtime/${name}`)
  Object.defineProperty(base.prototype, key, { value: name })
  return Object.defineProperty(base, Symbol.hasInstance, {
    value(this: object, value: unknown) {
      return isInstance.call(this as never, value) ||
        (Reflect.getPrototypeOf(this) === base && hasMember(value, key, name))
    }
  })
}
