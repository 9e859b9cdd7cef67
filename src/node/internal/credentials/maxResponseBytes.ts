/** The limit of a response with credentials, in bytes. Such a response has a few kilobytes. */
export const maxResponseBytes = 1024 * 1024
