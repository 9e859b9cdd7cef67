/** Text kept to the characters a token of a header may have. */
export const token = (text: string): string => text.replace(/[^!#$%&'*+.^_`|~\w-]/g, "-")
