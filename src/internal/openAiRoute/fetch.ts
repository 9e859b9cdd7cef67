/** A `fetch` that authorizes the requests of OpenAI clients with bearer tokens. */
import * as Cause from "effect/Cause"
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Runtime from "effect/Runtime"
import type { BearerToken } from "../../BearerToken.ts"
import { authorization } from "./authorization.ts"
import { isRejected, requireBelow } from "./requests.ts"

type Fetch = typeof globalThis.fetch

/** The members of a `Request` are not its own properties, so that a copy of it as the options would have none. */
const argumentsOf = (
  input: Parameters<Fetch>[0],
  init: RequestInit | undefined
): readonly [target: string | Request, init: RequestInit | undefined] => {
  const target = input instanceof Request ? input : String(input)
  return init instanceof Request && URL.canParse(typeof target === "string" ? target : target.url)
    ? [new Request(target, init), undefined]
    : [target, init]
}

const signalOf = (input: string | Request, init: RequestInit | undefined): AbortSignal | undefined =>
  init?.signal ?? (input instanceof Request ? input.signal : undefined)

/** Runs an effect. Rejects with its typed error, or with the reason of the signal. */
const run = async <A, E>(
  runtime: Runtime.Runtime<never>,
  effect: Effect.Effect<A, E>,
  signal: AbortSignal | undefined
): Promise<A> => {
  signal?.throwIfAborted()
  const exit = await Runtime.runPromiseExit(runtime)(effect, signal === undefined ? {} : { signal })
  if (Exit.isSuccess(exit)) {
    return exit.value
  }
  signal?.throwIfAborted()
  throw Cause.squash(exit.cause)
}

/** The request is sent with `redirect: "manual"`, so that the token is not sent to another URL. */
export const makeFetch = (
  { baseURL, runtime, send, tokens }: {
    readonly baseURL: string
    readonly runtime: Runtime.Runtime<never>
    readonly send: Fetch
    readonly tokens: Context.Tag.Service<BearerToken>
  }
): Fetch =>
async (input, init) => {
  const [target, options] = argumentsOf(input, init)
  const authorized = Effect.zipRight(
    requireBelow(baseURL, typeof target === "string" ? target : target.url),
    Effect.flatMap(tokens.get, authorization)
  )
  const value = await run(runtime, authorized, signalOf(target, options))
  const headers = new Headers(options?.headers ?? (typeof target === "string" ? undefined : target.headers))
  headers.set("authorization", value)
  const response = await send(target, { ...options, headers, redirect: "manual" })
  if (isRejected(response.status)) {
    await Runtime.runPromiseExit(runtime)(tokens.invalidate)
  }
  return response
}
