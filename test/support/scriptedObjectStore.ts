import { Clock, Effect, Layer, Stream } from "effect"
import { ObjectStore, SageMakerError } from "effect-sagemaker-runtime"

/** A recorded request to a scripted store. A list records one request per page of 1,000 objects, as in Amazon S3. */
interface StoreRequest {
  readonly operation: SageMakerError.ObjectStoreOperation
  readonly location: string
  /** Time of the request in milliseconds. */
  readonly at: number
}

/** What a store does in place of the operation: fails, never responds, or sends the first bytes and then fails or stops. */
export type StoreFault =
  | { readonly fail: SageMakerError.ObjectStoreErrorReason; readonly status?: number }
  | { readonly stall: true }
  | { readonly cutAfter: number }
  | { readonly stallAfter: number }
  | { readonly before: Effect.Effect<void> }

/** The requests that have a fault. */
export interface FaultRule {
  /** Default: every operation. */
  readonly operation?: SageMakerError.ObjectStoreOperation
  /** Default: every location. */
  readonly location?: string
  /** The number of requests that have the fault. Default: all. */
  readonly times?: number
}

interface Stored {
  readonly bytes: Uint8Array
  readonly contentType: string | undefined
}

const pageSize = 1_000

/** The text of the store in an error. It must not appear in a message. */
const storeFailure = (
  operation: SageMakerError.ObjectStoreOperation,
  location: string,
  reason: SageMakerError.ObjectStoreErrorReason,
  status?: number
) => new SageMakerError.ObjectStoreError({ operation, location, reason, ...(status === undefined ? {} : { status }) })

const join = (chunks: ReadonlyArray<Uint8Array>) => new Uint8Array(Buffer.concat(chunks))

/** A store in memory that records every request with its time, and fails as a test specifies. */
export const scriptedObjectStore = Effect.sync(() => {
  const objects = new Map<string, Stored>()
  const requests: Array<StoreRequest> = []
  const rules: Array<{ readonly rule: FaultRule; readonly fault: StoreFault; left: number }> = []
  let open = 0
  let maxOpen = 0

  const record = (operation: SageMakerError.ObjectStoreOperation, location: string) =>
    Effect.map(Clock.currentTimeMillis, (at) => {
      requests.push({ operation, location, at })
    })

  const faultOf = (operation: SageMakerError.ObjectStoreOperation, location: string): StoreFault | undefined => {
    const found = rules.find(({ left, rule }) =>
      left > 0 && (rule.operation ?? operation) === operation && (rule.location ?? location) === location
    )
    if (found !== undefined) {
      found.left--
    }
    return found?.fault
  }

  /** Records the request and applies the faults that do not depend on the object. */
  const begin = (operation: SageMakerError.ObjectStoreOperation, location: string) =>
    Effect.gen(function*() {
      yield* record(operation, location)
      const fault = faultOf(operation, location)
      if (fault === undefined) {
        return undefined
      }
      if ("fail" in fault) {
        return yield* storeFailure(operation, location, fault.fail, fault.status)
      }
      if ("stall" in fault) {
        return yield* Effect.never
      }
      if ("before" in fault) {
        yield* fault.before
        return undefined
      }
      return fault
    })

  const find = (operation: SageMakerError.ObjectStoreOperation, location: string) =>
    Effect.suspend(() => {
      const stored = objects.get(location)
      return stored === undefined
        ? Effect.fail(storeFailure(operation, location, "not-found", 404))
        : Effect.succeed(stored)
    })

  const opened = Effect.acquireRelease(
    Effect.sync(() => {
      open++
      maxOpen = Math.max(maxOpen, open)
    }),
    () =>
      Effect.sync(() => {
        open--
      })
  )

  const body = (location: string, bytes: Uint8Array, fault: Effect.Effect.Success<ReturnType<typeof begin>>) => {
    if (fault === undefined) {
      return Stream.fromIterable(bytes.byteLength === 0 ? [] : [bytes])
    }
    if ("cutAfter" in fault) {
      return Stream.concat(
        Stream.make(bytes.slice(0, fault.cutAfter)),
        Stream.fail(storeFailure("get", location, "unavailable"))
      )
    }
    return Stream.concat(Stream.make(bytes.slice(0, fault.stallAfter)), Stream.never)
  }

  const service: ObjectStore.ObjectStoreService = {
    get: (location, range) =>
      Stream.unwrapScoped(Effect.gen(function*() {
        yield* opened
        const fault = yield* begin("get", location)
        const { bytes } = yield* find("get", location)
        const part = range === undefined
          ? bytes
          : bytes.slice(range.start, range.end === undefined ? undefined : range.end + 1)
        return body(location, part, fault)
      })),
    put: (location, source, options) =>
      Effect.gen(function*() {
        yield* begin("put", location)
        const bytes = source instanceof Uint8Array ? source : join([...(yield* Stream.runCollect(source))])
        objects.set(location, { bytes, contentType: options?.contentType })
      }),
    head: (location) =>
      Effect.gen(function*() {
        yield* begin("head", location)
        const { bytes, contentType } = yield* find("head", location)
        return { size: bytes.byteLength, ...(contentType === undefined ? {} : { contentType }) }
      }),
    list: (prefix) =>
      Stream.unwrap(Effect.sync(() => {
        const found = [...objects].filter(([location]) => location.startsWith(prefix))
          .map(([location, { bytes }]) => ({ location, size: bytes.byteLength }))
          .toSorted((first, second) => first.location < second.location ? -1 : 1)
        const pages = Array.from(
          { length: Math.max(1, Math.ceil(found.length / pageSize)) },
          (_, page) => found.slice(page * pageSize, (page + 1) * pageSize)
        )
        return Stream.flatMap(
          Stream.rechunk(Stream.fromIterable(pages), 1),
          (page) => Stream.unwrap(Effect.as(begin("list", prefix), Stream.fromIterable(page)))
        )
      })),
    remove: (location) =>
      Effect.zipRight(
        begin("remove", location),
        Effect.sync(() => {
          objects.delete(location)
        })
      )
  }

  return {
    service,
    layer: Layer.succeed(ObjectStore.ObjectStore, service),
    /** Stores an object without a recorded request. */
    set: (location: string, content: string | Uint8Array, contentType?: string) =>
      Effect.sync(() => {
        const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content
        objects.set(location, { bytes, contentType })
      }),
    /** Adds a fault. The first rule with requests left applies. */
    fault: (fault: StoreFault, rule: FaultRule = {}) =>
      Effect.sync(() => {
        rules.push({ rule, fault, left: rule.times ?? Infinity })
      }),
    /** The stored object, if there is one. */
    stored: (location: string) => Effect.sync(() => objects.get(location)),
    /** The locations of all objects. */
    locations: Effect.sync(() => [...objects.keys()]),
    /** The requests so far. */
    requests: Effect.sync(() => requests.slice()),
    /** The number of requests so far, of one operation or of all. */
    count: (operation?: SageMakerError.ObjectStoreOperation) =>
      Effect.sync(() => requests.filter((request) => (operation ?? request.operation) === request.operation).length),
    /** The times at which requests were made, in milliseconds, each once. */
    times: Effect.sync(() => [...new Set(requests.map(({ at }) => at))]),
    /** The number of `get` streams that are open, and the largest number so far. */
    reading: Effect.sync(() => ({ open, maxOpen }))
  }
})

/** A scripted store. */
export type ScriptedObjectStore = Effect.Effect.Success<typeof scriptedObjectStore>
