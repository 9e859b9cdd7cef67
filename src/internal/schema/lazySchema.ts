/**
 * Schemas that are built when they are first used.
 *
 * The main entry has hundreds of schemas. Building them at import takes longer than everything else in its modules, and
 * most programs use a few of them. `Schema.suspend` would change the type and the AST of a public schema.
 */
import type * as Schema from "effect/Schema"
import { lazy } from "../../protocol/function/lazy.ts"

/** The property `prototype` of a class is constant, so that a proxy cannot return another one. */
const isConstant = (key: string | symbol): boolean => key === "prototype"

/** Returns what `build` returns, but calls it when a property is first read. */
export const lazySchema = <S extends Schema.Schema.All>(build: () => S): S => {
  const built = lazy(build)
  // Every schema of Effect is a class that another class can extend. A function without a prototype is not.
  // oxlint-disable-next-line typescript/no-extraneous-class
  const standIn = class {}
  return new Proxy(standIn, {
    get: (target, key) => Reflect.get(isConstant(key) ? target : built(), key),
    has: (_, key) => Reflect.has(built(), key),
    getPrototypeOf: () => Reflect.getPrototypeOf(built()),
    ownKeys: () => Reflect.ownKeys(built()),
    getOwnPropertyDescriptor: (target, key) => {
      if (isConstant(key)) {
        return Reflect.getOwnPropertyDescriptor(target, key)
      }
      const descriptor = Reflect.getOwnPropertyDescriptor(built(), key)
      return descriptor && { ...descriptor, configurable: true }
    }
  }) as unknown as S
}
