/**
 * Assigns the parts of tool calls to calls.
 *
 * OpenAI's API sends the index of a call with each of its parts, and the ID and the name with the first one. Servers
 * differ: parallel calls with the same index and different IDs, empty or missing IDs, no index, the name in every part.
 */
import { type JsonExtent, readExtent, startOfJson } from "../../../protocol/json/extent.ts"
import type { ToolCallPart } from "../../../Tokens.ts"

/** A part as a server sent it. Missing texts are empty. */
export interface ReceivedCall {
  readonly index: number | undefined
  /** The position in its list, which replaces a missing index. */
  readonly position: number
  readonly id: string
  readonly name: string
  readonly arguments: string
}

/** The legacy `function_call`: one call without an index and an ID. */
export const legacyCall = (name: string, text: string): ReceivedCall => ({
  index: undefined,
  position: 0,
  id: "",
  name,
  arguments: text
})

/** The state of a call after the parts so far. */
interface Call {
  /** The index that the server sent. */
  readonly sent: number
  readonly index: number
  id: string
  name: string
  /** Whether the server sends the whole name with every part. */
  repeatsName: boolean
  /** How much of a JSON value the arguments contain. */
  extent: JsonExtent
}

const isStarted = ({ extent }: Call): boolean => extent !== startOfJson

/** Whether the part continues a call although its ID differs: vLLM has sent a new ID with each part of a call. */
const continues = (call: Call, { name }: ReceivedCall): boolean =>
  name === "" && call.name !== "" && !call.extent.isComplete

/** Whether the part cannot belong to a call with the same index and no other ID. */
const beginsAnother = (call: Call, { arguments: text, name }: ReceivedCall): boolean => {
  if (name === "" || call.name === "" || !isStarted(call)) {
    return false
  }
  return name !== call.name || (call.extent.isComplete && !(call.repeatsName && text === ""))
}

/** Whether the part has the ID of a complete call, but the name of another tool: models repeat IDs. */
const repeatsId = (call: Call, { name }: ReceivedCall): boolean =>
  call.extent.isComplete && call.name !== "" && name !== "" && name !== call.name

/** The calls of one choice. Maps keep the lookup fast if a hostile server sends very many calls. */
class Calls {
  private readonly bySent = new Map<number, Call>()
  private readonly byId = new Map<string, Call>()
  private readonly byIdAndSent = new Map<string, Call>()
  private readonly used = new Set<number>()
  private next = 0

  find(part: ReceivedCall): Call | undefined {
    const sent = sentIndex(part)
    const open = this.bySent.get(sent)
    if (part.id === "") {
      return open === undefined || beginsAnother(open, part) ? undefined : open
    }
    const known = part.index === undefined ? this.byId.get(part.id) : this.byIdAndSent.get(`${sent} ${part.id}`)
    if (known !== undefined || open === undefined) {
      return known !== undefined && repeatsId(known, part) ? undefined : known
    }
    const isSame = open.id === "" ? !beginsAnother(open, part) : continues(open, part)
    return isSame ? open : undefined
  }

  add(part: ReceivedCall): Call {
    const sent = sentIndex(part)
    const index = this.used.has(sent) ? this.next : sent
    const call: Call = { sent, index, id: "", name: "", repeatsName: false, extent: startOfJson }
    this.used.add(index)
    this.next = Math.max(this.next, index + 1)
    this.bySent.set(sent, call)
    return call
  }

  setId(call: Call, id: string): void {
    call.id = id
    this.byId.set(id, call)
    this.byIdAndSent.set(`${call.sent} ${id}`, call)
  }
}

const sentIndex = ({ index, position }: ReceivedCall): number => index ?? position

/** Special tokens, such as `</s>` or `<|eot_id|>`, which TGI appends to the arguments. */
const specialToken = /^\s*(?:<\/?\w{1,20}>|<\|\w{1,40}\|>)\s*$/

const isSpecialToken = (call: Call | undefined, text: string): boolean =>
  text.length <= 64 && specialToken.test(text) && (call === undefined || !isStarted(call) || call.extent.isComplete)

/**
 * The name that a part adds. A server can send the whole name so far again, or the rest of it before the arguments. If the
 * parts arrive in another order, the name follows the arguments.
 */
const addedName = (call: Call, name: string): string => {
  if (isStarted(call) && call.name !== "") {
    return ""
  }
  return name.startsWith(call.name) ? name.slice(call.name.length) : name
}

/** Assigns an index to each part of a stream: parts with the same index belong to one call. */
export type ToolCallIndexes = (
  choice: number,
  parts: ReadonlyArray<ReceivedCall>,
  finishReason: string | null | undefined
) => ReadonlyArray<ToolCallPart> | undefined

const assign = (calls: Calls, part: ReceivedCall, isLast: boolean): ToolCallPart | undefined => {
  const found = calls.find(part)
  const text = isLast && isSpecialToken(found, part.arguments) ? "" : part.arguments
  if (found === undefined && part.id === "" && part.name === "" && text === "") {
    return undefined
  }
  const call = found ?? calls.add(part)
  call.repeatsName ||= part.name !== "" && part.name === call.name
  const name = addedName(call, part.name)
  const isNewId = call.id === "" && part.id !== ""
  if (isNewId) {
    calls.setId(call, part.id)
  }
  call.name += name
  call.extent = readExtent(call.extent, text)
  return {
    index: call.index,
    ...(isNewId ? { id: part.id } : {}),
    ...(name === "" ? {} : { name }),
    arguments: text
  }
}

/** The calls of one stream, by choice. */
export const makeToolCallIndexes = (): ToolCallIndexes => {
  const choices = new Map<number, Calls>()
  return (choice, parts, finishReason) => {
    if (parts.length === 0) {
      return undefined
    }
    const calls = choices.get(choice) ?? new Calls()
    choices.set(choice, calls)
    const isLast = finishReason !== null && finishReason !== undefined
    const assigned = parts.flatMap((part) => assign(calls, part, isLast) ?? [])
    return assigned.length === 0 ? undefined : assigned
  }
}
