/** Keys in lists of objects. */

/** Decodes a key in a response with the encoding type `url`, which encodes a space as `+`. */
export const decodeKey = (key: string): string => decodeURIComponent(key.replaceAll("+", " "))
