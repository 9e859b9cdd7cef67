/** Picks the members of the expectation, because a failed comparison of complete errors cannot be printed. */
export const pickMembersOf = (actual: object, expected: object): object =>
  Object.fromEntries(Object.keys(expected).map((name) => [name, Reflect.get(actual, name)]))
