/** Replaces the characters that a token in an HTTP header cannot contain with `-`. */
export const token = (text: string): string => text.replace(/[^!#$%&'*+.^_`|~\w-]/g, "-")
