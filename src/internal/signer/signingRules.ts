/**
 * Which headers AWS's signer signs, from `@smithy/signature-v4`.
 *
 * The module is loaded on demand, because the package adds 150 kB to a bundle.
 */
import { ALWAYS_UNSIGNABLE_HEADERS, DATE_HEADER, PROXY_HEADER_PATTERN, SEC_HEADER_PATTERN } from "@smithy/signature-v4"

const unsignedPatterns = [PROXY_HEADER_PATTERN, SEC_HEADER_PATTERN]

/** `Date` is not signed, because proxies can change it; the service uses `X-Amz-Date`. */
export const isSigned = (name: string): boolean =>
  name !== DATE_HEADER && !Object.hasOwn(ALWAYS_UNSIGNABLE_HEADERS, name) &&
  !unsignedPatterns.some((pattern) => pattern.test(name))
