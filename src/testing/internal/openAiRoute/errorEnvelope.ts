/** Error responses in the format of the OpenAI-compatible route. */
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import type { HttpResponseMessage } from "../emulator/httpMessage.ts"

const encoder = new TextEncoder()

const membersOf = (body: HttpResponseMessage["body"]): Record<string, unknown> =>
  Option.liftThrowable((bytes: unknown): unknown => JSON.parse(new TextDecoder().decode(bytes as Uint8Array)))(body)
    .pipe(
      Option.filter(Predicate.isRecord),
      Option.getOrElse(() => ({}))
    )

/** `ValidationError` as `validation_error`. */
const snakeCase = (code: string): string => code.replace(/(?<=[a-z])(?=[A-Z])/g, "_").toLowerCase()

/** The route passes a client error of the container on with status 400. */
const statusOf = (code: string, status: number, original: unknown): number =>
  code === "ModelError" && typeof original === "number" && original >= 400 && original <= 499 ? 400 : status

/** Converts an error response in the restJson1 protocol. Any other response is unchanged. */
export const toEnvelope = (response: HttpResponseMessage): HttpResponseMessage => {
  const { "x-amzn-errortype": errorType, ...headers } = response.headers
  if (errorType === undefined) {
    return response
  }
  const { Message, OriginalStatusCode, message = Message } = membersOf(response.body)
  const name = errorType.split(":", 1)[0]!
  const code = snakeCase(name)
  return {
    status: statusOf(name, response.status, OriginalStatusCode),
    headers,
    body: encoder.encode(JSON.stringify({ error: { message, type: code, code } }))
  }
}
