/** The members of an object that an expectation names: a failed comparison of whole errors cannot be printed. */
export const pickMembersOf = (actual: object, expected: object): object =>
  Object.fromEntries(Object.keys(expected).map((name) => [name, Reflect.get(actual, name)]))
