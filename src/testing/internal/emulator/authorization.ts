/** Reads the authorization of a request: the fields of the `Authorization` header or of a presigned URL. */
import * as Either from "effect/Either"
import { headerOf, type HttpRequestHead, queryOf } from "./httpMessage.ts"

/** The fields of a signature. */
export interface Authorization {
  readonly accessKeyId: string
  readonly credentialScope: CredentialScope
  readonly signedHeaders: ReadonlyArray<string>
  readonly signature: string
  /** The time of the signature, as `YYYYMMDDTHHMMSSZ`. */
  readonly amzDate: string
  readonly sessionToken: string | undefined
  /** How long a presigned URL is valid, in seconds. `undefined` for a signature in the header. */
  readonly expiresSeconds: number | undefined
}

export interface CredentialScope {
  readonly date: string
  readonly region: string
  readonly service: string
}

/** AWS's error for an invalid signature. */
export interface SignatureError {
  readonly status: number
  readonly code: string
  readonly message: string
}

export const algorithm = "AWS4-HMAC-SHA256"
export const terminator = "aws4_request"

const maxExpiresSeconds = 604_800

export const signatureError = (status: number, code: string, message: string): SignatureError => ({
  status,
  code,
  message
})

const incomplete = (message: string) => Either.left(signatureError(400, "IncompleteSignatureException", message))

type Fields = Omit<Authorization, "accessKeyId" | "credentialScope" | "signedHeaders"> & {
  readonly credential: string
  readonly signedHeaders: string
}

const withCredential = (
  { credential, signedHeaders, ...fields }: Fields
): Either.Either<Authorization, SignatureError> => {
  const parts = credential.split("/")
  const [accessKeyId = "", date = "", region = "", service = ""] = parts
  if (parts.length !== 5 || parts.includes("")) {
    return incomplete(
      "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term"
    )
  }
  return parts[4] === terminator
    ? Either.right({
      ...fields,
      accessKeyId,
      credentialScope: { date, region, service },
      signedHeaders: signedHeaders.split(";")
    })
    : incomplete(`Credential should be scoped with a valid terminator: '${terminator}'.`)
}

const headerParameters = (text: string): ReadonlyMap<string, string> =>
  new Map(
    text.split(",").map((parameter) => {
      const [name = "", ...value] = parameter.trim().split("=")
      return [name, value.join("=")]
    })
  )

const fromHeader = (
  request: HttpRequestHead,
  header: string
): Either.Either<Authorization, SignatureError> => {
  const [scheme, ...rest] = header.split(" ")
  const parameters = headerParameters(scheme === algorithm ? rest.join(" ") : "")
  const parameter = (name: string): string => parameters.get(name) ?? ""
  const amzDate = headerOf(request, "x-amz-date") ?? ""
  const missing = ["Credential", "Signature", "SignedHeaders"].filter((name) => parameter(name) === "")
  if (missing.length > 0 || amzDate === "") {
    return incomplete([
      ...missing.map((name) => `Authorization header requires '${name}' parameter.`),
      ...(amzDate === ""
        ? ["Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header."]
        : [])
    ].join(" "))
  }
  return withCredential({
    credential: parameter("Credential"),
    signedHeaders: parameter("SignedHeaders"),
    signature: parameter("Signature"),
    amzDate,
    sessionToken: headerOf(request, "x-amz-security-token"),
    expiresSeconds: undefined
  })
}

const queryParameters = ["Algorithm", "Credential", "Signature", "SignedHeaders", "Date", "Expires"].map(
  (name) => `X-Amz-${name}`
)

const fromQuery = (query: URLSearchParams): Either.Either<Authorization, SignatureError> => {
  const parameter = (name: string): string => query.get(`X-Amz-${name}`) ?? ""
  const missing = queryParameters.filter((name) => (query.get(name) ?? "") === "")
  if (missing.length > 0) {
    const problems = missing.map((name) => `AWS query-string parameters must include '${name}'.`)
    return incomplete(`${problems.join(" ")} Re-examine the query-string parameters.`)
  }
  if (parameter("Algorithm") !== algorithm) {
    return incomplete(`X-Amz-Algorithm only supports "${algorithm}"`)
  }
  const expiresSeconds = /^\d{1,9}$/.test(parameter("Expires")) ? Number(parameter("Expires")) : Number.NaN
  if (!(expiresSeconds >= 1 && expiresSeconds <= maxExpiresSeconds)) {
    return incomplete("X-Amz-Expires must be between 1 and 604800 seconds")
  }
  return withCredential({
    credential: parameter("Credential"),
    signedHeaders: parameter("SignedHeaders"),
    signature: parameter("Signature"),
    amzDate: parameter("Date"),
    sessionToken: query.get("X-Amz-Security-Token") ?? undefined,
    expiresSeconds
  })
}

/** The authorization of a request, or AWS's error for a missing or malformed one. */
export const authorizationOf = (request: HttpRequestHead): Either.Either<Authorization, SignatureError> => {
  const header = headerOf(request, "authorization")
  if (header !== undefined) {
    return fromHeader(request, header)
  }
  const query = queryOf(request)
  return queryParameters.some((name) => query.has(name))
    ? fromQuery(query)
    : Either.left(signatureError(403, "MissingAuthenticationTokenException", "Missing Authentication Token"))
}
