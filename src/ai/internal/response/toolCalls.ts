/** The tool calls of a response. */
import type * as Response from "@effect/ai/Response"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Codec from "../../../Codec.ts"
import { argumentsText } from "../../../internal/chat/arguments.ts"
import { undecodable } from "../../../internal/codec/codecError.ts"
import { hasPrototypeKey } from "../../../internal/codec/prototypeKey.ts"
import type { CodecError } from "../../../SageMakerError.ts"
import type { ToolNames } from "../request/tools.ts"

/** A call as the server sent it. */
export interface ReceivedToolCall {
  /** Unique among the calls of the response. */
  readonly id: string
  /** The name in the request. */
  readonly name: string
  readonly arguments: string | object | null | undefined
}

const encoder = new TextEncoder()
const json = Codec.json(Schema.Unknown)

/** Why a call cannot be executed, with its arguments. */
export interface InvalidCall {
  readonly problem: string
  readonly error: CodecError
}

const invalid = (problem: string, body: Uint8Array): InvalidCall => ({
  problem,
  error: undecodable(json.mediaType, body, problem)
})

const paramsOf = (name: string, given: ReceivedToolCall["arguments"]): Effect.Effect<unknown, InvalidCall> => {
  const body = encoder.encode(argumentsText(given))
  return json.decode(body).pipe(
    Effect.mapError((error) => ({ problem: `the arguments of the tool call ${name} are not valid JSON`, error })),
    Effect.filterOrFail(
      (params) => !hasPrototypeKey(params),
      () => invalid(`the arguments of the tool call ${name} have a member __proto__`, body)
    )
  )
}

/** The part of a call. Fails if the request has no such tool, or if the arguments are not JSON. */
export const toolCallPart = (
  { arguments: given, id, name: sent }: ReceivedToolCall,
  names: ToolNames
): Effect.Effect<Response.ToolCallPartEncoded, InvalidCall> => {
  const called = names.fromWire(sent)
  if (called === undefined) {
    const what = sent === "" ? "a tool without a name" : "a tool that the request does not have"
    return Effect.fail(invalid(`the model called ${what}`, encoder.encode(argumentsText(given))))
  }
  return Effect.map(paramsOf(called.name, given), (params) => ({
    type: "tool-call",
    id,
    params,
    ...called,
    ...(called.name === sent ? {} : { providerName: sent })
  }))
}

/** Assigns IDs to the calls of a response: those of the server if they are unique, otherwise generated ones. */
export const makeCallIds = (generated: string) => {
  const used = new Set<string>()
  let count = 0
  return (id: string): string => {
    let unique = id
    while (unique === "" || used.has(unique)) {
      unique = count === 0 ? generated : `${generated}_${count}`
      count += 1
    }
    used.add(unique)
    return unique
  }
}
