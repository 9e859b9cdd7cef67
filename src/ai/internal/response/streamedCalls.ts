/** The tool calls of a token stream: the parts of their parameters, then the calls themselves. */
import type * as Response from "@effect/ai/Response"
import * as Effect from "effect/Effect"
import { completeCall } from "../../../internal/tokens/collect.ts"
import type { ToolCallPart } from "../../../Tokens.ts"
import type { ToolNames } from "../request/tools.ts"
import { type InvalidCall, makeCallIds, toolCallPart } from "./toolCalls.ts"

type Parts = ReadonlyArray<Response.StreamPartEncoded>

/** A tool call so far. It has an ID once its start was emitted. */
interface Call {
  id: string | undefined
  sentId: string | undefined
  name: string
  arguments: string
}

const paramsOf = (id: string, delta: string): Parts => delta === "" ? [] : [{ type: "tool-params-delta", id, delta }]

export class StreamedCalls {
  private readonly calls = new Map<number, Call>()
  private readonly idOf: ReturnType<typeof makeCallIds>
  private readonly names: ToolNames

  constructor(names: ToolNames, generatedId: string) {
    this.names = names
    this.idOf = makeCallIds(generatedId)
  }

  /** The start contains the name, so that it is emitted when the arguments begin, or at the end. */
  add({ arguments: delta, id, index, name = "" }: ToolCallPart): Parts {
    const call = this.calls.get(index) ?? { id: undefined, sentId: undefined, name: "", arguments: "" }
    this.calls.set(index, call)
    call.sentId ??= id
    call.name += name
    call.arguments += delta
    if (call.id !== undefined) {
      return paramsOf(call.id, delta)
    }
    return call.arguments !== "" && call.name !== "" ? this.start(call) : []
  }

  /** The ends of the parameters, and the starts that were not emitted. */
  end(): Parts {
    return Array.from(this.calls.values(), (call): Parts => this.endOf(call)).flat()
  }

  /** The calls, after `end`. Fails if one of them cannot be executed. */
  complete(): Effect.Effect<ReadonlyArray<Response.ToolCallPartEncoded>, InvalidCall> {
    return Effect.forEach(
      this.calls.values(),
      (call) => toolCallPart({ id: call.id!, name: call.name, arguments: call.arguments }, this.names)
    )
  }

  private endOf(call: Call): Parts {
    Object.assign(call, completeCall(call.name, call.arguments))
    const started = call.id === undefined ? this.start(call) : []
    return [...started, { type: "tool-params-end", id: call.id! }]
  }

  private start(call: Call): Parts {
    const id = this.idOf(call.sentId ?? "")
    call.id = id
    const called = this.names.fromWire(call.name) ?? { name: call.name }
    return [
      {
        type: "tool-params-start",
        id,
        ...called,
        ...(called.name === call.name ? {} : { providerName: call.name })
      },
      ...paramsOf(id, call.arguments)
    ]
  }
}
