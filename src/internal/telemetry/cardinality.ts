/** Values of metric dimensions: a limited number of them, each of a known form. */

/** The value in place of an invalid value, or of a value above the limit. */
export const otherValue = "_OTHER"

/** The first values of a dimension. A limit on them limits the number of time series. */
export class BoundedValues {
  readonly #known = new Set<string>()
  readonly #form: RegExp
  readonly #limit: number

  constructor(form: RegExp, limit: number) {
    this.#form = form
    this.#limit = limit
  }

  /** The value itself if it is known, or if it has the form and the limit allows it. Otherwise `_OTHER`. */
  of(value: string): string {
    if (this.#known.has(value)) {
      return value
    }
    if (this.#known.size >= this.#limit || !this.#form.test(value)) {
      return otherValue
    }
    this.#known.add(value)
    return value
  }
}
