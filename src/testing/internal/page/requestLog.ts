/** The last requests to the emulator, in a bounded buffer. Payloads are recorded only while that is switched on. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Stream from "effect/Stream"
import { currentMonotonicMillis } from "../../../internal/time/monotonicClock.ts"
import { headerOf, type HttpRequestHead, type HttpResponseMessage, pathOf } from "../emulator/httpMessage.ts"
import { parseRoute } from "../openAiRoute/route.ts"

const maxEntries = 200

/** The bytes that are recorded of each payload. */
const maxPayloadBytes = 32 * 1024

/** The characters that are recorded of a path, an endpoint and an operation. */
const maxTextLength = 128

/** A payload, or the start of it. */
export interface RecordedPayload {
  readonly contentType: string | undefined
  readonly size: number
  readonly bytes: Uint8Array
}

/** Records the start of a payload. */
interface Recorder {
  readonly add: (chunk: Uint8Array) => void
  readonly payload: () => RecordedPayload
}

/** A request, while it is in progress and afterwards. */
export interface LogEntry {
  readonly id: number
  /** When the request arrived, in milliseconds since 1970. */
  readonly time: number
  readonly endpoint: string
  readonly operation: string
  readonly isFromPage: boolean
  requestBytes: number
  /** The HTTP status; `undefined` before the response and after an interruption. */
  status: number | undefined
  /** The name of the error, if the response has one. */
  error: string | undefined
  responseBytes: number
  /** The time until the end of the response in milliseconds; `undefined` before it. */
  duration: number | undefined
  /** Whether the response ended with an error or an interruption. */
  isBroken: boolean
  request: Recorder | undefined
  response: Recorder | undefined
}

const operationNames: { readonly [name: string]: string } = {
  "invocations": "InvokeEndpoint",
  "invocations-response-stream": "InvokeEndpointWithResponseStream",
  "async-invocations": "InvokeEndpointAsync",
  "invocations-bidirectional-stream": "InvokeEndpointWithBidirectionalStream",
  "openai/v1/chat/completions": "OpenAiChatCompletion"
}

const makeRecorder = (contentType: string | undefined): Recorder => {
  const pieces: Array<Uint8Array> = []
  let [size, recorded] = [0, 0]
  return {
    add: (chunk: Uint8Array) => {
      size += chunk.byteLength
      const piece = chunk.slice(0, maxPayloadBytes - recorded)
      recorded += piece.byteLength
      if (piece.byteLength > 0) {
        pieces.push(piece)
      }
    },
    payload: (): RecordedPayload => {
      const bytes = new Uint8Array(recorded)
      pieces.reduce((offset, piece) => {
        bytes.set(piece, offset)
        return offset + piece.byteLength
      }, 0)
      return { contentType, size, bytes }
    }
  }
}

const contentTypeOf = (request: HttpRequestHead): string | undefined =>
  headerOf(request, "x-amzn-sagemaker-content-type") ?? headerOf(request, "content-type")

/** A request whose response is recorded. */
interface RecordedRequest {
  /** Adds a part of the request body. */
  readonly received: (chunk: Uint8Array) => void
  /** Records the response, and the effect that makes it. */
  readonly response: <R>(
    effect: Effect.Effect<HttpResponseMessage, never, R>
  ) => Effect.Effect<HttpResponseMessage, never, R>
}

export interface RequestLog {
  /** The requests, the latest one first. */
  readonly entries: () => ReadonlyArray<LogEntry>
  readonly isRecording: () => boolean
  /** Starts or stops recording payloads. Stopping removes them. */
  readonly setRecording: (isRecording: boolean) => void
  readonly start: (request: HttpRequestHead, isFromPage: boolean) => Effect.Effect<RecordedRequest>
}

const newEntry = (id: number, time: number, request: HttpRequestHead, isFromPage: boolean): LogEntry => {
  const { EndpointName, operation } = parseRoute(request)
  return {
    id,
    time,
    endpoint: EndpointName.slice(0, maxTextLength),
    operation: (operationNames[operation] ?? `${request.method} ${pathOf(request)}`).slice(0, maxTextLength),
    isFromPage,
    requestBytes: 0,
    status: undefined,
    error: undefined,
    responseBytes: 0,
    duration: undefined,
    isBroken: false,
    request: undefined,
    response: undefined
  }
}

/** Ends an entry: its duration, and whether the response is complete. */
const end = (entry: LogEntry, started: number, exit: Exit.Exit<unknown, unknown>) =>
  Effect.map(currentMonotonicMillis, (now) => {
    entry.duration = now - started
    entry.isBroken = Exit.isFailure(exit)
  })

/** Records a response; one whose body is a stream ends with the stream. */
const recordResponse = (
  entry: LogEntry,
  started: number,
  response: HttpResponseMessage,
  isRecording: () => boolean
): Effect.Effect<HttpResponseMessage> => {
  const { body, headers, status } = response
  const recorder = makeRecorder(headers["content-type"])
  const add = (chunk: Uint8Array) => {
    entry.responseBytes += chunk.byteLength
    if (isRecording()) {
      recorder.add(chunk)
      entry.response = recorder
    }
  }
  entry.status = status
  entry.error = headers["x-amzn-errortype"]?.split(":", 1)[0]?.slice(0, maxTextLength)
  if (body instanceof Uint8Array) {
    add(body)
    return Effect.as(end(entry, started, Exit.void), response)
  }
  return Effect.succeed({
    ...response,
    body: Stream.ensuringWith(
      Stream.tap(body, (chunk) => Effect.sync(() => add(chunk))),
      (exit) => end(entry, started, exit)
    )
  })
}

export const makeRequestLog = (): RequestLog => {
  let entries: ReadonlyArray<LogEntry> = []
  let isRecording = false
  let lastId = 0
  const start = (request: HttpRequestHead, isFromPage: boolean): Effect.Effect<RecordedRequest> =>
    Effect.zipWith(Clock.currentTimeMillis, currentMonotonicMillis, (time, started) => {
      lastId += 1
      const entry = newEntry(lastId, time, request, isFromPage)
      entries = [entry, ...entries.slice(0, maxEntries - 1)]
      const recorder = makeRecorder(contentTypeOf(request))
      return {
        received: (chunk) => {
          entry.requestBytes += chunk.byteLength
          if (isRecording) {
            recorder.add(chunk)
            entry.request = recorder
          }
        },
        response: (effect) =>
          effect.pipe(
            Effect.onExit((exit) => (Exit.isFailure(exit) ? end(entry, started, exit) : Effect.void)),
            Effect.flatMap((response) => recordResponse(entry, started, response, () => isRecording))
          )
      }
    })
  return {
    entries: () => entries,
    isRecording: () => isRecording,
    setRecording: (value) => {
      isRecording = value
      for (const entry of value ? [] : entries) {
        entry.request = undefined
        entry.response = undefined
      }
    },
    start
  }
}
