/** An emulated endpoint and its objects, behind a proxy that knows which process sends a request. */
import { Chunk, Effect, Layer, Stream } from "effect"
import { ObjectStore, SageMakerError } from "effect-sagemaker-runtime"
import { NodeEmulator } from "effect-sagemaker-runtime/node"
import { Emulator } from "effect-sagemaker-runtime/testing"
import { request } from "node:http"
import { pipeline } from "node:stream"
import { serve } from "../support/server.ts"

export const input = "s3://readings/today.csv"

export const output = "s3://readings/scores.jsonl"

const region = "eu-west-1"

/** Rows whose index has this divisor are invalid. */
const invalidEvery = 33_333

const isInvalid = (index: number): boolean => index % invalidEvery === invalidEvery - 1

/** Every request with this number is throttled. */
const throttleEvery = 17

/** The input: the first column is the index of the row. */
const csvOf = (rows: number): string =>
  ["cpu,load", ...Array.from({ length: rows }, (_, index) => `${index},${isInvalid(index) ? -1 : 0}`), ""].join("\n")

/** The output that the rows must have. */
export const expectedOutput = (rows: number): string =>
  Array.from({ length: rows }, (_, row) => `{"row":${row},"score":${isInvalid(row) ? null : row * 2}}\n`).join("")

export const failedRows = (rows: number): number =>
  Array.from({ length: rows }, (_, index) => index).filter(isInvalid).length

/** Counts the rows of the model. While the gate is closed, its requests wait. */
class Observed {
  /** How often each row had a result. */
  readonly results = new Map<number, number>()
  /** The requests of each process. */
  readonly requests = new Map<string, number>()
  readonly gate = Effect.unsafeMakeLatch(true)
  #pauseAt = Infinity
  #calls = 0

  /** Closes the gate when this number of rows has a result. */
  pauseAt(rows: number): Effect.Effect<void> {
    this.#pauseAt = rows
    return Effect.asVoid(this.gate.open)
  }

  get isPaused(): boolean {
    return this.results.size >= this.#pauseAt
  }

  get repeatedRows(): number {
    return [...this.results.values()].reduce((sum, count) => sum + count - 1, 0)
  }

  readonly score = (body: string) =>
    Effect.gen(this, function*() {
      this.#calls += 1
      if (this.#calls % throttleEvery === 0) {
        return yield* new SageMakerError.ThrottlingError({ message: "Rate exceeded" })
      }
      const rows = body.trimEnd().split("\n").map((line) => line.split(",").map(Number))
      yield* Effect.sleep("50 millis")
      if (this.isPaused) {
        this.gate.unsafeClose()
      }
      yield* this.gate.await
      if (rows.some(([, load]) => load === -1)) {
        return yield* Effect.fail(Emulator.containerError({ status: 400, body: "invalid row" }))
      }
      for (const [index = -1] of rows) {
        this.results.set(index, (this.results.get(index) ?? 0) + 1)
      }
      return {
        Body: rows.map(([index = 0]) => JSON.stringify({ score: index * 2 })).join("\n"),
        ContentType: "application/jsonlines"
      }
    })
}

/** Forwards requests to a service, and counts the invocations of each process. */
const serveProxy = (url: string, requests: Map<string, number>) =>
  serve((incoming, outgoing) => {
    const { headers, method, url: path = "" } = incoming
    const [, app] = /\bapp\/(\S+)/.exec(headers["user-agent"] ?? "") ?? []
    if (app !== undefined && path.endsWith("/invocations")) {
      requests.set(app, (requests.get(app) ?? 0) + 1)
    }
    const forwarded = request(new URL(path, url), { headers, method }, (response) => {
      outgoing.writeHead(response.statusCode ?? 502, response.headers)
      pipeline(response, outgoing, () => forwarded.destroy())
    })
    outgoing.once("close", () => forwarded.destroy())
    pipeline(incoming, forwarded, () => undefined)
  })

/** Serves the endpoint and the input. */
export const makeModel = Effect.fnUntraced(function*(rows: number) {
  const observed = new Observed()
  const endpoint = Emulator.endpoint("anomaly-v2", ({ Body }) => observed.score(new TextDecoder().decode(Body)))
  const objectStore = yield* Effect.provide(ObjectStore.ObjectStore, yield* Layer.build(ObjectStore.layerMemory))
  yield* objectStore.put(input, new TextEncoder().encode(csvOf(rows)))
  const context = yield* Layer.build(NodeEmulator.layer({ region, endpoints: [endpoint], objectStore }))
  const { url } = yield* Effect.provide(NodeEmulator.NodeEmulator, context)
  const proxy = yield* serveProxy(url, observed.requests)
  const read = (location: string) => Stream.mkString(Stream.decodeText(objectStore.get(location)))
  const objects = Effect.map(
    Stream.runCollect(objectStore.list("s3://readings/")),
    (found) => Chunk.toReadonlyArray(found).map(({ location }) => location)
  )
  const environment = {
    AWS_ENDPOINT_URL: proxy.url,
    AWS_REGION: region,
    AWS_ACCESS_KEY_ID: Emulator.credentials.accessKeyId as string,
    AWS_SECRET_ACCESS_KEY: Emulator.credentials.secretAccessKey as string,
    NO_PROXY: "127.0.0.1"
  }
  return { observed, environment, output: read(output), objects }
})
