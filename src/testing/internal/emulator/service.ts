import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Random from "effect/Random"
import * as Redacted from "effect/Redacted"
import type { CredentialsInput } from "../../../Credentials.ts"
import type { EmulatorEndpoint, EmulatorOptions } from "../../Emulator.ts"
import { makeAsyncWork, makeObjects } from "./asyncWork.ts"
import { serveAsync } from "./serveAsync.ts"
import { serveInvokeEndpoint } from "./serveInvokeEndpoint.ts"
import { serveResponseStream } from "./serveResponseStream.ts"
import type { Handler, Serve } from "./serving.ts"
import { type KnownKeys, verifySignature } from "./verifySignature.ts"
import {
  errorResponse,
  failureResponse,
  type ReceivedRequest,
  textResponse,
  validationError,
  type WireResponse
} from "./wire.ts"

const defaultMaxBodyBytes = 25 * 1024 * 1024

const reveal = (secret: string | Redacted.Redacted): string =>
  Redacted.isRedacted(secret) ? Redacted.value(secret) : secret

const known = (input: CredentialsInput): KnownKeys => ({
  accessKeyId: reveal(input.accessKeyId),
  secretAccessKey: reveal(input.secretAccessKey),
  sessionToken: input.sessionToken === undefined ? undefined : reveal(input.sessionToken)
})

const unauthorised = ({ code, message, status }: { status: number; code: string; message: string }): WireResponse =>
  errorResponse(status, `${code}:http://internal.amazon.com/coral/com.amazon.coral.service/`, { message })

const unknownOperation = errorResponse(404, "UnknownOperationException", { Message: "There is no such operation" })

const unknownEndpoint = (name: string): WireResponse =>
  validationError(`Endpoint ${name} of account 123456789012 not found.`)

const tooLarge = (limit: number): WireResponse => textResponse(413, `HTTP content length exceeded ${limit} bytes.`)

const route = /^\/endpoints\/([^/?]+)\/([a-z-]+)$/

const decoded = (segment: string): string => {
  try {
    return decodeURIComponent(segment)
  } catch {
    return segment
  }
}

/** A response with what every response of the service carries. */
const stamp = (answered: WireResponse) =>
  Effect.zipWith(
    Clock.currentTimeMillis,
    Random.nextIntBetween(0, 2 ** 31),
    (now, id): WireResponse => ({
      ...answered,
      headers: {
        date: new Date(now).toUTCString(),
        "x-amzn-requestid": `emulated-${id.toString(16).padStart(8, "0")}`,
        ...answered.headers
      }
    })
  )

/** The emulated service: its operations, who may call them, and what became of work handed over. */
export const makeService = <R>(options: EmulatorOptions<R>, credentials: CredentialsInput | "anonymous") =>
  Effect.gen(function*() {
    const context = yield* Effect.context<R>()
    const objects = makeObjects()
    const work = yield* makeAsyncWork(objects)
    const keys = credentials === "anonymous" ? undefined : known(credentials)
    const maxBodyBytes = options.maxBodyBytes ?? defaultMaxBodyBytes
    const endpoints = new Map(options.endpoints.map((deployed) => [deployed.name, deployed]))
    const operations = new Map<string, Serve>([
      ["invocations", serveInvokeEndpoint],
      ["invocations-response-stream", serveResponseStream],
      ["async-invocations", serveAsync(work, objects)]
    ])

    const authorise = (received: ReceivedRequest) =>
      keys === undefined
        ? Effect.void
        : Effect.flatMap(Clock.currentTimeMillis, (now) =>
          Effect.flatMap(
            Effect.promise(() => verifySignature(received, keys, options.region, now)),
            (problem) => (problem === undefined ? Effect.void : Effect.fail(unauthorised(problem)))
          ))

    const handlerOf = ({ handler }: EmulatorEndpoint<R>): Handler => (request) =>
      Effect.mapError(Effect.provide(handler(request), context), failureResponse)

    /** The answer of a fiber of its own, so that a model that dies or interrupts itself is answered for, and nobody else. */
    const answer = (received: ReceivedRequest): Effect.Effect<WireResponse> =>
      Effect.fork(Effect.merge(serve(received))).pipe(
        Effect.flatMap((fiber) => Effect.onInterrupt(Fiber.await(fiber), () => Fiber.interrupt(fiber))),
        Effect.map(Exit.getOrElse((cause) => failureResponse(Cause.squash(cause))))
      )

    const serve = (received: ReceivedRequest): Effect.Effect<WireResponse, WireResponse> =>
      Effect.gen(function*() {
        if (received.body.byteLength > maxBodyBytes) {
          return yield* Effect.fail(tooLarge(maxBodyBytes))
        }
        yield* authorise(received)
        const [, segment = "", operation = ""] = received.method === "POST" ? route.exec(received.target) ?? [] : []
        const serveOperation = operations.get(operation)
        if (serveOperation === undefined) {
          return yield* Effect.fail(unknownOperation)
        }
        const name = decoded(segment)
        const deployed = endpoints.get(name)
        return deployed === undefined
          ? yield* Effect.fail(unknownEndpoint(name))
          : yield* serveOperation(name, received, handlerOf(deployed))
      })

    return {
      handle: (received: ReceivedRequest) => Effect.flatMap(answer(received), stamp),
      objects,
      outcome: work.outcome
    }
  })
