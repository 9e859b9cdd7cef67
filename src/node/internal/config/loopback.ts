const loopback = /^(localhost|.*\.localhost|127(\.[0-9]{1,3}){3}|\[::1\])$/

/** Whether a host name of a URL is a loopback address. */
export const isLoopback = (hostname: string): boolean => loopback.test(hostname)
