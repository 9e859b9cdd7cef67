/** The code, the message and the members of an error response. */
export interface ErrorBody {
  readonly code: string | undefined
  readonly message: string | undefined
  readonly members: { readonly [name: string]: unknown }
}

const sanitize = (code: unknown): string | undefined => {
  if (typeof code !== "string") {
    return undefined
  }
  const beforeUri = code.split(":", 1)[0] ?? ""
  const name = beforeUri.slice(beforeUri.lastIndexOf("#") + 1).trim()
  return /^[\w.-]{1,128}$/.test(name) ? name : undefined
}

const parseObject = (text: string): { readonly [name: string]: unknown } => {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : {}
  } catch {
    return {}
  }
}

const firstText = (...candidates: ReadonlyArray<unknown>): string | undefined =>
  candidates.find((_): _ is string => typeof _ === "string" && _ !== "")

/**
 * Reads an error response of the protocol restJson1.
 *
 * The code is the header `x-amzn-errortype`, else `__type`, else `code`, without namespace and URI suffix. Parts that cannot
 * be read are `undefined`.
 */
export const parseError = (errorType: string | undefined, body: string): ErrorBody => {
  const members = parseObject(body)
  return {
    code: sanitize(errorType) ?? sanitize(members["__type"]) ?? sanitize(members["code"]),
    message: firstText(members["Message"], members["message"]),
    members
  }
}

/** Codes that also occur with the suffix `Exception`. */
const suffixedCodes = [
  "AccessDenied",
  "ExpiredToken",
  "IncompleteSignature",
  "InvalidToken",
  "MissingAuthenticationToken",
  "NotAuthorized"
]

const accessDeniedCodes = new Set([
  ...suffixedCodes,
  ...suffixedCodes.map((code) => `${code}Exception`),
  "AuthFailure",
  "AuthorizationError",
  "AuthorizationHeaderMalformed",
  "ForbiddenException",
  "InvalidAccessKeyId",
  "InvalidClientTokenId",
  "InvalidSecurity",
  "InvalidSignatureException",
  "OptInRequired",
  "RequestExpired",
  "RequestInTheFuture",
  "RequestTimeTooSkewed",
  "SignatureDoesNotMatch",
  "TokenRefreshRequired",
  "UnauthorizedException",
  "UnauthorizedOperation",
  "UnrecognizedClientException"
])

/** Whether an error code means a failure of authentication, signature, token or permission. */
export const isAccessDeniedCode = (code: string): boolean => accessDeniedCodes.has(code)
