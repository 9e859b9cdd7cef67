/** Failures of asynchronous inference requests. */
import * as Option from "effect/Option"
import type { HttpResponseMessage } from "../emulator/httpMessage.ts"

/** A failure: the object at the failure location, and the text in the notification. */
export interface AsyncFailure {
  readonly text: string
  readonly contentType: string | undefined
  /** `failureReason` of the notification. */
  readonly reason: string
}

/** A failure of the service, whose text is in the object and in the notification. */
export const serviceFailure = (text: string): AsyncFailure => ({ text, contentType: "text/plain", reason: text })

const decoder = new TextDecoder()

const originalStatus = Option.liftThrowable((text: string): unknown => JSON.parse(text)?.OriginalStatusCode)

/** The failure for an error response. Its text can repeat the request, so the notification has the status only. */
export const responseFailure = ({ body, headers, status }: HttpResponseMessage): AsyncFailure => {
  const text = body instanceof Uint8Array ? decoder.decode(body) : "The model failed"
  const original = Option.getOrUndefined(originalStatus(text))
  const code = typeof original === "number" ? original : status
  return {
    text,
    contentType: headers["content-type"],
    reason: `ClientError: Received ${code >= 400 && code <= 499 ? "client" : "server"} error (${code}) from model. ` +
      "See the SageMaker Endpoint logs in your account for more information."
  }
}
