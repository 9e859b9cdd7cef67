/** Whether a member of an error class is kept out of what prints the error. */
export const isConcealed = (errorClass: { readonly prototype: object }, member: string): boolean =>
  Object.getOwnPropertyDescriptor(errorClass.prototype, member)?.set !== undefined

/**
 * Keeps members of an error class readable but out of everything that prints it: `inspect`, `JSON.stringify`, spread.
 *
 * The members stay own properties, so a schema still encodes them when the caller asks for that.
 */
export const conceal = (
  errorClass: { readonly prototype: object },
  ...members: ReadonlyArray<string>
): void => {
  for (const member of members) {
    Object.defineProperty(errorClass.prototype, member, {
      configurable: true,
      set(this: object, value: unknown) {
        Object.defineProperty(this, member, { value, configurable: true, enumerable: false, writable: false })
      }
    })
  }
  Object.defineProperty(errorClass.prototype, "toJSON", {
    configurable: true,
    value(this: object) {
      return { ...this, message: Reflect.get(this, "message") }
    }
  })
}
