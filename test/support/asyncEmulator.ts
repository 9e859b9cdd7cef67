import { Effect, Either, Layer, Stream } from "effect"
import {
  Credentials,
  type InvokeEndpointAsync,
  invokeEndpointAsync,
  type ObjectStore,
  SageMakerError,
  SageMakerRuntime,
  Signer
} from "effect-sagemaker-runtime"
import { Emulator } from "effect-sagemaker-runtime/testing"

export const encode = (text: string): Uint8Array => new TextEncoder().encode(text)

export const decode = (bytes: Uint8Array | undefined): string => new TextDecoder().decode(bytes)

/** A client of an emulator in memory, with the emulator and its objects. */
export const asyncClient = <R = never>(options: Emulator.EmulatorOptions<R>) =>
  SageMakerRuntime.layer({ region: "eu-west-1" }).pipe(
    Layer.provide(Signer.layer),
    Layer.provideMerge(Emulator.layerObjectStore),
    Layer.provideMerge(Emulator.layerHttpClient(options)),
    Layer.provide(Credentials.layer(Emulator.credentials))
  )

/** Sends a request to the endpoint `model`. */
export const send = (
  input: Partial<InvokeEndpointAsync.InvokeEndpointAsyncInput> & { readonly InferenceId: string }
) =>
  invokeEndpointAsync({
    EndpointName: "model",
    ...(input.InputLocation === undefined ? { Body: input.InferenceId } : {}),
    ...input
  })

/** Waits for the output of a request, as text. */
export const outputOf = (InferenceId: string) =>
  Effect.flatMap(
    Emulator.Emulator,
    ({ outcome }) => Effect.map(outcome(InferenceId), (result) => decode(Either.getOrThrow(result)))
  )

/** Waits for the failure of a request. */
export const failureOf = (InferenceId: string) =>
  Effect.flatMap(
    Emulator.Emulator,
    ({ outcome }) => Effect.map(outcome(InferenceId), (result) => Either.getOrThrow(Either.flip(result)))
  )

/** The text of an object, `undefined` if there is none. */
export const objectAt = (location: string | undefined) =>
  Effect.flatMap(
    Emulator.Emulator,
    ({ objects }) => Effect.map(objects.get(location ?? ""), (body) => (body === undefined ? undefined : decode(body)))
  )

/** The first notifications. */
export const notified = (count: number) =>
  Effect.flatMap(
    Emulator.Emulator,
    ({ notifications }) =>
      Effect.map(Stream.runCollect(Stream.take(notifications, count)), (chunk) => Array.from(chunk))
  )

/** Records which requests the model `model` has started and ended, and responds after `seconds`. */
export const recordingModel = (seconds: number, options?: Emulator.EmulatorEndpointOptions) => {
  const log: Array<string> = []
  let running = 0
  let mostRunning = 0
  const endpoint = Emulator.endpoint("model", ({ Body, InferenceId }) =>
    Effect.acquireUseRelease(
      Effect.sync(() => {
        log.push(`start ${InferenceId}`)
        running += 1
        mostRunning = Math.max(mostRunning, running)
      }),
      () => Effect.delay(Effect.succeed(decode(Body).toUpperCase()), seconds * 1_000),
      () =>
        Effect.sync(() => {
          log.push(`end ${InferenceId}`)
          running -= 1
        })
    ), options)
  return {
    endpoint,
    log,
    /** The requests that started, in order. */
    started: () => log.filter((entry) => entry.startsWith("start ")).map((entry) => entry.slice("start ".length)),
    running: () => running,
    mostRunning: () => mostRunning
  }
}

/** A store whose methods are those of another one, except some. */
export const storeWith = (
  store: ObjectStore.ObjectStoreService,
  methods: Partial<ObjectStore.ObjectStoreService>
): ObjectStore.ObjectStoreService => ({ ...store, ...methods })

export const denied = (operation: SageMakerError.ObjectStoreOperation, location: string) =>
  new SageMakerError.ObjectStoreError({ operation, location, reason: "access-denied" })
