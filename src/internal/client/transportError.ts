/** Maps errors of an HTTP client to typed errors. Only the code is kept, because the rest can contain the request. */
import type { HttpClientError } from "@effect/platform/HttpClientError"
import { connectTimeoutMillis, transportFailure } from "../../protocol/error/transportFailure.ts"
import { ProtocolError, TimeoutError, TransportError } from "../../SageMakerError.ts"
import { defined } from "../error/defined.ts"
import { invalidResponseMessage, transportMessage } from "../error/transportMessage.ts"
import type { CallProgress } from "./call.ts"

/** The smallest body that a service may reject for its size: a container can have a limit of one megabyte. */
const largeBodyBytes = 1_000_000

/** The address of a request's URL. */
const addressOf = (error: HttpClientError): { readonly host?: string; readonly port?: number } => {
  const { url } = error.request
  if (!URL.canParse(url)) {
    return {}
  }
  const { hostname: host, port, protocol } = new URL(url)
  const defaultPort = protocol === "http:" ? 80 : 443
  return { host, port: Number(port) || defaultPort }
}

/** A hint for a connection that the service may have closed because of a large body. */
const sizeHint = (error: HttpClientError): string => {
  const { body } = error.request
  const size = body._tag === "Uint8Array" ? body.contentLength : 0
  return error._tag === "RequestError" && size >= largeBodyBytes
    ? `. The request body has ${size} bytes; SageMaker accepts 25 MB, a serverless endpoint 4 MB, a container perhaps less`
    : ""
}

/** The typed error of an HTTP client's failure. */
export const fromHttpClientError = (
  error: HttpClientError,
  { attempts, totalRetryDelay }: CallProgress,
  elapsedMillis: number
): TransportError | TimeoutError | ProtocolError => {
  const progress = { attempts, totalRetryDelay }
  const address = addressOf(error)
  if (error._tag === "RequestError" && error.reason !== "Transport") {
    return new TransportError({
      ...progress,
      ...address,
      message: "The HTTP client rejected the request",
      reason: "other",
      requestSent: false,
      retry: "never"
    })
  }
  const { code, detail, reason, requestSent, retry } = transportFailure(error.cause, error._tag === "ResponseError")
  if (reason === "timeout") {
    const duration = connectTimeoutMillis(error.cause) ?? elapsedMillis
    return new TimeoutError({ ...progress, phase: "connect", duration, requestSent, retry })
  }
  if (reason === "protocol") {
    return new ProtocolError({ ...progress, message: invalidResponseMessage(code, detail), retry })
  }
  const fields = { ...address, ...defined({ code }), reason }
  return new TransportError({
    ...progress,
    ...fields,
    message: transportMessage(fields) + (reason === "reset" ? sizeHint(error) : ""),
    requestSent: requestSent || error._tag === "ResponseError",
    retry
  })
}
